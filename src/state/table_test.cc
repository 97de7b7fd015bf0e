// What the inline table promises beyond the contract of keyed state: dirty marks, states that stay
// in place while a batch runs, memory, and its behaviour with hostile hashes.
#include "state/table.h"

#include <gtest/gtest.h>

#include <map>
#include <string>

#include "base/hash.h"
#include "state/slice.h"
#include "state/state_type_for_test.h"

namespace wallaroo::state {
namespace {

std::vector<Record> records_of(const std::vector<std::string>& keys) {
  std::vector<Record> records;
  for (const std::string& key : keys) {
    Record record;
    record.hash = base::routing_hash(key);
    record.key = key.data();
    record.key_bytes = static_cast<uint32_t>(key.size());
    records.push_back(record);
  }
  return records;
}

std::vector<std::string> numbered_keys(uint64_t begin, uint64_t end, const char* suffix = "") {
  std::vector<std::string> keys;
  for (uint64_t i = begin; i < end; ++i) keys.push_back(std::to_string(i) + suffix);
  return keys;
}

// Counts into every state and checks that the table still finds each one where the batch says.
class InPlaceEntry final : public Entry {
 public:
  explicit InPlaceEntry(InlineTable& table) : table_(table) {}
  size_t run(const Record* records, void* const* states, size_t from, size_t count) override {
    largest_batch = std::max(largest_batch, count - from);
    for (size_t i = from; i < count; ++i) ++*static_cast<uint64_t*>(states[i]);
    for (size_t i = from; i < count; ++i) {
      EXPECT_EQ(table_.find(records[i].hash, records[i].key_view()), states[i]);
    }
    return count;
  }
  size_t largest_batch = 0;

 private:
  InlineTable& table_;
};

TEST(InlineTable, keeps_states_in_place_while_a_batch_runs) {
  for (const uint32_t segment_bytes : {512u, 64u * 1024}) {
    InlineTable table(state_type_for_test<uint64_t>(), 2, 1, {.segment_bytes_max = segment_bytes});
    InPlaceEntry entry(table);
    const std::vector<std::string> keys = numbered_keys(0, 20000);
    const std::vector<Record> records = records_of(keys);
    EXPECT_EQ(table.update(records.data(), 0, records.size(), entry), records.size());
    EXPECT_EQ(entry.largest_batch, kStepBatch);
    EXPECT_EQ(table.keys(), keys.size());
  }
}

TEST(InlineTable, marks_an_entry_dirty_when_it_is_handed_out) {
  InlineTable table(state_type_for_test<uint64_t>(), 1, 1);
  InPlaceEntry entry(table);
  const std::vector<std::string> keys = numbered_keys(0, 100);
  const std::vector<Record> records = records_of(keys);
  table.update(records.data(), 0, records.size(), entry);
  Bytes slice;
  SnapshotCursor cursor;
  EXPECT_TRUE(table.snapshot(PartitionId(0), cursor, SIZE_MAX, slice).has_value());
  ASSERT_TRUE(cursor.finished);

  InlineTable loaded(state_type_for_test<uint64_t>(), 1, 2);
  ASSERT_TRUE(loaded.load(PartitionId(0), slice.view()).has_value());
  InPlaceEntry second(loaded);
  loaded.update(records.data(), 0, 50, second);
  for (size_t i = 0; i < 100; ++i) {
    EXPECT_TRUE(table.dirty_for_test(records[i].hash, keys[i]));
    EXPECT_EQ(loaded.dirty_for_test(records[i].hash, keys[i]), i < 50);
  }
}

TEST(InlineTable, holds_nothing_while_empty_and_gives_memory_back) {
  InlineTable table(state_type_for_test<uint64_t>(), 1024, 1);
  const uint64_t empty = table.bytes();
  EXPECT_LE(empty, 64u * 1024);
  InPlaceEntry entry(table);
  const std::vector<std::string> keys = numbered_keys(0, 100000, " and some more than fits a slot");
  const std::vector<Record> records = records_of(keys);
  table.update(records.data(), 0, records.size(), entry);
  EXPECT_GT(table.bytes(), keys.size() * (32 + 30));
  EXPECT_LT(table.bytes(), keys.size() * (128 + 40));
  for (uint32_t i = 0; i < 1024; ++i) table.drop(PartitionId(i));
  EXPECT_EQ(table.bytes(), empty);
}

TEST(InlineTable, needs_no_more_memory_when_keys_come_and_go) {
  InlineTable table(state_type_for_test<uint64_t>(), 1, 1);
  InPlaceEntry entry(table);
  uint64_t bytes = 0;
  for (uint64_t round = 0; round < 200; ++round) {
    const std::vector<std::string> keys = numbered_keys(round * 1000, round * 1000 + 1000);
    const std::vector<Record> records = records_of(keys);
    table.update(records.data(), 0, records.size(), entry);
    if (round == 0) bytes = table.bytes();
    for (const Record& record : records) table.erase(record.hash, record.key_view());
  }
  EXPECT_EQ(table.keys(), 0u);
  EXPECT_EQ(table.bytes(), bytes);
}

// Prepared keys whose routing hashes are all the same must not pile up in one place: with the
// default growth rule the table stays within a small factor of its size for honest keys.
TEST(InlineTable, spreads_keys_that_share_one_routing_hash) {
  InlineTable table(state_type_for_test<uint64_t>(), 1024, 1);
  const std::vector<std::string> keys = numbered_keys(0, 50000);
  std::vector<Record> records = records_of(keys);
  for (Record& record : records) record.hash = 42;
  InPlaceEntry entry(table);
  table.update(records.data(), 0, records.size(), entry);
  EXPECT_EQ(table.keys(), keys.size());
  EXPECT_LT(table.bytes(), keys.size() * 128);
}

TEST(InlineTable, no_result_depends_on_the_seed) {
  const std::vector<std::string> keys = numbered_keys(0, 3000);
  const std::vector<Record> records = records_of(keys);
  std::map<std::string, std::string> contents[2];
  for (const uint64_t seed : {0u, 1u}) {
    InlineTable table(state_type_for_test<uint64_t>(), 1, seed);
    InPlaceEntry entry(table);
    table.update(records.data(), 0, records.size(), entry);
    table.update(records.data(), 0, 1000, entry);
    Bytes slice;
    SnapshotCursor cursor;
    EXPECT_TRUE(table.snapshot(PartitionId(0), cursor, SIZE_MAX, slice).has_value());
    auto reader = SliceReader::open(PartitionId(0), slice.view());
    for (SliceReader::Item item; reader->next(item).value();) {
      EXPECT_TRUE(contents[seed].emplace(item.key, item.state).second);
    }
  }
  EXPECT_EQ(contents[0].size(), keys.size());
  EXPECT_EQ(contents[0], contents[1]);
}

}  // namespace
}  // namespace wallaroo::state
