// What the data plane expects of every sink, as tests. A sink joins by a SinkBench: its scripted
// outside, which takes bytes when the test lets it. Include this header in one test file and
// instantiate SinkContract with functions that make benches.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>

#include "base/rng.h"
#include "flow/connector.h"

namespace wallaroo::connect {

class SinkBench {
 public:
  virtual ~SinkBench() = default;
  virtual flow::SinkConnector& sink() = 0;
  virtual flow::SinkCounters& counters() = 0;
  /// From now on the outside takes `bytes` more; 0 holds it up. At first it takes everything.
  virtual void take(size_t bytes) = 0;
  /// What has arrived.
  virtual std::string arrived() const = 0;
  /// Lets the outside do what it would: connect, tell that there is room, see the end.
  virtual void outside_acts(io::Now) {}

  /// An outside that takes nothing makes it full, at no more than this many bytes and one commit.
  /// 0: it never pushes back.
  uint64_t buffer_bytes_max = 0;
};

using MakeSinkBench = std::function<std::unique_ptr<SinkBench>()>;

class SinkContract : public testing::TestWithParam<MakeSinkBench> {
 protected:
  static constexpr int kStepsMax = 10'000;

  SinkBench& bench() { return *bench_; }
  flow::SinkConnector& sink() { return bench_->sink(); }
  bool pushes_back() const { return bench_->buffer_bytes_max != 0; }
  io::Progress step() { return sink().step({now_ns_, now_ns_}); }

  /// Until neither the sink nor the outside has anything to do at this time.
  void run() {
    for (int i = 0; i < kStepsMax; ++i) {
      const io::Progress progress = step();
      const std::string before = bench_->arrived();
      bench_->outside_acts({now_ns_, now_ns_});
      if (progress == io::Progress::none && step() == io::Progress::none &&
          bench_->arrived() == before) {
        return;
      }
    }
    ADD_FAILURE() << "it never rests";
  }
  /// A batch of messages, as a chain writes one.
  void put(int messages) {
    for (int i = 0; i < messages; ++i) {
      const std::string message = "message " + std::to_string(number_++) + "\n";
      sink().buffer().append(message.data(), message.size());
      expected_ += message;
    }
    sink().commit(static_cast<size_t>(messages));
  }
  void fill() {
    for (int i = 0; i < kStepsMax && !sink().full(); ++i) {
      put(3);
      run();
    }
  }

  int64_t now_ns_ = 1'000'000'000;
  std::string expected_;

 private:
  uint64_t number_ = 0;
  std::unique_ptr<SinkBench> bench_ = GetParam()();
};

TEST_P(SinkContract, everything_arrives_once_and_in_order) {
  base::Rng rng(5);
  for (int i = 0; i < 300; ++i) {
    put(static_cast<int>(rng.below(5)));
    if (rng.chance(1, 3)) run();
  }
  sink().finish();
  run();
  EXPECT_TRUE(sink().ended());
  EXPECT_EQ(bench().arrived(), expected_);
  EXPECT_EQ(bench().counters().bytes.get(), expected_.size());
  EXPECT_EQ(bench().counters().buffered_bytes.get(), 0u);
}

TEST_P(SinkContract, an_outside_that_takes_little_at_a_time_gets_everything) {
  base::Rng rng(6);
  bench().take(0);
  for (int i = 0; i < 200; ++i) {
    if (!sink().full()) put(2);
    bench().take(rng.below(40));
    run();
  }
  bench().take(SIZE_MAX);
  sink().finish();
  run();
  EXPECT_TRUE(sink().ended());
  EXPECT_EQ(bench().arrived(), expected_);
}

TEST_P(SinkContract, it_is_full_before_it_holds_more_than_its_limit) {
  run();  // whatever it needs to begin
  bench().take(0);
  fill();
  EXPECT_EQ(sink().full(), pushes_back());
  if (!pushes_back()) return;
  const size_t commit_bytes = 3 * std::string("message 12345\n").size();
  EXPECT_LE(expected_.size() - bench().arrived().size(), bench().buffer_bytes_max + commit_bytes);
  EXPECT_EQ(bench().counters().buffered_bytes.get(), expected_.size() - bench().arrived().size());
  bench().take(SIZE_MAX);
  run();
  EXPECT_FALSE(sink().full()) << "there is room again";
  EXPECT_EQ(bench().arrived(), expected_);
}

TEST_P(SinkContract, it_does_not_work_in_vain) {
  run();
  bench().take(0);
  fill();
  for (int i = 0; i < 100; ++i) EXPECT_EQ(step(), io::Progress::none) << "nothing can be written";
  EXPECT_GT(sink().deadline_ns(), now_ns_);
  bench().take(SIZE_MAX);
  run();
  for (int i = 0; i < 100; ++i) EXPECT_EQ(step(), io::Progress::none) << "nothing is left";
  EXPECT_GT(sink().deadline_ns(), now_ns_);
}

TEST_P(SinkContract, it_has_not_ended_before_everything_is_on_its_way) {
  run();
  bench().take(0);
  put(10);
  run();
  EXPECT_FALSE(sink().ended()) << "finish() has not been called";
  sink().finish();
  run();
  EXPECT_EQ(sink().ended(), !pushes_back());
  bench().take(SIZE_MAX);
  run();
  EXPECT_TRUE(sink().ended());
  EXPECT_EQ(bench().arrived(), expected_);
  EXPECT_EQ(step(), io::Progress::none) << "it goes on after its end";
  EXPECT_EQ(sink().deadline_ns(), io::kNever) << "nothing is due after the end";
}

TEST_P(SinkContract, a_batch_without_messages_changes_nothing) {
  sink().buffer();
  sink().commit(0);
  run();
  put(1);
  sink().buffer();
  sink().commit(0);
  sink().finish();
  run();
  EXPECT_TRUE(sink().ended());
  EXPECT_EQ(bench().arrived(), expected_);
}

}  // namespace wallaroo::connect
