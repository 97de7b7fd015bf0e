#include "celsius.h"

int main(int argc, char** argv) {
  wl::Application app("celsius");
  const auto degrees = app.pipeline("degrees").source(
      "celsius", wl::tcp::listen(app.flag("in", ":7010"), wl::framing::u32be, read_celsius));
  to_fahrenheit(degrees).sink("fahrenheit", wl::tcp::connect(app.flag("out", ":7002"),
                                                             wl::framing::lines, write_fahrenheit));
  return app.main(argc, argv);
}
