// The contract of KeyedState, run against every implementation with states of several shapes.
// Include this header in one test file and instantiate KeyedStateContract with types like MapOf.
#pragma once

#include "base/bytes.h"
#include "state/contract_tools_test.h"

namespace wallaroo::state {

template <class Implementation>
class KeyedStateContract : public testing::Test {};
TYPED_TEST_SUITE_P(KeyedStateContract);

TYPED_TEST_P(KeyedStateContract, makes_a_state_on_first_use_and_keeps_it) {
  using T = typename TypeParam::Value;
  const auto state = TypeParam::make();
  Model model;
  EXPECT_EQ(state->find(base::routing_hash("a"), "a"), nullptr);
  add<T>(*state, {"a", "b", "a", "", "a"}, 5, &model);
  add<T>(*state, {"b"}, 1, &model);
  expect_equal<T>(*state, model);
}

TYPED_TEST_P(KeyedStateContract, takes_an_empty_key_that_lies_nowhere) {
  using T = typename TypeParam::Value;
  const auto state = TypeParam::make();
  Record record;
  record.hash = base::routing_hash({});
  record.payload_bytes = 3;
  AddEntry<T> entry;
  EXPECT_EQ(state->update(&record, 0, 1, entry), 1u);
  expect_equal<T>(*state, {{"", 3}});
}

TYPED_TEST_P(KeyedStateContract, tells_apart_keys_of_every_length_and_grows) {
  using T = typename TypeParam::Value;
  const auto state = TypeParam::make();
  Model model;
  for (uint64_t begin = 0; begin < 6000; begin += 1000) {
    add<T>(*state, keys_between(begin, begin + 1000), 3, &model);
    add<T>(*state, keys_between(begin / 2, begin), 1, &model);
  }
  expect_equal<T>(*state, model);
}

TYPED_TEST_P(KeyedStateContract, stops_where_the_entry_stops) {
  using T = typename TypeParam::Value;
  const auto state = TypeParam::make();
  const std::vector<std::string> keys = keys_between(0, 700);
  std::vector<Record> records;
  for (const std::string& key : keys) records.push_back(record_of(key, 2));
  AddEntry<T> entry;
  size_t at = 3;
  while (at < records.size()) {
    entry.taken = 0;
    entry.take_max = at % 151 + 1;
    const size_t next = state->update(records.data(), at, records.size(), entry);
    ASSERT_EQ(next, std::min(records.size(), at + entry.take_max));
    at = next;
  }
  Model model;
  for (size_t i = 3; i < keys.size(); ++i) model[keys[i]] = 2;
  expect_equal<T>(*state, model);
  const size_t runs = entry.runs;
  EXPECT_EQ(state->update(records.data(), 5, 5, entry), 5u);
  EXPECT_EQ(entry.runs, runs);
}

TYPED_TEST_P(KeyedStateContract, erases_and_drops) {
  using T = typename TypeParam::Value;
  const auto state = TypeParam::make();
  const uint64_t bytes_empty = state->bytes();
  Model model;
  add<T>(*state, keys_between(0, 5000), 4, &model);
  EXPECT_GT(state->bytes(), bytes_empty + model.size() * sizeof(T));
  for (const std::string& key : keys_between(500, 3500)) {
    state->erase(base::routing_hash(key), key);
    model.erase(key);
  }
  state->erase(base::routing_hash("never seen"), "never seen");
  expect_equal<T>(*state, model);
  EXPECT_EQ(state->find(base::routing_hash(key_of(777)), key_of(777)), nullptr);

  state->drop(PartitionId(1));
  std::erase_if(model, [](const auto& e) { return partition_of_key(e.first) == PartitionId(1); });
  expect_equal<T>(*state, model);
  add<T>(*state, keys_between(0, 1000), 9, &model);
  expect_equal<T>(*state, model);
  for (uint32_t i = 0; i < kPartitions; ++i) state->drop(PartitionId(i));
  EXPECT_EQ(state->keys(), 0u);
  EXPECT_EQ(state->bytes(), bytes_empty);
}

TYPED_TEST_P(KeyedStateContract, snapshots_each_entry_once_and_loads_it_again) {
  using T = typename TypeParam::Value;
  const auto state = TypeParam::make();
  Model model;
  add<T>(*state, keys_between(0, 3000), 11, &model);
  for (const size_t bytes_max : {size_t{0}, size_t{1000}, SIZE_MAX}) {
    const auto loaded = TypeParam::make();
    add<T>(*loaded, keys_between(0, 100), 99, nullptr);  // the snapshot replaces these
    const auto map = MapOf<T>::make();                   // slices do not depend on their writer
    size_t slices = 0;
    for (uint32_t i = 0; i < kPartitions; ++i) {
      for (const Bytes& slice : snapshot_slices(*state, PartitionId(i), bytes_max)) {
        ++slices;
        if (bytes_max == 1000) {
          EXPECT_LT(slice.size(), 1000u + 700u);
        }
        ASSERT_TRUE(loaded->load(PartitionId(i), slice.view()).has_value());
        const uint64_t keys_before = map->keys();
        ASSERT_TRUE(map->load(PartitionId(i), slice.view()).has_value());
        const uint32_t entries = base::load<uint32_t>(slice.data() + 12);
        ASSERT_EQ(map->keys(), keys_before + entries) << "an entry came twice";
      }
    }
    if (bytes_max == SIZE_MAX) {
      EXPECT_EQ(slices, kPartitions);
    }
    expect_equal<T>(*loaded, model);
    expect_equal<T>(*map, model);
  }
}

TYPED_TEST_P(KeyedStateContract, snapshots_unchanged_entries_once_while_others_come_and_go) {
  using T = typename TypeParam::Value;
  const auto state = TypeParam::make(1);
  Model stay;
  add<T>(*state, keys_between(0, 400), 1, &stay);
  Model extra;
  add<T>(*state, keys_between(400, 600), 1, &extra);
  std::map<std::string, int> seen;
  uint64_t next = 600;
  for (SnapshotCursor cursor; !cursor.finished;) {
    Bytes slice;
    EXPECT_TRUE(state->snapshot(PartitionId(0), cursor, 200, slice).has_value());
    auto reader = SliceReader::open(PartitionId(0), slice.view());
    ASSERT_TRUE(reader.has_value());
    for (SliceReader::Item item; reader->next(item).value();) ++seen[std::string(item.key)];
    for (int i = 0; i < 3 && !extra.empty(); ++i) {
      const std::string key = extra.begin()->first;
      extra.erase(key);
      state->erase(base::routing_hash(key), key);
    }
    if (next == 6000) continue;  // or the snapshot would never catch up
    const std::vector<std::string> added = keys_between(next, next + 100);
    add<T>(*state, added, 1, nullptr);
    for (const std::string& key : added) stay.erase(key);  // short keys come again
    next += 100;
  }
  EXPECT_TRUE(next == 6000 && stay.size() > 300) << "the partition did not grow much meanwhile";
  for (const auto& [key, value] : stay) ASSERT_EQ(seen[key], 1) << "key of " << key.size();
}

TYPED_TEST_P(KeyedStateContract, refuses_slices_of_other_partitions) {
  using T = typename TypeParam::Value;
  const auto state = TypeParam::make();
  add<T>(*state, keys_between(0, 50), 1, nullptr);
  std::vector<Bytes> slices = snapshot_slices(*state, PartitionId(2), SIZE_MAX);
  const auto loaded = TypeParam::make();
  Result<void> result = loaded->load(PartitionId(3), slices[0].view());
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().code, ErrorCode::bad_snapshot);
  EXPECT_NE(result.error().message.find("written for partition 2"), std::string::npos);
  base::store(slices[0].data() + 8, uint32_t{3});  // now only the keys tell
  result = loaded->load(PartitionId(3), slices[0].view());
  ASSERT_FALSE(result.has_value());
  EXPECT_NE(result.error().message.find("key of another partition"), std::string::npos);
  EXPECT_EQ(loaded->keys(), 0u);
}

