// Every target without libFuzzer: its seeds, cut off at every byte, with every bit flipped, and
// with a fixed number of random changes. Any program can build this one, whatever its compiler.
#include <gtest/gtest.h>

#include "fuzz/targets.h"

namespace wallaroo::fuzz {
namespace {

constexpr int kRandomRuns = 50'000;

class EachTarget : public testing::TestWithParam<Target> {
 protected:
  void run(const std::string& input) {
    // A copy of exact size, so that a sanitizer sees each byte beyond it.
    const std::vector<uint8_t> exact(input.begin(), input.end());
    GetParam().run(exact.data(), exact.size());
  }
};

std::string changed(std::string input, const std::vector<std::string>& seeds, base::Rng& rng) {
  for (uint64_t changes = rng.between(1, 4); changes > 0; --changes) {
    const size_t at = rng.below(input.size() + 1);
    switch (rng.below(5)) {
      case 0:
        if (at < input.size()) input[at] = static_cast<char>(rng.next());
        break;
      case 1:
        input.insert(at, 1 + rng.below(8), static_cast<char>(rng.next()));
        break;
      case 2:
        input.erase(at, rng.below(8));
        break;
      case 3: {
        static constexpr char kEdges[] = {0, 1, 127, -128, -1};
        if (at < input.size()) input[at] = kEdges[rng.below(sizeof kEdges)];
        break;
      }
      default: {
        const std::string& other = seeds[rng.below(seeds.size())];
        const size_t from = rng.below(other.size() + 1);
        input.insert(at, other, from, rng.below(32));
      }
    }
  }
  return input;
}

TEST_P(EachTarget, holds_its_invariants_on_valid_cut_and_flipped_messages) {
  run("");
  for (const std::string& seed : GetParam().seeds()) {
    for (size_t end = 0; end <= seed.size(); ++end) run(seed.substr(0, end));
    for (size_t bit = 0; bit < seed.size() * 8; ++bit) {
      std::string flipped = seed;
      flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << bit % 8));
      run(flipped);
    }
  }
}

TEST_P(EachTarget, holds_its_invariants_on_random_changes) {
  base::Rng rng(1);
  const std::vector<std::string> seeds = GetParam().seeds();
  for (int i = 0; i < kRandomRuns; ++i) {
    run(changed(seeds[rng.below(seeds.size())], seeds, rng));
  }
}

TEST(MemoryLimit, counts_what_is_taken) {
  EXPECT_DEATH(
      {
        const MemoryLimit limit(100);
        const std::string long_text(1000, 'x');
        EXPECT_EQ(long_text.size(), 1000u);
      },
      "more memory was taken");
}

INSTANTIATE_TEST_SUITE_P(Fuzz, EachTarget, testing::ValuesIn(targets().begin(), targets().end()),
                         [](const auto& one) { return std::string(one.param.name); });

}  // namespace
}  // namespace wallaroo::fuzz
