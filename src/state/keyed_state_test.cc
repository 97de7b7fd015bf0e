// The contract of KeyedState, run against every implementation with states of several shapes.
// Random histories of updates, erasures, drops and snapshot round trips are compared with a plain
// map.
#include "state/keyed_state.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <map>
#include <numeric>
#include <set>

#include "base/bytes.h"
#include "base/hash.h"
#include "base/rng.h"
#include "state/map_state_for_test.h"
#include "state/state_type_for_test.h"
#include "state/table.h"

namespace wallaroo::state {
namespace {

constexpr uint32_t kPartitions = 4;

template <class T>
struct TableOf {
  using Value = T;
  static std::unique_ptr<KeyedState> make(uint32_t partitions = kPartitions) {
    return std::make_unique<InlineTable>(state_type_for_test<T>(), partitions, 7);
  }
};
// Segments so small that a few keys already split them many times.
template <class T>
struct SmallSegmentsOf {
  using Value = T;
  static std::unique_ptr<KeyedState> make(uint32_t partitions = kPartitions) {
    return std::make_unique<InlineTable>(state_type_for_test<T>(), partitions, 7,
                                         TableOptions{.segment_bytes_max = 512});
  }
};
template <class T>
struct MapOf {
  using Value = T;
  static std::unique_ptr<KeyedState> make(uint32_t partitions = kPartitions) {
    return std::make_unique<MapStateForTest>(state_type_for_test<T>(), partitions);
  }
};

// Adds to each record's state the number in its payload; remembers what it was handed.
template <class T>
class AddEntry final : public Entry {
 public:
  size_t run(const Record* records, void* const* states, size_t from, size_t count) override {
    ++runs;
    size_t i = from;
    for (; i < count && taken < take_max; ++i, ++taken) {
      T& state = *static_cast<T*>(states[i]);
      EXPECT_EQ(reinterpret_cast<uintptr_t>(&state) % alignof(T), 0u);
      set_value(state, get_value(state) + records[i].payload_bytes);
    }
    return i;
  }
  size_t runs = 0;
  size_t taken = 0;
  size_t take_max = SIZE_MAX;
};

Record record_of(const std::string& key, uint32_t amount) {
  Record record;
  record.hash = base::routing_hash(key);
  record.key = key.data();
  record.key_bytes = static_cast<uint32_t>(key.size());
  record.payload_bytes = amount;  // the entries of this test read no payload, only its length
  return record;
}

PartitionId partition_of_key(const std::string& key, uint32_t partitions = kPartitions) {
  return partition_of(base::routing_hash(key), partitions);
}

// Keys of all lengths around the limits of inline storage, with shared beginnings and zero bytes.
std::string key_of(uint64_t number) {
  constexpr size_t kLengths[] = {0, 1, 3, 4, 7, 8, 9, 15, 16, 17, 40, 300};
  const size_t length = kLengths[number % std::size(kLengths)];
  std::string key(length, number % 5 == 0 ? '\0' : 'k');
  const uint64_t suffix = number / std::size(kLengths);
  for (size_t i = 0; i < std::min<size_t>(length, 8); ++i) {
    key[length - 1 - i] =
        static_cast<char>(static_cast<uint8_t>(key[length - 1 - i]) ^ (suffix >> (8 * i)));
  }
  return key;
}

using Model = std::map<std::string, uint64_t>;

template <class T>
void expect_equal(KeyedState& state, const Model& model) {
  ASSERT_EQ(state.keys(), model.size());
  for (const auto& [key, value] : model) {
    void* found = state.find(base::routing_hash(key), key);
    ASSERT_NE(found, nullptr) << "key of " << key.size() << " bytes";
    ASSERT_EQ(get_value(*static_cast<T*>(found)), value);
  }
}

template <class T>
void add(KeyedState& state, const std::vector<std::string>& keys, uint32_t amount, Model* model) {
  std::vector<Record> records;
  for (const std::string& key : keys) {
    records.push_back(record_of(key, amount));
    if (model != nullptr) (*model)[key] += amount;
  }
  AddEntry<T> entry;
  ASSERT_EQ(state.update(records.data(), 0, records.size(), entry), records.size());
}

std::vector<std::string> keys_between(uint64_t begin, uint64_t end) {
  std::set<std::string> keys;
  for (uint64_t i = begin; i < end; ++i) keys.insert(key_of(i));
  return {keys.begin(), keys.end()};
}

std::vector<Bytes> snapshot_slices(KeyedState& state, PartitionId partition, size_t bytes_max) {
  std::vector<Bytes> slices;
  for (SnapshotCursor cursor; !cursor.finished;) {
    EXPECT_TRUE(state.snapshot(partition, cursor, bytes_max, slices.emplace_back()).has_value());
  }
  return slices;
}

template <class Implementation>
class KeyedStateContract : public testing::Test {};

using Implementations =
    testing::Types<TableOf<Count>, TableOf<Pair>, TableOf<Text>, TableOf<Aligned>, TableOf<Large>,
                   SmallSegmentsOf<Count>, SmallSegmentsOf<Pair>, SmallSegmentsOf<Text>,
                   SmallSegmentsOf<Aligned>, SmallSegmentsOf<Large>, MapOf<Count>, MapOf<Text>>;
TYPED_TEST_SUITE(KeyedStateContract, Implementations);

TYPED_TEST(KeyedStateContract, makes_a_state_on_first_use_and_keeps_it) {
  using T = typename TypeParam::Value;
  const auto state = TypeParam::make();
  Model model;
  EXPECT_EQ(state->find(base::routing_hash("a"), "a"), nullptr);
  add<T>(*state, {"a", "b", "a", "", "a"}, 5, &model);
  add<T>(*state, {"b"}, 1, &model);
  expect_equal<T>(*state, model);
}

TYPED_TEST(KeyedStateContract, takes_an_empty_key_that_lies_nowhere) {
  using T = typename TypeParam::Value;
  const auto state = TypeParam::make();
  Record record;
  record.hash = base::routing_hash({});
  record.payload_bytes = 3;
  AddEntry<T> entry;
  EXPECT_EQ(state->update(&record, 0, 1, entry), 1u);
  expect_equal<T>(*state, {{"", 3}});
}

TYPED_TEST(KeyedStateContract, tells_apart_keys_of_every_length_and_grows) {
  using T = typename TypeParam::Value;
  const auto state = TypeParam::make();
  Model model;
  for (uint64_t begin = 0; begin < 6000; begin += 1000) {
    add<T>(*state, keys_between(begin, begin + 1000), 3, &model);
    add<T>(*state, keys_between(begin / 2, begin), 1, &model);
  }
  expect_equal<T>(*state, model);
}

TYPED_TEST(KeyedStateContract, stops_where_the_entry_stops) {
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

TYPED_TEST(KeyedStateContract, erases_and_drops) {
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

TYPED_TEST(KeyedStateContract, snapshots_each_entry_once_and_loads_it_again) {
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

TYPED_TEST(KeyedStateContract, snapshots_unchanged_entries_once_while_others_come_and_go) {
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
  EXPECT_EQ(next, 6000u) << "the partition did not grow much while the snapshot was taken";
  EXPECT_GT(stay.size(), 300u);
  for (const auto& [key, value] : stay) ASSERT_EQ(seen[key], 1) << "key of " << key.size();
}

TYPED_TEST(KeyedStateContract, refuses_slices_of_other_partitions) {
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

TYPED_TEST(KeyedStateContract, survives_truncation_at_every_byte_and_every_flipped_bit) {
  using T = typename TypeParam::Value;
  const auto state = TypeParam::make(1);
  add<T>(*state, keys_between(0, 24), 12345, nullptr);
  const std::vector<Bytes> slices = snapshot_slices(*state, PartitionId(0), SIZE_MAX);
  const std::string whole(slices[0].view());
  for (size_t length = 0; length < whole.size(); ++length) {
    // A copy of exactly this length, so that the address sanitizer sees any read beyond it.
    const std::vector<char> cut(whole.begin(), whole.begin() + static_cast<ptrdiff_t>(length));
    const Result<void> result = TypeParam::make(1)->load(PartitionId(0), {cut.data(), cut.size()});
    ASSERT_FALSE(result.has_value()) << "cut at " << length;
    ASSERT_EQ(result.error().code, ErrorCode::bad_snapshot);
  }
  const auto target = TypeParam::make(1);
  for (size_t bit = 0; bit < whole.size() * 8; ++bit) {
    std::vector<char> flipped(whole.begin(), whole.end());
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << (bit % 8)));
    const Result<void> result = target->load(PartitionId(0), {flipped.data(), flipped.size()});
    if (bit < 16 * 8) {
      ASSERT_FALSE(result.has_value()) << "header bit " << bit;
    }
  }
  // What did load is consistent: every entry can be written and read again.
  for (const Bytes& slice : snapshot_slices(*target, PartitionId(0), 100)) {
    ASSERT_TRUE(TypeParam::make(1)->load(PartitionId(0), slice.view()).has_value());
  }
}

// One random history against the model; small key ranges make reuse and erasure of runs common.
template <class TypeParam>
void random_history(uint64_t seed) {
  using T = typename TypeParam::Value;
  base::Rng rng(seed);
  const auto partitions = static_cast<uint32_t>(uint64_t{1} << rng.below(3));
  auto state = TypeParam::make(partitions);
  const uint64_t range = rng.between(1, 2000);
  Model model;
  for (uint64_t step = rng.between(1, 60); step > 0; --step) {
    switch (rng.below(8)) {
      case 0:
      case 1:
        for (uint64_t i = rng.below(range); i > 0; --i) {
          const std::string key = key_of(rng.below(range));
          state->erase(base::routing_hash(key), key);
          model.erase(key);
        }
        break;
      case 2: {
        const PartitionId partition(static_cast<uint32_t>(rng.below(partitions)));
        state->drop(partition);
        std::erase_if(model, [&](const auto& entry) {
          return partition_of_key(entry.first, partitions) == partition;
        });
        break;
      }
      case 3: {
        auto loaded = TypeParam::make(partitions);
        const size_t bytes_max = rng.below(3000);
        for (uint32_t i = 0; i < partitions; ++i) {
          for (const Bytes& slice : snapshot_slices(*state, PartitionId(i), bytes_max)) {
            RC_ASSERT(loaded->load(PartitionId(i), slice.view()).has_value());
          }
        }
        state = std::move(loaded);
        break;
      }
      default: {
        std::vector<std::string> keys(rng.below(400));
        for (std::string& key : keys) key = key_of(rng.below(range));
        add<T>(*state, keys, static_cast<uint32_t>(rng.below(1000)), &model);
      }
    }
    RC_ASSERT(state->keys() == model.size());
  }
  expect_equal<T>(*state, model);
  RC_ASSERT(!testing::Test::HasFailure());
}

RC_GTEST_PROP(KeyedStateHistory, table_equals_the_model, (uint64_t seed)) {
  random_history<TableOf<Count>>(seed);
}
RC_GTEST_PROP(KeyedStateHistory, table_with_small_segments_equals_the_model, (uint64_t seed)) {
  random_history<SmallSegmentsOf<Text>>(seed);
}
RC_GTEST_PROP(KeyedStateHistory, map_equals_the_model, (uint64_t seed)) {
  random_history<MapOf<Text>>(seed);
}

}  // namespace
}  // namespace wallaroo::state
