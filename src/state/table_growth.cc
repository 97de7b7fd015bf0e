// Growth of the inline table: a segment below full size is doubled, a full-size one is split in two
// by the next bit of its keys' tags.
#include <new>

#include "state/table.h"
#include "state/table_layout.h"

namespace wallaroo::state {
namespace {

// Slots that may be in use before a segment of `slots` slots grows. A key outside the line of its
// home costs two cache misses and a misprediction; small segments can afford to make that rare.
uint32_t used_max(uint32_t slots) {
  constexpr uint32_t kSmall = 256;
  return slots <= kSmall ? slots / 2 : slots / 8 * 5;
}

}  // namespace

// The first of the directory's places that mean the segment of `tag`.
uint32_t InlineTable::directory_place(const Partition& partition, uint64_t tag) const {
  const uint32_t tag_bits =
      kTagBits - static_cast<uint32_t>(segment_word(partition, tag) & kShiftMask);
  const uint32_t places_log2 = (kTagBits - partition.directory_shift) - (tag_bits - bits_max_);
  return static_cast<uint32_t>(tag >> partition.directory_shift >> places_log2 << places_log2);
}

uint32_t InlineTable::used(uint32_t id, uint64_t tag) const {
  const Partition& partition = partitions_[id];
  if (directories_[id] == nullptr) return partition.used;
  return directories_[id]->used[directory_place(partition, tag)];
}

void InlineTable::change_used(uint32_t id, uint64_t tag, int change) {
  Partition& partition = partitions_[id];
  if (directories_[id] == nullptr) {
    partition.used += static_cast<uint32_t>(change);
    return;
  }
  uint16_t& used = directories_[id]->used[directory_place(partition, tag)];
  used = static_cast<uint16_t>(used + change);
}

bool InlineTable::full(uint32_t id, uint64_t tag) const {
  const Segment in = segment(segment_word(partitions_[id], tag));
  if (in.shift == kTagBits) return true;
  if (in.shift == 0) {
    ASSERT(used(id, tag) < in.mask, "one segment cannot hold the keys that share a whole tag");
    return false;
  }
  return used(id, tag) >= used_max(in.mask + 1);
}

void InlineTable::grow(uint32_t id, uint64_t tag) {
  const Segment in = segment(segment_word(partitions_[id], tag));
  if (kTagBits - in.shift < bits_max_) {
    enlarge(partitions_[id]);
  } else {
    split(id, tag);
  }
}

void InlineTable::enlarge(Partition& partition) {
  const uint64_t from = partition.word;
  const uint32_t bits = kTagBits - segment(from).shift;
  const uint64_t to = new_segment(bits == 0 ? kFirstBits : bits + 1);
  uint32_t moved[2] = {0, 0};
  move_slots(from, to, to, moved);
  partition.word = to;
  release_segment(from);
}

void InlineTable::split(uint32_t id, uint64_t tag) {
  Partition& partition = partitions_[id];
  const uint64_t from = segment_word(partition, tag);
  const uint32_t bits = kTagBits - segment(from).shift;
  if (bits - bits_max_ == kTagBits - partition.directory_shift) extend_directory(id);
  Directory& directory = *directories_[id];

  const uint64_t low = new_segment(bits + 1);
  const uint64_t high = new_segment(bits + 1);
  uint32_t moved[2] = {0, 0};
  move_slots(from, low, high, moved);

  const uint32_t first = directory_place(partition, tag);
  const uint32_t half = 1u << (kTagBits - partition.directory_shift - (bits - bits_max_) - 1);
  for (uint32_t i = 0; i < half; ++i) {
    directory.segments[first + i] = low;
    directory.segments[first + half + i] = high;
  }
  directory.used[first] = static_cast<uint16_t>(moved[0]);
  directory.used[first + half] = static_cast<uint16_t>(moved[1]);
  release_segment(from);
}

// Gives the directory one more bit: every place becomes two.
void InlineTable::extend_directory(uint32_t id) {
  Partition& partition = partitions_[id];
  auto extended = std::make_unique<Directory>();
  if (directories_[id] == nullptr) {
    extended->segments.assign(2, partition.word);
    extended->used.assign(2, static_cast<uint16_t>(partition.used));
    partition.used = 0;
  } else {
    const Directory& old = *directories_[id];
    extended->segments.resize(old.segments.size() * 2);
    extended->used.resize(old.used.size() * 2);
    for (size_t i = 0; i < old.segments.size(); ++i) {
      extended->segments[2 * i] = extended->segments[2 * i + 1] = old.segments[i];
      extended->used[2 * i] = old.used[i];
    }
    bytes_ -= directory_bytes(old);
  }
  bytes_ += directory_bytes(*extended);
  directories_[id] = std::move(extended);
  partition.word = reinterpret_cast<uint64_t>(directories_[id]->segments.data());
  partition.directory_shift -= 1;
}

uint64_t InlineTable::directory_bytes(const Directory& directory) {
  return sizeof(Directory) + directory.segments.size() * (sizeof(uint64_t) + sizeof(uint16_t));
}

uint64_t InlineTable::new_segment(uint32_t tag_bits) {
  const uint32_t slots = 1u << std::min(tag_bits, bits_max_);
  const size_t bytes = size_t{slots} * stride_;
  char* memory = pool_.allocate(bytes);
  std::memset(memory, 0, bytes);
  return reinterpret_cast<uint64_t>(memory) | (kTagBits - tag_bits);
}

void InlineTable::release_segment(uint64_t word) {
  if (word == empty_segment()) return;
  const Segment released = segment(word);
  pool_.release(released.slots, (size_t{released.mask} + 1) * stride_);
}

// Moves every entry to `low` or `high`: by the first bit of its tag that the keys of a full-size
// `from` do not share. (When `from` is smaller, the two are the same.)
void InlineTable::move_slots(uint64_t from, uint64_t low, uint64_t high, uint32_t (&moved)[2]) {
  const Segment source = segment(from);
  const Segment targets[2] = {segment(low), segment(high)};
  const uint32_t bit = std::min(source.shift + bits_max_, kTagBits) - 1;
  for (uint32_t i = 0; i <= source.mask; ++i) {
    Slot* slot = slot_at(source, i);
    if (slot->head == 0) continue;
    const uint64_t side = (slot->tag() >> bit) & 1;
    const Segment& to = targets[side];
    uint32_t at = home_of(to, slot->tag());
    while (slot_at(to, at)->head != 0) at = (at + 1) & to.mask;
    move_slot(slot_at(to, at), slot);
    ++moved[side];
  }
}

void InlineTable::move_slot(Slot* to, Slot* from) {
  if (copyable_) {
    std::memcpy(static_cast<void*>(to), from, stride_);
  } else {
    *to = *from;
    type_.relocate(state_of(to), state_of(from));
  }
  from->head = 0;
}

void InlineTable::drop(PartitionId id) {
  Partition& partition = partitions_[id.value];
  std::vector<uint64_t> words = {partition.word};
  if (directories_[id.value] != nullptr) {
    words = directories_[id.value]->segments;
    words.erase(std::unique(words.begin(), words.end()), words.end());
    bytes_ -= directory_bytes(*directories_[id.value]);
    directories_[id.value].reset();
  }
  for (const uint64_t word : words) {
    const Segment dropped = segment(word);
    for (uint32_t i = 0; i <= dropped.mask; ++i) {
      Slot* slot = slot_at(dropped, i);
      if (slot->head == 0) continue;
      destroy(slot);
      --keys_;
    }
    release_segment(word);
  }
  partition = {empty_segment(), kTagBits, 0};
}

}  // namespace wallaroo::state
