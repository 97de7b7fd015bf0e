#include "market_spread.h"

int main(int argc, char** argv) {
  wl::Application app("market-spread");
  follow_quotes(app.pipeline("market-data")
                    .source("quotes", wl::tcp::listen(app.flag("quotes", ":7011"),
                                                      wl::framing::u32be, read_quote)));
  check_orders(
      app.pipeline("orders").source(
          "orders", wl::tcp::listen(app.flag("orders", ":7010"), wl::framing::u32be, read_order)))
      .sink("rejected",
            wl::tcp::connect(app.flag("out", ":7002"), wl::framing::u32be, write_rejected));
  return app.main(argc, argv);
}
