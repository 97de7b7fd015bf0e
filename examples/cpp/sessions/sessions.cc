#include "sessions.h"

int main(int argc, char** argv) {
  wl::Application app("sessions");
  const auto clicks = app.pipeline("clicks").source(
      "clicks", wl::tcp::listen(app.flag("in", ":7010"), wl::framing::lines, read_click));
  find_sessions(clicks).sink(
      "sessions", wl::tcp::connect(app.flag("out", ":7002"), wl::framing::lines, write_session));
  return app.main(argc, argv);
}
