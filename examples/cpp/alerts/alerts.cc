#include "alerts.h"

int main(int argc, char** argv) {
  wl::Application app("alerts");
  const auto transactions =
      app.pipeline("accounts")
          .source("transactions",
                  wl::tcp::listen(app.flag("in", ":7010"), wl::framing::lines, read_transaction));
  find_alerts(transactions)
      .sink("alerts", wl::tcp::connect(app.flag("out", ":7002"), wl::framing::lines, write_alert));
  return app.main(argc, argv);
}
