// The one interface behind which all keyed state stands: update a batch, snapshot in slices, load
// in slices, drop. The inline table is its first implementation.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "base/id.h"
#include "base/memory.h"
#include "base/result.h"
#include "wallaroo/step.h"

namespace wallaroo::state {

using PartitionId = base::Id<struct PartitionTag>;

/// Which partition a routing hash belongs to: its middle bits. Part of the format. The table takes
/// its slots from a second mix, so that the keys of one partition do not cluster.
/// `partitions` is a power of two, at most 65,536.
inline PartitionId partition_of(uint64_t hash, uint32_t partitions) {
  return PartitionId(static_cast<uint32_t>(hash >> 24) & (partitions - 1));
}

/// Where a snapshot of one partition has got to. Zero begins; opaque to the caller.
struct SnapshotCursor {
  uint64_t position = 0;
  bool finished = false;
};

/// Where a state is kept.
struct KeyedStateSite {
  uint32_t core = 0;
  uint32_t partitions = 1;
  uint64_t slot_seed = 0;          // of the mix that finds slots; hostile keys cannot know it
  base::Memory* memory = nullptr;  // where large pieces come from; null: the heap
};

class KeyedState {
 public:
  virtual ~KeyedState() = default;

  /// Gives every record the state of its key (made on first use) and runs `entry` on
  /// records[from..count); returns what entry.run returned.
  virtual size_t update(const Record* records, size_t from, size_t count, Entry& entry) = 0;
  /// The state of one key, or null; valid until the next call of a non-const function.
  virtual void* find(uint64_t hash, std::string_view key) = 0;
  virtual void erase(uint64_t hash, std::string_view key) = 0;

  /// Appends entries of `partition` to `out` until about `bytes_max` are written or none is left.
  /// Entries that do not change between the slices of one snapshot appear exactly once. Fails when
  /// a state cannot be encoded; what was appended is then no slice.
  virtual Result<void> snapshot(PartitionId partition, SnapshotCursor& cursor, size_t bytes_max,
                                Bytes& out) = 0;
  /// Loads one slice that snapshot() wrote, replacing the state of the keys in it. Untrusted bytes:
  /// a malformed slice is an error and loads nothing further.
  virtual Result<void> load(PartitionId partition, std::string_view slice) = 0;
  /// Forgets every entry of `partition` and gives its memory back.
  virtual void drop(PartitionId partition) = 0;

  virtual uint64_t keys() const = 0;
  virtual uint64_t bytes() const = 0;  // memory held, about
};

}  // namespace wallaroo::state
