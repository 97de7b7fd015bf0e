// What the data plane expects of every source, as tests. A source joins by a SourceBench: its
// scripted outside, in which messages wait until the source takes them. Include this header in one
// test file and instantiate SourceContract with functions that make benches.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>

#include "base/rng.h"
#include "connect/source_bench_test.h"

namespace wallaroo::connect {

class SourceContract : public testing::TestWithParam<MakeSourceBench> {
 protected:
  static constexpr uint64_t kMessages = 700;
  static constexpr int kStepsMax = 100'000;
  static constexpr uint64_t kBatch = 128;  // most messages that are told apart ahead of the chain

  SourceBench& bench() { return *bench_; }
  flow::SourceConnector& source() { return bench_->source(); }
  ContractChain& chain() { return bench_->chain(); }
  io::Progress step(uint32_t batches = 4) { return source().step({now_ns_, now_ns_ + 7}, batches); }

  /// As a driver: until there is nothing to do at any time.
  void run(uint32_t batches = 4) {
    for (int i = 0; i < kStepsMax; ++i) {
      const io::Progress progress = step(batches);
      EXPECT_LE(bench_->counters().messages.get(), chain().taken.size() + kBatch)
          << "it holds more than a batch";
      if (progress != io::Progress::none) continue;
      const int64_t deadline_ns = source().deadline_ns();
      if (deadline_ns == io::kNever || chain().blocked()) return;
      EXPECT_GT(deadline_ns, now_ns_) << "nothing to do, and a deadline that has passed";
      now_ns_ = std::max(deadline_ns, now_ns_ + 1);
    }
    ADD_FAILURE() << "it never rests";
  }
  /// The messages taken are the first ones, each once.
  void expect_first_messages(size_t count) {
    ASSERT_EQ(chain().taken.size(), count);
    for (size_t i = 0; i < count; ++i) ASSERT_EQ(chain().taken[i], bench().message(i));
  }

  int64_t now_ns_ = 1'000'000'000;

 private:
  std::unique_ptr<SourceBench> bench_ = GetParam()();
};

TEST_P(SourceContract, every_message_comes_once_and_in_order) {
  bench().offer(kMessages);
  run();
  expect_first_messages(kMessages);
  EXPECT_EQ(bench().counters().messages.get(), kMessages);
  EXPECT_EQ(source().ended(), bench().ends_by_itself);
  EXPECT_EQ(source().exhausted(), bench().ends_by_itself);
}

TEST_P(SourceContract, nothing_is_taken_while_the_chain_has_no_room) {
  bench().offer(kMessages);
  chain().room = 0;
  for (int i = 0; i < 100; ++i) EXPECT_EQ(step(), io::Progress::none) << "it works in vain";
  EXPECT_GT(source().deadline_ns(), now_ns_) << "it keeps its core awake in vain";
  EXPECT_TRUE(chain().taken.empty());
  EXPECT_FALSE(source().ended());
  chain().room = SIZE_MAX;
  run();
  expect_first_messages(kMessages);
}

TEST_P(SourceContract, a_batch_that_was_taken_in_part_goes_on_where_it_stopped) {
  bench().offer(kMessages);
  base::Rng rng(11);
  for (int i = 0; i < kStepsMax && chain().taken.size() < kMessages; ++i) {
    chain().room = rng.below(6);
    run(1 + static_cast<uint32_t>(rng.below(3)));
  }
  chain().room = SIZE_MAX;
  run();
  expect_first_messages(kMessages);
  EXPECT_EQ(bench().counters().messages.get(), kMessages);
}

TEST_P(SourceContract, a_step_does_about_as_much_as_it_is_allowed) {
  bench().offer(kMessages);
  for (size_t last = 0; last < kMessages;) {
    const io::Progress progress = step(1);
    EXPECT_LE(chain().taken.size() - last, kBatch);
    last = chain().taken.size();
    if (progress == io::Progress::none) {
      ASSERT_NE(source().deadline_ns(), io::kNever) << "it stopped with messages left";
      now_ns_ = source().deadline_ns();
    }
  }
}

TEST_P(SourceContract, there_is_nothing_to_do_when_nothing_is_there) {
  bench().offer(0);
  run();
  for (int i = 0; i < 100; ++i) EXPECT_EQ(step(), io::Progress::none) << "it works in vain";
  EXPECT_TRUE(source().deadline_ns() > now_ns_);
  EXPECT_EQ(bench().counters().messages.get(), 0u);
}

TEST_P(SourceContract, a_pace_is_kept_by_deadlines) {
  bench().offer(kMessages);
  int waits = 0;
  for (int i = 0; i < kStepsMax && chain().taken.size() < kMessages; ++i) {
    if (step() != io::Progress::none) continue;
    const int64_t due_ns = source().deadline_ns();
    ASSERT_GT(due_ns, now_ns_);
    ASSERT_NE(due_ns, io::kNever);
    ++waits;
    now_ns_ = due_ns - 1;
    EXPECT_EQ(step(), io::Progress::none) << "before the deadline";
    now_ns_ = due_ns;
    EXPECT_EQ(step(), io::Progress::some) << "at the deadline";
  }
  EXPECT_EQ(waits > 0, bench().paced);
}

TEST_P(SourceContract, a_drain_ends_it_and_loses_nothing_that_was_accepted) {
  bench().offer(kMessages);
  chain().room = 150;  // in the middle of a batch
  run();
  bench().drain();
  for (int i = 0; i < 10; ++i) step();
  chain().room = SIZE_MAX;
  run();
  ASSERT_TRUE(source().ended());
  EXPECT_EQ(step(), io::Progress::none) << "it goes on after its end";
  EXPECT_GE(chain().taken.size(), 150u);
  expect_first_messages(bench().drain_takes_all_offered ? kMessages : chain().taken.size());
  EXPECT_EQ(bench().counters().messages.get(), chain().taken.size());
  if (chain().taken.size() < kMessages) {
    EXPECT_FALSE(source().exhausted()) << "there was more: its timers are not due";
  }
}

TEST_P(SourceContract, a_drain_at_once_ends_it_too) {
  bench().offer(0);
  bench().drain();
  run();
  EXPECT_TRUE(source().ended());
  EXPECT_EQ(source().deadline_ns(), io::kNever) << "nothing is due after the end";
}

TEST_P(SourceContract, a_second_drain_changes_nothing) {
  bench().offer(kMessages);
  run();
  bench().drain();
  run();
  source().drain();
  EXPECT_EQ(step(), io::Progress::none);
  EXPECT_TRUE(source().ended());
  expect_first_messages(kMessages);
}

}  // namespace wallaroo::connect
