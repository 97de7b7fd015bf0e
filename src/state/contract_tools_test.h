// What the contract of KeyedState works with: keys, updates, a plain map to compare with. A
// KeyedState joins by a type like MapOf: the shape of its states and how one is made.
#pragma once

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <map>
#include <set>

#include "base/hash.h"
#include "base/rng.h"
#include "state/map_state_for_test.h"
#include "state/state_type_for_test.h"

namespace wallaroo::state {

constexpr uint32_t kPartitions = 4;

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

inline Record record_of(const std::string& key, uint32_t amount) {
  Record record;
  record.hash = base::routing_hash(key);
  record.key = key.data();
  record.key_bytes = static_cast<uint32_t>(key.size());
  record.payload_bytes = amount;  // the entries of this test read no payload, only its length
  return record;
}

inline PartitionId partition_of_key(const std::string& key, uint32_t partitions = kPartitions) {
  return partition_of(base::routing_hash(key), partitions);
}

// Keys of all lengths around the limits of inline storage, with shared beginnings and zero bytes.
inline std::string key_of(uint64_t number) {
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

inline std::vector<std::string> keys_between(uint64_t begin, uint64_t end) {
  std::set<std::string> keys;
  for (uint64_t i = begin; i < end; ++i) keys.insert(key_of(i));
  return {keys.begin(), keys.end()};
}

inline std::vector<Bytes> snapshot_slices(KeyedState& state, PartitionId partition,
                                          size_t bytes_max) {
  std::vector<Bytes> slices;
  for (SnapshotCursor cursor; !cursor.finished;) {
    EXPECT_TRUE(state.snapshot(partition, cursor, bytes_max, slices.emplace_back()).has_value());
  }
  return slices;
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

/// Loads the first `bytes` of a slice of partition 0, from a copy of exactly this length, so that
/// the address sanitizer sees any read beyond it.
inline Result<void> load_cut(KeyedState& into, const std::string& slice, size_t bytes) {
  const std::vector<char> cut(slice.begin(), slice.begin() + static_cast<ptrdiff_t>(bytes));
  return into.load(PartitionId(0), {cut.data(), cut.size()});
}

/// Loads a slice of partition 0 of which one bit is wrong.
inline Result<void> load_flipped(KeyedState& into, const std::string& slice, size_t bit) {
  std::vector<char> flipped(slice.begin(), slice.end());
  flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << (bit % 8)));
  return into.load(PartitionId(0), {flipped.data(), flipped.size()});
}

}  // namespace wallaroo::state
