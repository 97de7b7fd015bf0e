#include "word_count_classic.h"

int main(int argc, char** argv) {
  wl::Application app("word-count-classic");
  const auto lines = app.pipeline("words").source(
      "lines", wl::tcp::listen(app.flag("in", ":7010"), wl::framing::u32be, wl::text));
  count_words_by_letter(lines).sink(
      "totals", wl::tcp::connect(app.flag("out", ":7002"), wl::framing::lines, write_total));
  return app.main(argc, argv);
}
