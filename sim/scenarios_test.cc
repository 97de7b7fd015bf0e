// Scripted runs, one for each bug that the simulator found, named after what must hold.
#include <gtest/gtest.h>

#include "sim/world.h"

namespace wallaroo::sim {
namespace {

/// Everything calm and of ordinary size.
Setup calm() {
  Setup setup;
  setup.messages = 1'200;
  setup.options.cores = 3;
  setup.step_cost_ns = 2'000;
  setup.faults_end_ns = 30'000'000;
  return setup;
}

Verdict run(const Setup& setup, std::unique_ptr<Workload> (*make)(base::Rng&), uint64_t seed) {
  base::Rng rng(seed);
  return World(seed, setup, make(rng)).run();
}

// Each step showed a later wall time, each new watermark woke the other cores, and a worker with
// timers by arrival time never slept.
TEST(ScenarioTest, IdleCoresSleepAlthoughTimersRunByTheClock) {
  const Verdict verdict = run(calm(), make_sessions, 1);
  EXPECT_EQ(verdict.wrong, "");
  EXPECT_LT(verdict.steps, 150'000u);
}

// After the wall clock was set back by an hour, timers by arrival time stood still for an hour.
TEST(ScenarioTest, AWallClockThatIsSetBackDoesNotStopTimersByArrival) {
  auto setup = calm();
  setup.faults.clock_jumps = 2'000;
  setup.senders.pause_max_ns = 100'000;
  for (uint64_t seed = 1; seed <= 5; ++seed) {
    const Verdict verdict = run(setup, make_sessions, seed);
    EXPECT_EQ(verdict.wrong, "") << seed;
    EXPECT_GT(verdict.reach.count(Row::clock_jumped), 0u) << seed;
  }
}

// The required one: two keyed stages in series behind a merge, three cores, one credit a channel,
// rings and batches of one, with barriers and the stingiest sockets.
TEST(ScenarioTest, TwoKeyedStagesAndAMergeMakeProgressWithOneOfEverything) {
  auto setup = calm();
  setup.options.ring_slots = setup.options.credits_per_channel = 1;
  setup.options.batch_records_max = setup.options.step_batch = 1;
  setup.options.batch_bytes_max = 1;
  setup.options.sink_buffer_bytes_max = 1;
  setup.budget_max = {.rounds = 1, .batches = 1};
  setup.network.buffer_bytes_min = setup.network.buffer_bytes_max = 1;
  setup.network.transfer_bytes_max = 1;
  setup.barriers = true;
  for (uint64_t seed = 1; seed <= 3; ++seed) {
    const Verdict verdict = run(setup, make_series, seed);
    EXPECT_EQ(verdict.wrong, "") << seed;
    EXPECT_TRUE(verdict.counts()) << seed;
    EXPECT_GT(verdict.reach.count(Row::ring_full), 0u) << seed;
    EXPECT_GT(verdict.reach.count(Row::barrier_aligned), 0u) << seed;
  }
}

}  // namespace
}  // namespace wallaroo::sim
