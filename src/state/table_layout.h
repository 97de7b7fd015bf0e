// How slots, segments and tags look in memory; only for the sources of InlineTable.
//
// A tag is 32 bits of a keyed hash. A segment whose keys share their first d bits and which has 2^b
// slots uses the d + b first bits of the tag ("tag bits"): d to be found, b as the home of a key. A
// word is the address of a segment's slots with 32 - tag bits in its low six bits.
#pragma once

#include <algorithm>
#include <cstring>

#include "base/assert.h"
#include "base/hash.h"
#include "state/table.h"

namespace wallaroo::state {

constexpr uint32_t kCacheLine = 64;
constexpr uint32_t kTagBits = 32;
constexpr uint32_t kInlineKey = 16;
constexpr uint32_t kKeyBytesMax = (1u << 30) - 1;
constexpr uint32_t kFirstBits = 3;  // a partition's first segment has 8 slots
constexpr uint64_t kShiftMask = kCacheLine - 1;

// Slot::head: tag, key length, dirty, used. An empty slot is all zero in its head.
constexpr uint64_t kUsed = 1;
constexpr uint64_t kDirty = 2;
constexpr uint32_t kLengthShift = 2;

struct InlineTable::Slot {
  uint64_t head;
  uint64_t key[2];  // short: the bytes, zero-padded; long: address of the bytes, their seeded hash

  uint64_t tag() const { return head >> kTagBits; }
  uint32_t key_bytes() const { return static_cast<uint32_t>(head) >> kLengthShift; }
  char* long_key() const { return reinterpret_cast<char*>(key[0]); }
  std::string_view key_view() const {
    const bool is_long = key_bytes() > kInlineKey;
    return {is_long ? long_key() : reinterpret_cast<const char*>(key), key_bytes()};
  }
};

struct InlineTable::Segment {
  char* slots;
  uint32_t shift;
  uint32_t mask;  // slots - 1
};

// A key prepared for the search: where to begin, and what a slot that holds the key looks like.
struct InlineTable::Probe {
  Slot* home;
  uint64_t head;  // with kUsed and kDirty
  uint64_t key[2];

  uint64_t tag() const { return head >> kTagBits; }
  bool short_key_is(const Slot& slot) const {
    return (((slot.head | kDirty) ^ head) | (slot.key[0] ^ key[0]) | (slot.key[1] ^ key[1])) == 0;
  }
};

inline InlineTable::Segment InlineTable::segment(uint64_t word) const {
  const uint32_t shift = static_cast<uint32_t>(word & kShiftMask);
  const uint32_t bits = std::min(kTagBits - shift, bits_max_);
  return {reinterpret_cast<char*>(word & ~kShiftMask), shift, (1u << bits) - 1};
}

inline uint64_t InlineTable::segment_word(const Partition& partition, uint64_t tag) {
  if (partition.directory_shift == kTagBits) return partition.word;
  return reinterpret_cast<const uint64_t*>(partition.word)[tag >> partition.directory_shift];
}

inline InlineTable::Slot* InlineTable::slot_at(const Segment& segment, uint32_t index) const {
  return reinterpret_cast<Slot*>(segment.slots + size_t{index} * stride_);
}

inline uint32_t InlineTable::home_of(const Segment& segment, uint64_t tag) const {
  return static_cast<uint32_t>(tag >> segment.shift) & segment.mask & home_mask_;
}

inline void* InlineTable::state_of(Slot* slot) const {
  char* at = reinterpret_cast<char*>(slot) + state_offset_;
  return indirect_ ? *reinterpret_cast<void**>(at) : at;
}

}  // namespace wallaroo::state
