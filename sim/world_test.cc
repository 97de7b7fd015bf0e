#include "sim/world.h"

#include <gtest/gtest.h>

#include <set>
#include <sstream>

namespace wallaroo::sim {
namespace {

TEST(WorldTest, SeedsOfEveryWorkloadEndWell) {
  std::set<std::string> workloads;
  for (uint64_t seed = 1; seed <= 3 * workload_kinds(); ++seed) {
    const Verdict verdict = World(seed, nullptr).run();
    EXPECT_EQ(verdict.wrong, "") << "seed " << seed << ", found by " << verdict.oracle;
    workloads.insert(verdict.workload);
  }
  EXPECT_EQ(workloads.size(), workload_kinds());
}

TEST(WorldTest, ASeedGivesOneHistoryAndTracingDoesNotChangeIt) {
  for (uint64_t seed = 1; seed <= workload_kinds(); ++seed) {
    std::ostringstream trace;
    EXPECT_EQ(World(seed, nullptr).run().hash, World(seed, &trace).run().hash) << seed;
    EXPECT_NE(trace.str().find("worked"), std::string::npos) << seed;
  }
}

TEST(WorldTest, TheSmallestSizesAreDrawnForTheSeriesWorkload) {
  int found = 0;
  for (uint64_t seed = 0; seed < workload_kinds(); ++seed) {
    World world(seed, nullptr);
    if (world.run().workload != "series") continue;
    ++found;
    EXPECT_EQ(world.setup().options.cores, 3u);
    EXPECT_EQ(world.setup().options.ring_slots, 1u);
    EXPECT_EQ(world.setup().options.credits_per_channel, 1u);
  }
  EXPECT_EQ(found, 1);
}

}  // namespace
}  // namespace wallaroo::sim
