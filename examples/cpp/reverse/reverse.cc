#include "reverse.h"

int main(int argc, char** argv) {
  wl::Application app("reverse");
  const auto lines = app.pipeline("lines").source(
      "lines", wl::tcp::listen(app.flag("in", ":7010"), wl::framing::u32be, wl::text));
  reverse(lines).sink("reversed",
                      wl::tcp::connect(app.flag("out", ":7002"), wl::framing::lines, wl::text));
  return app.main(argc, argv);
}
