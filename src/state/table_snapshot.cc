// Snapshots of the inline table. The cursor is a position in tag space, always the beginning of a
// home: growth only divides homes, so a position keeps its meaning when the partition grows
// between two slices.
#include <new>

#include "state/slice.h"
#include "state/table.h"
#include "state/table_layout.h"

namespace wallaroo::state {
namespace {

constexpr uint64_t kTagEnd = uint64_t{1} << kTagBits;

// One value outside the table, to decode into: what cannot be decoded must not reach a slot.
class Scratch {
 public:
  explicit Scratch(const StateType& type)
      : type_(type), memory_(::operator new(type.bytes, std::align_val_t(type.alignment))) {}
  ~Scratch() { ::operator delete(memory_, std::align_val_t(type_.alignment)); }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  void* get() const { return memory_; }

 private:
  const StateType& type_;
  void* memory_;
};

}  // namespace

Result<void> InlineTable::snapshot(PartitionId partition, SnapshotCursor& cursor, size_t bytes_max,
                                   Bytes& out) {
  SliceWriter slice(partition, out);
  while (cursor.position < kTagEnd && (slice.entries() == 0 || slice.bytes() < bytes_max)) {
    cursor.position = encode_home(partition.value, cursor.position, slice);
  }
  cursor.finished = cursor.position >= kTagEnd;
  slice.finish();
  return {};
}

// Encodes the entries whose home begins at `position` and returns where the next home begins.
uint64_t InlineTable::encode_home(uint32_t partition, uint64_t position, SliceWriter& out) const {
  const Segment in = segment(segment_word(partitions_[partition], position));
  if (used(partition, position) == 0) {
    const uint32_t prefix_bits = kTagBits - in.shift - std::min(kTagBits - in.shift, bits_max_);
    const uint32_t range_log2 = kTagBits - prefix_bits;
    return ((position >> range_log2) + 1) << range_log2;
  }
  const uint32_t home = home_of(in, position);
  for (uint32_t at = home;; at = (at + 1) & in.mask) {
    Slot* slot = slot_at(in, at);
    if (slot->head == 0) break;
    if (home_of(in, slot->tag()) == home) out.append(slot->key_view(), state_of(slot), type_);
  }
  const uint64_t home_last = (position >> in.shift) | ~home_mask_;
  return (home_last + 1) << in.shift;
}

Result<void> InlineTable::load(PartitionId partition, std::string_view slice) {
  TRY(reader, SliceReader::open(partition, slice));
  const Scratch scratch(type_);
  SliceReader::Item item;
  for (;;) {
    TRY(more, reader.next(item));
    if (!more) return {};
    const uint64_t hash = base::routing_hash(item.key);
    if (partition_of(hash, count_) != partition) return tl::unexpected(reader.foreign_key());
    type_.construct(scratch.get());
    if (auto decoded = reader.decode(item, type_, scratch.get()); !decoded) {
      type_.destroy(scratch.get());
      return decoded;
    }
    replace(hash, item.key, scratch.get());
  }
}

// Gives `key` the value at `state`, which is moved from and destroyed.
void InlineTable::replace(uint64_t hash, std::string_view key, void* state) {
  Slot* slot = ensure(hash, key);
  slot->head &= ~kDirty;
  void* to = state_of(slot);
  type_.destroy(to);
  type_.relocate(to, state);
}

}  // namespace wallaroo::state
