#include <cstdio>

#include "in_process.h"
#include "machine.h"
#include "measure.h"

using namespace wallaroo::bench;

int main() {
  pin_to_core(1);
  std::printf("%s\n", machine_name().c_str());
  auto s = measure_machine();
  std::printf("%.2f GHz copy %.1f GB/s random %.0f ns\n", s.ghz, s.copy_gb_s, s.random_read_ns);
  std::string wrong = check_yardsticks();
  if (!wrong.empty()) { std::printf("%.3000s\n", wrong.c_str()); return 1; }
  Rounds rounds(5);
  for (std::uint64_t v : {10'000u, 1'000'000u}) {
    Text text = make_text({.vocabulary = v, .lines = v == 10'000 ? 1'000'000u : 500'000u, .seed = 1});
    std::printf("%.2f bytes/message %.2f words/message\n", double(text.frames.size()) / double(text.messages()),
                double(text.words()) / double(text.messages()));
    PlainCount plain;
    FastCount fast;
    plain_count_ns(plain, text), fast_count_ns(fast, text);
    Variant a{"plain", [&] { return plain_count_ns(plain, text); }};
    Variant b{"fast", [&] { return fast_count_ns(fast, text); }};
    rounds.take_turns("words " + std::to_string(v), "ns a word", {&a, &b});
  }
  auto keys = make_keys(1'000'000, 5'000'000, 1);
  LibraryKeyed l; FastKeyed f(1'000'000);
  keyed_ns(l, keys); keyed_ns(f, keys);
  Variant a{"library", [&] { return keyed_ns(l, keys); }};
  Variant b{"fast", [&] { return keyed_ns(f, keys); }};
  rounds.take_turns("keyed", "ns", {&a, &b});
}
