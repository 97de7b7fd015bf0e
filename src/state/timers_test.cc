// Timers against a model of two std::maps, with random histories, and the memory they hold.
#include "state/timers.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <map>
#include <tuple>

#include "base/hash.h"
#include "base/rng.h"

namespace wallaroo::state {
namespace {

using base::routing_hash;

TEST(Timers, come_due_in_order_of_time_then_of_setting) {
  Timers timers(1);
  EXPECT_EQ(timers.next_due_ns(), INT64_MAX);
  timers.set(routing_hash("b"), "b", "late", 30);
  timers.set(routing_hash("b"), "b", "early", 10);
  timers.set(routing_hash("a"), "a", "early", 10);
  timers.set(routing_hash("c"), "c", "", -5);
  EXPECT_EQ(timers.next_due_ns(), -5);
  Timer due;
  std::string order;
  while (timers.pop_due(10, due)) {
    order += due.key + due.name + " ";
    EXPECT_EQ(due.hash, routing_hash(due.key));
  }
  EXPECT_EQ(order, "c bearly aearly ");
  EXPECT_EQ(timers.next_due_ns(), 30);
  EXPECT_FALSE(timers.pop_due(29, due));
  EXPECT_TRUE(timers.pop_due(30, due));
  EXPECT_EQ(timers.size(), 0u);
}

TEST(Timers, setting_again_replaces_and_counts_as_set_now) {
  Timers timers(1);
  timers.set(7, "k", "first", 10);
  timers.set(7, "k", "second", 20);
  timers.set(7, "k", "first", 20);
  EXPECT_EQ(timers.size(), 2u);
  Timer due;
  EXPECT_FALSE(timers.pop_due(19, due));
  ASSERT_TRUE(timers.pop_due(20, due));
  EXPECT_EQ(due.name, "second");
  ASSERT_TRUE(timers.pop_due(20, due));
  EXPECT_EQ(due.name, "first");
}

TEST(Timers, may_be_set_while_one_is_handled) {
  Timers timers(1);
  const std::string key(100, 'k');
  timers.set(7, key, "tick", 1);
  Timer due;
  int ticks = 0;
  while (timers.pop_due(50, due)) {
    ++ticks;
    timers.set(due.hash, due.key, due.name, due.at_ns + 1);
  }
  EXPECT_EQ(ticks, 50);
  EXPECT_EQ(timers.next_due_ns(), 51);
}

TEST(Timers, memory_does_not_grow_in_a_steady_state) {
  Timers timers(1);
  uint64_t bytes = 0;
  Timer due;
  for (int64_t now = 0; now < 100000; ++now) {
    const std::string key = std::to_string(now);
    timers.set(routing_hash(key), key, "expire", now + 1000);
    while (timers.pop_due(now, due)) {
    }
    if (now == 5000) bytes = timers.bytes();
  }
  EXPECT_EQ(timers.size(), 1000u);
  EXPECT_EQ(timers.bytes(), bytes);
  const std::string long_key(5000, 'x');
  timers.set(7, long_key, "expire", 1);
  EXPECT_GT(timers.bytes(), bytes + 5000);
  timers.erase_key(7, long_key);
  EXPECT_EQ(timers.bytes(), bytes);
}

class Model {
 public:
  using Id = std::pair<std::string, std::string>;  // key, name

  void set(const Id& id, int64_t at) {
    cancel(id);
    const auto due = std::make_pair(at, sequence_++);
    by_id_[id] = due;
    by_due_[due] = id;
  }
  void cancel(const Id& id) {
    const auto found = by_id_.find(id);
    if (found == by_id_.end()) return;
    by_due_.erase(found->second);
    by_id_.erase(found);
  }
  void erase_key(const std::string& key) {
    for (auto i = by_id_.lower_bound({key, ""}); i != by_id_.end() && i->first.first == key;) {
      by_due_.erase(i->second);
      i = by_id_.erase(i);
    }
  }
  bool pop_due(int64_t watermark, Id& id, int64_t& at) {
    if (by_due_.empty() || by_due_.begin()->first.first > watermark) return false;
    id = by_due_.begin()->second;
    at = by_due_.begin()->first.first;
    cancel(id);
    return true;
  }
  int64_t next() const { return by_due_.empty() ? INT64_MAX : by_due_.begin()->first.first; }
  size_t size() const { return by_id_.size(); }

 private:
  std::map<Id, std::pair<int64_t, uint64_t>> by_id_;
  std::map<std::pair<int64_t, uint64_t>, Id> by_due_;
  uint64_t sequence_ = 0;
};

RC_GTEST_PROP(Timers, equal_the_model, (uint64_t seed)) {
  base::Rng rng(seed);
  Timers timers(seed);
  Model model;
  const uint64_t keys = rng.between(1, 300);
  int64_t watermark = 0;
  for (uint64_t step = rng.below(5000); step > 0; --step) {
    std::string key = std::to_string(rng.below(keys));
    if (key.back() == '3') key += std::string(60, 'k');
    std::string name(rng.below(3), 'n');
    if (rng.chance(1, 8)) name += " of more than twenty-four bytes";
    const uint64_t hash = routing_hash(key);
    const uint64_t choice = rng.below(16);
    if (choice < 9) {
      const int64_t at = watermark + static_cast<int64_t>(rng.below(100)) - 10;
      timers.set(hash, key, name, at);
      model.set({key, name}, at);
    } else if (choice < 12) {
      timers.cancel(hash, key, name);
      model.cancel({key, name});
    } else if (choice == 12) {
      timers.erase_key(hash, key);
      model.erase_key(key);
    } else {
      watermark += static_cast<int64_t>(rng.below(20));
      Timer due;
      Model::Id expected;
      int64_t at = 0;
      while (model.pop_due(watermark, expected, at)) {
        RC_ASSERT(timers.pop_due(watermark, due));
        RC_ASSERT(std::tie(due.key, due.name, due.at_ns) ==
                  std::tie(expected.first, expected.second, at));
        RC_ASSERT(due.hash == routing_hash(due.key));
      }
      RC_ASSERT(!timers.pop_due(watermark, due));
    }
    RC_ASSERT(timers.size() == model.size());
    RC_ASSERT(timers.next_due_ns() == model.next());
  }
}

}  // namespace
}  // namespace wallaroo::state
