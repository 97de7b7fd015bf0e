// The engine's in-process jobs alone, to be run under a profiler.
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "engine.h"
#include "yardstick/keyed.h"

int main(int argc, char** argv) {
  using namespace wallaroo::bench;
  const std::string_view job = argc > 1 ? argv[1] : "";
  if (argc != 4 || (job != "words" && job != "keyed")) {
    std::fprintf(
        stderr,
        "wallaroo_profile words VOCABULARY LINES\n"
        "wallaroo_profile keyed KEYS UPDATES\n"
        "Two passes over the input on one core; prints what a unit of the second one cost.\n");
    return 2;
  }
  const auto different = std::strtoull(argv[2], nullptr, 10);
  const auto count = std::strtoull(argv[3], nullptr, 10);
  EngineCost cost;
  if (job == "words") {
    const Text text = make_text({.vocabulary = different, .lines = count, .seed = 1});
    cost = EngineWordCount(text).cost();
    std::printf("%llu words: ", static_cast<unsigned long long>(text.words()));
  } else {
    cost = engine_keyed_cost(make_keys(different, count, 1));
  }
  std::printf("%.1f ns of CPU, %.1f ns\n", cost.cpu_ns, cost.wall_ns);
}
