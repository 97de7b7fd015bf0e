#include "purchases.h"

int main(int argc, char** argv) {
  wl::Application app("purchases");
  const auto purchases =
      app.pipeline("purchases")
          .source("in", wl::tcp::listen(app.flag("in", ":7010"), wl::framing::lines,
                                        wl::json::decode<Purchase>));
  add_up(purchases).sink(
      "out", wl::tcp::connect(app.flag("out", ":7002"), wl::framing::lines, wl::json::encode));
  return app.main(argc, argv);
}
