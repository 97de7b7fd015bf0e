// Alignment, turns and watermarks of a stage's input channels.
#include "flow/inputs.h"

#include <gtest/gtest.h>

namespace wallaroo::flow {
namespace {

class InputsTest : public testing::Test {
 protected:
  void push(size_t channel, wire::BatchHeader header = {}) {
    Batch* batch = pool_.take(0);
    batch->header = header;
    inputs_.push(channel, batch);
  }
  void finish(int channel) { pool_.give(inputs_.finish(static_cast<size_t>(channel))); }
  void run_next(int expected) {
    const int channel = inputs_.next();
    ASSERT_EQ(channel, expected);
    finish(channel);
  }
  void say_watermark(size_t channel, int64_t watermark_ns) {
    push(channel, {.watermark_ns = watermark_ns});
    finish(static_cast<int>(channel));
  }

  BatchPool pool_{64};
  Inputs inputs_{3, 4};
};

TEST_F(InputsTest, channels_take_turns) {
  for (size_t channel = 0; channel < 3; ++channel) {
    push(channel);
    push(channel);
  }
  for (const int expected : {0, 1, 2, 0, 1, 2}) run_next(expected);
  EXPECT_EQ(inputs_.next(), -1);
  EXPECT_TRUE(inputs_.empty());
}

TEST_F(InputsTest, a_channel_is_held_from_its_barrier_until_all_have_delivered_it) {
  uint64_t barrier = 0;
  push(0, {.barrier = 7});
  push(0);
  run_next(0);
  EXPECT_EQ(inputs_.next(), -1) << "what lies behind the barrier waits";
  EXPECT_FALSE(inputs_.take_aligned(barrier));
  push(1, {.barrier = 7});
  run_next(1);
  push(2, {.ends = true});  // an ended channel does not hold the others up
  run_next(2);
  EXPECT_TRUE(inputs_.take_aligned(barrier));
  EXPECT_EQ(barrier, 7u);
  EXPECT_FALSE(inputs_.take_aligned(barrier)) << "once only";
  run_next(0);
}

TEST_F(InputsTest, the_watermark_is_the_lowest_of_those_that_have_a_say) {
  EXPECT_EQ(inputs_.watermark(), wire::kNoWatermark);
  say_watermark(0, 50);
  say_watermark(1, 30);
  EXPECT_EQ(inputs_.watermark(), wire::kNoWatermark) << "channel 2 has said nothing";
  say_watermark(2, wire::kIdleWatermark);
  EXPECT_EQ(inputs_.watermark(), 30);
  say_watermark(1, 80);
  EXPECT_EQ(inputs_.watermark(), 50);
  say_watermark(0, wire::kIdleWatermark);
  say_watermark(1, wire::kIdleWatermark);
  EXPECT_EQ(inputs_.watermark(), wire::kIdleWatermark);
}

TEST_F(InputsTest, time_is_final_only_when_every_source_was_exhausted) {
  for (size_t channel = 0; channel < 2; ++channel) {
    push(channel, {.watermark_ns = wire::kFinalWatermark, .ends = true});
    finish(static_cast<int>(channel));
  }
  EXPECT_FALSE(inputs_.all_ended());
  say_watermark(2, 5);
  EXPECT_EQ(inputs_.watermark(), 5);
  push(2, {.ends = true});  // drained: its watermark stays where it was
  finish(2);
  EXPECT_TRUE(inputs_.all_ended());
  EXPECT_NE(inputs_.watermark(), wire::kFinalWatermark);
}

using InputsDeathTest = InputsTest;

TEST_F(InputsDeathTest, more_batches_than_credits_is_a_bug) {
  for (int i = 0; i < 4; ++i) push(0);
  EXPECT_DEATH(push(0), "more batches than it has credits");
}

}  // namespace
}  // namespace wallaroo::flow
