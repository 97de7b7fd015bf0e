#include "state/table.h"

#include <bit>
#include <new>

#include "base/bytes.h"
#include "base/rng.h"
#include "state/table_layout.h"

namespace wallaroo::state {
namespace {

constexpr uint32_t kInlineStateMax = 512;

uint32_t round_up(uint32_t bytes, uint32_t multiple) {
  return (bytes + multiple - 1) / multiple * multiple;
}

}  // namespace

InlineTable::InlineTable(const StateType& type, uint32_t partitions, uint64_t slot_seed,
                         TableOptions options)
    : type_(type), count_(partitions), directories_(partitions) {
  ASSERT(std::has_single_bit(partitions) && partitions <= 65536,
         "the number of partitions must be a power of two up to 65,536");
  base::Rng rng(slot_seed);
  seeds_[0] = rng.next();
  seeds_[1] = rng.next();
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
  home_mask_ = stride_ == kCacheLine / 2 ? ~1u : ~0u;
  const uint32_t slots = std::min(options.segment_bytes_max / stride_, 1u << 15);
  bits_max_ = std::max(std::bit_width(slots) - 1u, kFirstBits);
  if (slots < (1u << kFirstBits)) bits_max_ = kFirstBits;
  partitions_.assign(partitions, {no_segment(), kTagBits, 0});
  bytes_ = partitions * (sizeof(Partition) + sizeof(void*));
}

InlineTable::~InlineTable() {
  for (uint32_t i = 0; i < count_; ++i) drop(PartitionId(i));
}

[[gnu::always_inline]] inline InlineTable::Probe InlineTable::make_probe(
    uint64_t hash, std::string_view key) const {
  Probe probe;
  uint64_t mixed;
  // The key itself goes into the mix: prepared collisions of the routing hash stay apart.
  if (__builtin_expect(key.size() <= kInlineKey, 1)) {
    const auto words = wallaroo::detail::load_short(key.data(), key.size());
    probe.key[0] = words.low;
    probe.key[1] = words.high;
    mixed = base::folded_product(hash ^ probe.key[0] ^ seeds_[0], probe.key[1] ^ seeds_[1]);
  } else {
    ASSERT(key.size() <= kKeyBytesMax, "a key of 1 GiB or more");
    mixed = base::seeded_hash(key, seeds_[0]);
    probe.key[0] = 0;  // no address: the bytes must be compared
    probe.key[1] = mixed;
  }
  const uint64_t tag = mixed >> kTagBits;
  probe.head = (tag << kTagBits) | (key.size() << kLengthShift) | kDirty | kUsed;
  probe.partition = partition_of(hash, count_).value;
  probe.word = segment_word(partitions_[probe.partition], tag);
  const uint32_t mask = ((1u << bits_max_) - 1) & home_mask_;
  probe.index = static_cast<uint32_t>(tag >> (probe.word & kShiftMask)) & mask;
  return probe;
}

// The slot that holds the key, or else the empty slot where it belongs.
template <uint32_t kStride>
inline InlineTable::Slot* InlineTable::search_in(const Probe& probe, const char* key) const {
  char* slots = reinterpret_cast<char*>(probe.word & ~kShiftMask);
  uint32_t index = probe.index;
  const size_t stride = kStride == 0 ? stride_ : kStride;
  for (;;) {
    Slot* slot = reinterpret_cast<Slot*>(slots + index * stride);
    if ((slot->head | kDirty) == probe.head && slot->key[1] == probe.key[1]) {
      if (slot->key[0] == probe.key[0]) return slot;
      const size_t bytes = slot->key_bytes();
      if (bytes > kInlineKey && std::memcmp(slot->long_key(), key, bytes) == 0) return slot;
    }
    if (slot->head == 0) return slot;
    index = (index + 1) & segment(probe.word).mask;
  }
}

InlineTable::Slot* InlineTable::search(const Probe& probe, const char* key) const {
  return search_in<0>(probe, key);
}

template <uint32_t kStride>
void InlineTable::locate(const Record* records, size_t count, Probe* probes) const {
  const size_t stride = kStride == 0 ? stride_ : kStride;
  for (size_t i = 0; i < count; ++i) {
    probes[i] = make_probe(records[i].hash, records[i].key_view());
    const char* slot =
        reinterpret_cast<const char*>(probes[i].word & ~kShiftMask) + probes[i].index * stride;
    __builtin_prefetch(slot, 1);
    if (kStride == 0) __builtin_prefetch(slot + state_offset_, 1);
  }
}

// Fills in states[i] for the records up to the first whose segment must grow; returns its index.
template <uint32_t kStride>
size_t InlineTable::resolve(const Record* records, size_t count, const Probe* probes,
                            void** states) {
  for (size_t i = 0; i < count; ++i) {
    Slot* slot = search_in<kStride>(probes[i], records[i].key);
    if (__builtin_expect(slot->head == 0, 0)) {
      if (!insert(slot, probes[i], records[i].key_view())) return i;
    }
    slot->head |= kDirty;
    states[i] = state_of(slot);
  }
  return count;
}

template <uint32_t kStride>
size_t InlineTable::update_as(const Record* records, size_t from, size_t count, Entry& entry) {
  Probe probes[kStepBatch];
  void* states[kStepBatch];
  while (from < count) {
    const Record* batch = records + from;
    const size_t size = std::min(count - from, kStepBatch);
    locate<kStride>(batch, size, probes);
    size_t resolved = resolve<kStride>(batch, size, probes, states);
    if (resolved < size) {
      // Growth moves states, so it comes first for the whole batch; then everything is found again.
      for (size_t i = resolved; i < size; ++i) ensure(batch[i].hash, batch[i].key_view());
      locate<kStride>(batch, size, probes);
      resolved = resolve<kStride>(batch, size, probes, states);
      ASSERT(resolved == size, "a key of the batch is missing after its insertion");
    }
    const size_t taken = entry.run(batch, states, 0, size);
    from += taken;
    if (taken < size) break;
  }
  return from;
}

size_t InlineTable::update(const Record* records, size_t from, size_t count, Entry& entry) {
  if (stride_ == kCacheLine / 2) return update_as<kCacheLine / 2>(records, from, count, entry);
  return update_as<0>(records, from, count, entry);
}

void* InlineTable::find(uint64_t hash, std::string_view key) {
  Slot* slot = search(make_probe(hash, key), key.data());
  return slot->head == 0 ? nullptr : state_of(slot);
}

void* InlineTable::obtain(uint64_t hash, std::string_view key) {
  Slot* slot = ensure(hash, key);
  slot->head |= kDirty;
  return state_of(slot);
}

bool InlineTable::dirty_for_test(uint64_t hash, std::string_view key) const {
  return (search(make_probe(hash, key), key.data())->head & kDirty) != 0;
}

void InlineTable::erase(uint64_t hash, std::string_view key) {
  const Probe probe = make_probe(hash, key);
  Slot* slot = search(probe, key.data());
  if (slot->head == 0) return;
  destroy(slot);
  const Segment in = segment(probe.word);
  close_gap(in, static_cast<uint32_t>((reinterpret_cast<char*>(slot) - in.slots) / stride_));
  change_used(probe.partition, probe.tag(), -1);
  --keys_;
}

InlineTable::Slot* InlineTable::ensure(uint64_t hash, std::string_view key) {
  for (;;) {
    const Probe probe = make_probe(hash, key);
    Slot* slot = search(probe, key.data());
    if (slot->head != 0 || insert(slot, probe, key)) return slot;
    grow(probe.partition, probe.tag());
  }
}

// Makes the state of a new key in the empty `slot`; false when the segment must grow before.
bool InlineTable::insert(Slot* slot, const Probe& probe, std::string_view key) {
  if (full(probe.partition, probe.tag())) return false;
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
  change_used(probe.partition, probe.tag(), 1);
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
