// The states of a guest's stage on one core: the engine's table finds the number of a key's state,
// the guest keeps the state itself under that number. In snapshots lies what the guest makes of it,
// so that they look like those of any other KeyedState.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "guest/program.h"
#include "state/table.h"

namespace wallaroo::guest {

/// Of the number of a state in the table; its description stands for all guests' types.
const StateType& state_number_type();

class GuestState final : public state::KeyedState, private Entry {
 public:
  /// `node`: the state node by whose number the guest knows these states.
  GuestState(const Program& program, uint32_t node, const state::KeyedStateSite& site);
  ~GuestState() override;

  /// Gives `entry` the numbers in place of pointers, new ones with WL_NEW_STATE.
  size_t update(const Record* records, size_t from, size_t count, Entry& entry) override;
  /// The number.
  void* find(uint64_t hash, std::string_view key) override { return table_.find(hash, key); }
  void erase(uint64_t hash, std::string_view key) override;
  Result<void> snapshot(state::PartitionId partition, state::SnapshotCursor& cursor,
                        size_t bytes_max, Bytes& out) override;
  Result<void> load(state::PartitionId partition, std::string_view slice) override;
  void drop(state::PartitionId partition) override;
  uint64_t keys() const override { return table_.keys(); }
  uint64_t bytes() const override { return table_.bytes(); }

 private:
  struct Stored {
    std::vector<std::string_view> keys;  // into the slice they were read from
    std::vector<uint64_t> numbers;
  };

  size_t run(const Record* records, void* const* cells, size_t from, size_t count) override;
  uint64_t take_number();
  void give_back(const std::vector<uint64_t>& numbers);
  Result<Stored> numbers_in(state::PartitionId partition, std::string_view slice) const;
  int32_t encode_some(const uint64_t* numbers, size_t count, uint64_t* sizes, wl_buffer& out) const;
  Result<void> encode(const Stored& stored, std::vector<uint64_t>& sizes, wl_buffer& out) const;
  Result<void> load_items(state::PartitionId partition, const std::vector<std::string_view>& keys,
                          const std::vector<uint64_t>& sizes, std::string_view bytes);

  const Program& program_;
  const uint32_t node_;
  const uint32_t core_;
  const uint32_t partitions_;
  state::InlineTable table_;
  Entry* entry_ = nullptr;  // during update()
  std::vector<uint64_t> free_;
  uint64_t next_ = 1;  // 0 is none
};

}  // namespace wallaroo::guest
