// The bytes of one snapshot slice (docs/formats/state-slice.md): SliceWriter appends one to a
// buffer, SliceReader walks one that may be damaged or hostile. Every implementation of KeyedState
// writes and reads slices through these, so that any can load what any other wrote.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/result.h"
#include "state/keyed_state.h"

namespace wallaroo::state {

class SliceWriter {
 public:
  /// Begins a slice of `partition` at the end of `out`.
  SliceWriter(PartitionId partition, Bytes& out);
  SliceWriter(const SliceWriter&) = delete;
  SliceWriter& operator=(const SliceWriter&) = delete;

  void append(std::string_view key, const void* state, const StateType& type);
  /// Completes the header; the slice is invalid before.
  void finish();

  uint32_t entries() const { return entries_; }
  size_t bytes() const { return out_.size() - start_; }

 private:
  Bytes& out_;
  const size_t start_;
  uint32_t entries_ = 0;
};

class SliceReader {
 public:
  struct Item {
    std::string_view key;
    std::string_view state;
  };

  /// Checks the header against the partition that is being loaded.
  static Result<SliceReader> open(PartitionId partition, std::string_view slice);

  /// False after the last entry. Lengths are checked; the views point into the slice.
  Result<bool> next(Item& item);
  /// Decodes item.state into the constructed value `to`; all of its bytes must be used.
  Result<void> decode(const Item& item, const StateType& type, void* to) const;
  /// The error for an entry that does not belong to the partition being loaded.
  Error foreign_key() const;

 private:
  SliceReader(PartitionId partition, std::string_view slice);
  Error damaged(std::string_view why) const;

  PartitionId partition_;
  Reader in_;
  size_t bytes_;
  uint32_t entries_ = 0;
  uint32_t entries_read_ = 0;
};

}  // namespace wallaroo::state
