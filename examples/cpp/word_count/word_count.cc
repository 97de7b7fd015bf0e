#include "word_count.h"

int main(int argc, char** argv) {
  wl::Application app("word-count");
  const auto lines = app.pipeline("words").source(
      "lines", wl::tcp::listen(app.flag("in", ":7010"), wl::framing::u32be, wl::text));
  count_words(lines).sink(
      "totals", wl::tcp::connect(app.flag("out", ":7002"), wl::framing::lines, write_total));
  return app.main(argc, argv);
}
