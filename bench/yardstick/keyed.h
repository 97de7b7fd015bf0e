#pragma once
// Keyed updates without text: add to a 16-byte value under a 64-bit key. Once with the library map,
// once with the fastest table we can write (32-byte slots on huge pages, a batch prefetched).
#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <span>
#include <vector>

#include "yardstick/huge.h"

namespace wallaroo::bench {

struct KeyedValue {
  std::uint64_t count = 0;
  std::uint64_t sum = 0;
};

/// What a key adds to the checksum of a table.
std::uint64_t checksum_of(std::uint64_t key, const KeyedValue& value);

/// `updates` keys drawn uniformly from `keys` different ones, which are spread over all 64 bits.
std::vector<std::uint64_t> make_keys(std::uint64_t keys, std::uint64_t updates, std::uint64_t seed);

class LibraryKeyed {
 public:
  void update(std::span<const std::uint64_t> keys);
  std::uint64_t checksum() const;

 private:
  boost::unordered_flat_map<std::uint64_t, KeyedValue> values_;
};

class FastKeyed {
 public:
  explicit FastKeyed(std::uint64_t keys_max);
  void update(std::span<const std::uint64_t> keys);
  std::uint64_t checksum() const;

 private:
  static constexpr std::size_t kBatch = 32;
  struct alignas(32) Slot {
    std::uint64_t key;
    KeyedValue value;
    std::uint64_t used;
  };
  std::uint64_t home(std::uint64_t key) const { return (key * 0x9E3779B97F4A7C15u) >> shift_; }
  void update_one(std::uint64_t key, std::uint64_t at);

  HugeMemory memory_;
  unsigned shift_;
  std::uint64_t mask_;
};

}  // namespace wallaroo::bench
