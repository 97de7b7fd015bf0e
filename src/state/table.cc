#include "state/table.h"

#include <bit>
#include <new>

#include "base/rng.h"
#include "state/table_layout.h"
#include "wallaroo/detail/short_text.h"

namespace wallaroo::state {
namespace {

using wallaroo::detail::load_short;
using wallaroo::detail::ShortWords;

constexpr uint32_t kInlineStateMax = 512;
constexpr size_t kAhead = 64;  // keys between the prefetch of a slot and its use

uint32_t round_up(uint32_t bytes, uint32_t multiple) {
  return (bytes + multiple - 1) / multiple * multiple;
}

}  // namespace

InlineTable::InlineTable(const StateType& type, uint32_t partitions, uint64_t slot_seed,
                         TableOptions options)
    : type_(type), count_(partitions), pool_(options.memory), directories_(partitions) {
  ASSERT(std::has_single_bit(partitions) && partitions <= 65536,
         "the number of partitions must be a power of two up to 65,536");
  indirect_ = type.bytes > kInlineStateMax || type.alignment > kCacheLine;
  copyable_ = type.trivial || indirect_;
  const uint32_t alignment = indirect_ ? alignof(void*) : type.alignment;
  const uint32_t bytes = indirect_ ? sizeof(void*) : type.bytes;
  state_offset_ = round_up(sizeof(Slot), alignment);
  // Slots of up to a line never straddle lines; in longer ones head and key share a line.
  stride_ = std::bit_ceil(std::max(state_offset_ + bytes, kCacheLine / 2));
  if (stride_ > kCacheLine) {
    stride_ = round_up(state_offset_ + bytes, std::max(kCacheLine / 2, alignment));
  }
  home_mask_ = stride_ <= kCacheLine ? ~1u : ~0u;
  const uint32_t slots = std::min(options.segment_bytes_max / stride_, 1u << 15);
  bits_max_ = std::max(std::bit_width(slots) - 1u, kFirstBits);
  if (slots < (1u << kFirstBits)) bits_max_ = kFirstBits;
  partitions_.assign(partitions, {empty_segment(), kTagBits, 0});
  bytes_ = partitions * (sizeof(Partition) + sizeof(void*));
  base::Rng rng(slot_seed);
  hot_ = {.seeds = {rng.next(), rng.next()},
          .partitions = partitions_.data(),
          .partition_count = count_,
          .home_index_mask = ((1u << bits_max_) - 1) & home_mask_,
          .stride = stride_};
}

InlineTable::~InlineTable() {
  for (uint32_t i = 0; i < count_; ++i) drop(PartitionId(i));
}

inline __attribute__((always_inline)) void InlineTable::prepare(const Hot& hot, uint64_t hash,
                                                                std::string_view key, size_t stride,
                                                                Probe& probe) {
  ShortWords words;
  uint64_t mixed;
  // The key itself goes into the mix: prepared collisions of the routing hash stay apart.
  if (__builtin_expect(key.size() <= kInlineKey, 1)) {
    words = load_short(key.data(), key.size());
    mixed = base::folded_product(hash ^ words.low ^ hot.seeds[0], words.high ^ hot.seeds[1]);
  } else {
    ASSERT(key.size() <= kKeyBytesMax, "a key of 1 GiB or more");
    mixed = base::seeded_hash(key, hot.seeds[0]);
    // No address: never equal to a slot's, so that the bytes are compared.
    words = {.low = 0, .high = mixed};
  }
  const uint64_t tag = mixed >> kTagBits;
  probe.head = (tag << kTagBits) | (key.size() << kLengthShift) | kDirty | kUsed;
  probe.key[0] = words.low;
  probe.key[1] = words.high;
  const uint32_t partition = partition_of(hash, hot.partition_count).value;
  const uint64_t word = segment_word(hot.partitions[partition], tag);
  const uint64_t index = (tag >> (word & kShiftMask)) & hot.home_index_mask;
  probe.home = reinterpret_cast<Slot*>((word & ~kShiftMask) + index * stride);
}

InlineTable::Probe InlineTable::probe_for(uint64_t hash, std::string_view key) const {
  Probe probe;
  prepare(hot_, hash, key, stride_, probe);
  return probe;
}

// The slot that holds the key, or else the empty slot where it belongs.
InlineTable::Slot* InlineTable::search(const Probe& probe, uint64_t hash, const char* key) const {
  const Segment in = segment(segment_word(partitions_[partition_index(hash)], probe.tag()));
  for (uint32_t index = home_of(in, probe.tag());; index = (index + 1) & in.mask) {
    Slot* slot = slot_at(in, index);
    if (slot->head == 0 || probe.short_key_is(*slot)) return slot;
    if ((slot->head | kDirty) != probe.head || slot->key[1] != probe.key[1]) continue;
    const size_t bytes = slot->key_bytes();
    if (bytes > kInlineKey && std::memcmp(slot->long_key(), key, bytes) == 0) return slot;
  }
}

// Prepares and prefetches all keys, and looks each up in its home kAhead keys later, when the line
// is there; the two interleaved keep the processor busier than one after the other. Notes the
// places of keys that are not at home and returns how many.
//
// Nearly all keys lie in one of the two slots of their home. Which of them, and which keys do not,
// cannot be predicted; so there is no branch on either.
template <uint32_t kStride>
size_t InlineTable::look_home(const Record* records, size_t count, Probe* probes, void** states,
                              uint8_t* elsewhere) {
  const Hot hot = hot_;
  const size_t stride = kStride == 0 ? hot.stride : kStride;
  const auto prepare_one = [&](size_t i) __attribute__((always_inline)) {
    prepare(hot, records[i].hash, records[i].key_view(), stride, probes[i]);
    __builtin_prefetch(probes[i].home, 1);
    if (kStride == kCacheLine)
      __builtin_prefetch(reinterpret_cast<char*>(probes[i].home) + stride, 1);
    if (kStride == 0) __builtin_prefetch(reinterpret_cast<char*>(probes[i].home) + stride - 1, 1);
  };
  size_t elsewhere_count = 0;
  const auto look_up_one = [&](size_t i) __attribute__((always_inline)) {
    const Probe& probe = probes[i];
    char* slot = reinterpret_cast<char*>(probe.home);
    uint64_t found = probe.short_key_is(*probe.home);
    if (kStride != 0) {
      const uint64_t second = probe.short_key_is(*reinterpret_cast<Slot*>(slot + kStride));
      slot += second * kStride;
      found |= second;
    }
    Slot* at = reinterpret_cast<Slot*>(slot);
    at->head |= found * kDirty;
    states[i] = kStride == 0 ? state_of(at) : at + 1;
    elsewhere[elsewhere_count] = static_cast<uint8_t>(i);
    elsewhere_count += 1 - found;
  };
  const size_t ahead = std::min(count, kAhead);
  for (size_t i = 0; i < ahead; ++i) prepare_one(i);
  for (size_t i = ahead; i < count; ++i) {
    prepare_one(i);
    look_up_one(i - ahead);
  }
  for (size_t i = count - ahead; i < count; ++i) look_up_one(i);
  return elsewhere_count;
}

// Fills in states[i] for the records up to the first whose segment must grow; returns its index.
// kStride is the slot size when the state follows the key directly, 0 for any other layout.
template <uint32_t kStride>
size_t InlineTable::resolve(const Record* records, size_t count, void** states) {
  Probe probes[kStepBatch];
  uint8_t elsewhere[kStepBatch];
  const size_t elsewhere_count = look_home<kStride>(records, count, probes, states, elsewhere);
  // Most of them lie in the line behind their home: all those lines are fetched at once. (Where the
  // segment ends there, the fetch is in vain, no more.)
  for (size_t n = 0; n < elsewhere_count; ++n) {
    const char* home = reinterpret_cast<const char*>(probes[elsewhere[n]].home);
    __builtin_prefetch(home + kCacheLine + stride_, 1);
  }
  for (size_t n = 0; n < elsewhere_count; ++n) {
    const size_t i = elsewhere[n];
    Slot* slot = search(probes[i], records[i].hash, records[i].key);
    if (slot->head == 0 && !insert(slot, probes[i], records[i].hash, records[i].key_view())) {
      return i;
    }
    slot->head |= kDirty;
    states[i] = state_of(slot);
  }
  return count;
}

template <uint32_t kStride>
size_t InlineTable::update_as(const Record* records, size_t from, size_t count, Entry& entry) {
  void* states[kStepBatch];
  while (from < count) {
    const Record* batch = records + from;
    const size_t size = std::min(count - from, kStepBatch);
    size_t resolved = resolve<kStride>(batch, size, states);
    if (resolved < size) {
      // Growth moves states, so it comes first for the whole batch; then everything is found again.
      for (size_t i = resolved; i < size; ++i) ensure(batch[i].hash, batch[i].key_view());
      resolved = resolve<kStride>(batch, size, states);
      ASSERT(resolved == size, "a key of the batch is missing after its insertion");
    }
    const size_t taken = entry.run(batch, states, 0, size);
    from += taken;
    if (taken < size) break;
  }
  return from;
}

size_t InlineTable::update(const Record* records, size_t from, size_t count, Entry& entry) {
  if (stride_ == kCacheLine / 2 && !indirect_)
    return update_as<kCacheLine / 2>(records, from, count, entry);
  if (stride_ == kCacheLine && !indirect_ && state_offset_ == sizeof(Slot))
    return update_as<kCacheLine>(records, from, count, entry);
  return update_as<0>(records, from, count, entry);
}

void* InlineTable::find(uint64_t hash, std::string_view key) {
  Slot* slot = search(probe_for(hash, key), hash, key.data());
  return slot->head == 0 ? nullptr : state_of(slot);
}

void* InlineTable::obtain(uint64_t hash, std::string_view key) {
  Slot* slot = ensure(hash, key);
  slot->head |= kDirty;
  return state_of(slot);
}

bool InlineTable::dirty_for_test(uint64_t hash, std::string_view key) const {
  return (search(probe_for(hash, key), hash, key.data())->head & kDirty) != 0;
}

void InlineTable::erase(uint64_t hash, std::string_view key) {
  const Probe probe = probe_for(hash, key);
  Slot* slot = search(probe, hash, key.data());
  if (slot->head == 0) return;
  destroy(slot);
  const uint32_t partition = partition_index(hash);
  const Segment in = segment(segment_word(partitions_[partition], probe.tag()));
  close_gap(in, static_cast<uint32_t>((reinterpret_cast<char*>(slot) - in.slots) / stride_));
  change_used(partition, probe.tag(), -1);
  --keys_;
}

InlineTable::Slot* InlineTable::ensure(uint64_t hash, std::string_view key) {
  for (;;) {
    const Probe probe = probe_for(hash, key);
    Slot* slot = search(probe, hash, key.data());
    if (slot->head != 0 || insert(slot, probe, hash, key)) return slot;
    grow(partition_index(hash), probe.tag());
  }
}

// Makes the state of a new key in the empty `slot`; false when the segment must grow before.
bool InlineTable::insert(Slot* slot, const Probe& probe, uint64_t hash, std::string_view key) {
  const uint32_t partition = partition_index(hash);
  if (full(partition, probe.tag())) return false;
  slot->key[0] = probe.key[0];
  slot->key[1] = probe.key[1];
  if (key.size() > kInlineKey) {
    char* copy = static_cast<char*>(::operator new(key.size()));
    std::memcpy(copy, key.data(), key.size());
    slot->key[0] = reinterpret_cast<uint64_t>(copy);
    bytes_ += key.size();
  }
  if (indirect_) {
    void* state = ::operator new(type_.bytes, std::align_val_t(type_.alignment));
    *reinterpret_cast<void**>(reinterpret_cast<char*>(slot) + state_offset_) = state;
    bytes_ += type_.bytes;
  }
  type_.construct(state_of(slot));
  slot->head = probe.head & ~kDirty;
  change_used(partition, probe.tag(), 1);
  ++keys_;
  return true;
}

void InlineTable::destroy(Slot* slot) {
  void* state = state_of(slot);
  if (!type_.trivial) type_.destroy(state);
  if (indirect_) {
    ::operator delete(state, std::align_val_t(type_.alignment));
    bytes_ -= type_.bytes;
  }
  if (slot->key_bytes() > kInlineKey) {
    bytes_ -= slot->key_bytes();
    ::operator delete(slot->long_key());
  }
  slot->head = 0;
}

// Moves later slots of the run back over the gap, so that every key is reachable from its home
// without a mark for the deleted one.
void InlineTable::close_gap(const Segment& in, uint32_t gap) {
  for (uint32_t at = (gap + 1) & in.mask;; at = (at + 1) & in.mask) {
    Slot* slot = slot_at(in, at);
    if (slot->head == 0) return;
    const uint32_t home = home_of(in, slot->tag());
    if (((at - home) & in.mask) < ((at - gap) & in.mask)) continue;  // its home lies after the gap
    move_slot(slot_at(in, gap), slot);
    gap = at;
  }
}

}  // namespace wallaroo::state
