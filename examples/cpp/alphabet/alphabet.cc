#include "alphabet.h"

int main(int argc, char** argv) {
  wl::Application app("alphabet");
  const auto votes = app.pipeline("votes").source(
      "votes", wl::tcp::listen(app.flag("in", ":7010"), wl::framing::u32be, read_vote));
  add_votes(votes).sink(
      "totals", wl::tcp::connect(app.flag("out", ":7002"), wl::framing::lines, write_total));
  return app.main(argc, argv);
}