TYPED_TEST_P(KeyedStateContract, survives_truncation_at_every_byte_and_every_flipped_bit) {
  using T = typename TypeParam::Value;
  const auto state = TypeParam::make(1);
  add<T>(*state, keys_between(0, 24), 12345, nullptr);
  const std::string whole(snapshot_slices(*state, PartitionId(0), SIZE_MAX)[0].view());
  for (size_t length = 0; length < whole.size(); ++length) {
    const Result<void> result = load_cut(*TypeParam::make(1), whole, length);
    ASSERT_FALSE(result.has_value()) << "cut at " << length;
    ASSERT_EQ(result.error().code, ErrorCode::bad_snapshot);
  }
  const auto target = TypeParam::make(1);
  for (size_t bit = 0; bit < whole.size() * 8; ++bit) {
    const Result<void> result = load_flipped(*target, whole, bit);
    ASSERT_FALSE(bit < 16 * 8 && result.has_value()) << "header bit " << bit;
  }
  // What did load is consistent: every entry can be written and read again.
  for (const Bytes& slice : snapshot_slices(*target, PartitionId(0), 100))
    ASSERT_TRUE(TypeParam::make(1)->load(PartitionId(0), slice.view()).has_value());
}

REGISTER_TYPED_TEST_SUITE_P(KeyedStateContract, makes_a_state_on_first_use_and_keeps_it,
                            takes_an_empty_key_that_lies_nowhere,
                            tells_apart_keys_of_every_length_and_grows, stops_where_the_entry_stops,
                            erases_and_drops, snapshots_each_entry_once_and_loads_it_again,
                            snapshots_unchanged_entries_once_while_others_come_and_go,
                            refuses_slices_of_other_partitions,
                            survives_truncation_at_every_byte_and_every_flipped_bit);

}  // namespace wallaroo::state
