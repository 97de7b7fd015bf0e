// The inline table: keyed state as open addressing over cache-line-aligned slots, one table for
// each partition. A slot holds the tag of the key's hash, the key (up to 16 bytes; longer keys lie
// on the heap) and the state itself, so that a record touches one cache line.
//
// A partition is an extendible hash table of segments of at most TableOptions::segment_bytes_max
// bytes: growing splits one segment in two and never copies more than that, whatever the number of
// keys. Slots lie in the order of their tags, which gives snapshots a cursor that growth does not
// disturb. docs/adr/0010-keyed-table.md has the reasons and the measurements.
//
// Belongs to one core. Hash arguments must be base::routing_hash of the key.
#pragma once

#include <memory>
#include <vector>

#include "state/keyed_state.h"
#include "state/segment_pool.h"

namespace wallaroo::state {

struct TableOptions {
  /// Bounds what one growth step allocates, clears and moves. A power of two.
  uint32_t segment_bytes_max = 128 * 1024;
  /// Where segments lie; null: operator new. Outlives the table.
  base::Memory* memory = nullptr;
};

class InlineTable final : public KeyedState {
 public:
  /// `slot_seed` decides where keys lie; secret to the application, so that nobody can prepare keys
  /// that collide. No result depends on it.
  InlineTable(const StateType& type, uint32_t partitions, uint64_t slot_seed,
              TableOptions options = {});
  ~InlineTable() override;
  InlineTable(const InlineTable&) = delete;
  InlineTable& operator=(const InlineTable&) = delete;

  size_t update(const Record* records, size_t from, size_t count, Entry& entry) override;
  void* find(uint64_t hash, std::string_view key) override;
  void erase(uint64_t hash, std::string_view key) override;
  Result<void> snapshot(PartitionId partition, SnapshotCursor& cursor, size_t bytes_max,
                        Bytes& out) override;
  Result<void> load(PartitionId partition, std::string_view slice) override;
  void drop(PartitionId partition) override;
  uint64_t keys() const override { return keys_; }
  uint64_t bytes() const override { return bytes_ + pool_.bytes(); }

  /// The state of one key, made on first use; valid until the next call of a non-const function.
  void* obtain(uint64_t hash, std::string_view key);
  /// Whether update() handed the state of `key` out since it was loaded.
  bool dirty_for_test(uint64_t hash, std::string_view key) const;

 private:
  struct Slot;
  struct Segment;
  struct Probe;
  struct Directory {
    std::vector<uint64_t> segments;  // by the first bits of the tag; neighbours may be the same
    std::vector<uint16_t> used;      // slots in use, kept at a segment's first place
  };
  // What a lookup reads of a partition. While one segment is enough, `word` is that segment;
  // afterwards it is the address of the directory's segments.
  struct Partition {
    uint64_t word;
    uint32_t directory_shift;  // tag >> this is the index in the directory
    uint32_t used;             // slots in use while there is no directory
  };

  // What every lookup reads; copied by the loops, so that it stays in registers.
  struct Hot {
    uint64_t seeds[2];
    const Partition* partitions;
    uint32_t partition_count;
    uint32_t home_index_mask;  // of the largest segment
    uint32_t stride;           // bytes of a slot
  };

  // Lookup (table.cc).
  static void prepare(const Hot& hot, uint64_t hash, std::string_view key, size_t stride,
                      Probe& probe);
  Probe probe_for(uint64_t hash, std::string_view key) const;
  static uint64_t segment_word(const Partition& partition, uint64_t tag);
  Segment segment(uint64_t word) const;
  Slot* slot_at(const Segment& segment, uint32_t index) const;
  uint32_t home_of(const Segment& segment, uint64_t tag) const;
  Slot* search(const Probe& probe, uint64_t hash, const char* key) const;
  template <uint32_t kStride>
  size_t look_home(const Record* records, size_t count, Probe* probes, void** states,
                   uint8_t* elsewhere);
  template <uint32_t kStride>
  size_t resolve(const Record* records, size_t count, void** states);
  template <uint32_t kStride>
  size_t update_as(const Record* records, size_t from, size_t count, Entry& entry);
  void* state_of(Slot* slot) const;

  // Change (table.cc).
  Slot* ensure(uint64_t hash, std::string_view key);
  bool insert(Slot* slot, const Probe& probe, uint64_t hash, std::string_view key);
  void destroy(Slot* slot);
  void close_gap(const Segment& segment, uint32_t gap);

  // Growth (table_growth.cc).
  bool full(uint32_t partition, uint64_t tag) const;
  void grow(uint32_t partition, uint64_t tag);
  void enlarge(Partition& partition);
  void split(uint32_t partition, uint64_t tag);
  void extend_directory(uint32_t partition);
  uint64_t new_segment(uint32_t tag_bits);
  void release_segment(uint64_t word);
  void move_slots(uint64_t from, uint64_t low, uint64_t high, uint32_t (&moved)[2]);
  void move_slot(Slot* to, Slot* from);
  static uint64_t directory_bytes(const Directory& directory);
  uint32_t directory_place(const Partition& partition, uint64_t tag) const;
  uint32_t used(uint32_t partition, uint64_t tag) const;
  void change_used(uint32_t partition, uint64_t tag, int change);

  // Snapshot (table_snapshot.cc).
  uint64_t encode_home(uint32_t partition, uint64_t position, class SliceWriter& out) const;
  void replace(uint64_t hash, std::string_view key, void* state);

  uint64_t empty_segment() const { return reinterpret_cast<uint64_t>(no_slots_) | 32; }
  uint32_t partition_index(uint64_t hash) const { return partition_of(hash, count_).value; }

  const StateType type_;
  const uint32_t count_;   // of partitions
  uint32_t stride_;        // bytes of a slot
  uint32_t state_offset_;  // of the state, or of its address, in a slot
  uint32_t home_mask_;     // clears the index bits below a home of two slots
  uint32_t bits_max_;      // log2 of the slots of a full-size segment
  bool indirect_;          // large states lie on the heap, the slot holds their address
  bool copyable_;          // slots may be moved by memcpy
  Hot hot_;
  // Stands for the segment of a partition that holds nothing: searches end here at once, and as it
  // uses no tag bits it counts as full, so nothing is ever put here.
  alignas(64) char no_slots_[64] = {};
  uint64_t keys_ = 0;
  uint64_t bytes_ = 0;  // without the segments
  SegmentPool pool_;
  std::vector<Partition> partitions_;
  std::vector<std::unique_ptr<Directory>> directories_;
};

}  // namespace wallaroo::state
