// Fifo against std::deque, through growth and wrap-around.
#include "base/fifo.h"

#include <gtest/gtest.h>

#include <deque>

#include "base/rng.h"

namespace wallaroo::base {
namespace {

TEST(Fifo, behaves_like_a_deque) {
  Rng rng(7);
  Fifo<uint64_t> fifo;
  std::deque<uint64_t> model;
  for (int i = 0; i < 100'000; ++i) {
    const bool growing = i % 2000 < 1000;
    if (model.empty() || rng.chance(growing ? 2 : 1, 3)) {
      model.push_back(rng.next());
      fifo.push_back(model.back());
    } else {
      ASSERT_EQ(fifo.front(), model.front());
      ASSERT_EQ(fifo.pop_front(), model.front());
      model.pop_front();
    }
    ASSERT_EQ(fifo.size(), model.size());
    if (!model.empty()) {
      ASSERT_EQ(fifo[model.size() / 2], model[model.size() / 2]);
    }
  }
}

TEST(FifoDeathTest, taking_from_an_empty_queue_is_a_bug) {
  Fifo<int> fifo;
  EXPECT_DEATH(fifo.front(), "front of an empty queue");
}

}  // namespace
}  // namespace wallaroo::base
