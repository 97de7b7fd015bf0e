#include "base/ring.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <deque>
#include <thread>

#include "base/rng.h"

namespace wallaroo::base {
namespace {

TEST(RingTest, FillsToItsCapacityAndNoFurther) {
  for (size_t capacity : {size_t{1}, size_t{2}, size_t{4}, size_t{64}}) {
    Ring<int> ring(capacity);
    EXPECT_EQ(ring.capacity(), capacity);
    for (size_t i = 0; i < capacity; ++i) EXPECT_TRUE(ring.push(static_cast<int>(i)));
    EXPECT_FALSE(ring.push(-1)) << "capacity " << capacity;
    int item = -1;
    for (size_t i = 0; i < capacity; ++i) {
      ASSERT_TRUE(ring.pop(item));
      EXPECT_EQ(item, static_cast<int>(i));
    }
    EXPECT_FALSE(ring.pop(item)) << "capacity " << capacity;
    EXPECT_TRUE(ring.empty());
  }
}

TEST(RingTest, BehavesLikeADequeUnderRandomOperations) {
  Rng rng(7);
  for (int round = 0; round < 200; ++round) {
    const size_t capacity = size_t{1} << rng.below(5);
    Ring<uint64_t> ring(capacity);
    std::deque<uint64_t> model;
    for (int i = 0; i < 500; ++i) {
      if (rng.chance(1, 2)) {
        const uint64_t item = rng.next();
        const bool pushed = ring.push(item);
        ASSERT_EQ(pushed, model.size() < capacity);
        if (pushed) model.push_back(item);
      } else {
        uint64_t item = 0;
        const bool popped = ring.pop(item);
        ASSERT_EQ(popped, !model.empty());
        if (popped) {
          ASSERT_EQ(item, model.front());
          model.pop_front();
        }
      }
      ASSERT_EQ(ring.empty(), model.empty());
    }
  }
}

TEST(RingDeathTest, RefusesACapacityThatIsNoPowerOfTwo) {
  EXPECT_DEATH(Ring<int>(3), "power of two");
  EXPECT_DEATH(Ring<int>(0), "power of two");
}

/// Two words that must travel together: a torn or stale slot breaks their relation.
struct Pair {
  uint64_t number = 0;
  uint64_t mirrored = ~uint64_t{0};
};

/// Sends `count` pairs through a ring between two real threads; returns how many arrived wrong.
uint64_t send_between_threads(size_t capacity, uint64_t count) {
  Ring<Pair> ring(capacity);
  std::thread producer([&] {
    for (uint64_t i = 0; i < count;) {
      if (ring.push(Pair{i, ~i})) {
        ++i;
      } else {
        std::this_thread::yield();
      }
    }
  });
  uint64_t wrong = 0;
  for (uint64_t expected = 0; expected < count;) {
    Pair pair;
    if (!ring.pop(pair)) {
      std::this_thread::yield();
      continue;
    }
    if (pair.number != expected || pair.mirrored != ~expected) ++wrong;
    ++expected;
  }
  producer.join();
  EXPECT_TRUE(ring.empty());
  return wrong;
}

TEST(RingThreadsTest, KeepsOrderAndContentBetweenTwoThreads) {
  EXPECT_EQ(send_between_threads(1, 20'000), 0u);
  EXPECT_EQ(send_between_threads(2, 50'000), 0u);
  EXPECT_EQ(send_between_threads(256, 500'000), 0u);
}

}  // namespace
}  // namespace wallaroo::base
