// Keyed state as one std::map for each partition: the second implementation of KeyedState. Slow and
// obvious; contract tests hold the inline table against it, and the simulator's naive interpreter
// keeps its state in it.
#pragma once

#include <algorithm>
#include <map>
#include <memory>
#include <new>
#include <string>
#include <utility>
#include <vector>

#include "base/hash.h"
#include "state/keyed_state.h"
#include "state/slice.h"

namespace wallaroo::state {

class MapStateForTest final : public KeyedState {
 public:
  MapStateForTest(const StateType& type, uint32_t partitions)
      : type_(type), partitions_(partitions) {}

  size_t update(const Record* records, size_t from, size_t count, Entry& entry) override {
    std::vector<void*> states(count);
    for (size_t i = from; i < count; ++i) {
      states[i] = ensure(records[i].hash, records[i].key_view());
    }
    return from == count ? from : entry.run(records, states.data(), from, count);
  }

  void* find(uint64_t hash, std::string_view key) override {
    Partition& partition = at(hash);
    const auto found = partition.find({hash, std::string(key)});
    return found == partition.end() ? nullptr : found->second.get();
  }

  void erase(uint64_t hash, std::string_view key) override {
    at(hash).erase({hash, std::string(key)});
  }

  // The cursor is the lowest hash that has not been written; keys that share a hash go together.
  Result<void> snapshot(PartitionId partition, SnapshotCursor& cursor, size_t bytes_max,
                        Bytes& out) override {
    const Partition& entries = partitions_[partition.value];
    SliceWriter slice(partition, out);
    auto next = cursor.finished ? entries.end() : entries.lower_bound({cursor.position, ""});
    uint64_t last_hash = 0;
    for (; next != entries.end(); ++next) {
      const bool begins_hash = slice.entries() == 0 || next->first.first != last_hash;
      if (begins_hash && slice.entries() > 0 && slice.bytes() >= bytes_max) break;
      last_hash = next->first.first;
      slice.append(next->first.second, next->second.get(), type_);
    }
    cursor.finished = next == entries.end();
    if (!cursor.finished) cursor.position = next->first.first;
    slice.finish();
    return {};
  }

  Result<void> load(PartitionId partition, std::string_view bytes) override {
    TRY(reader, SliceReader::open(partition, bytes));
    SliceReader::Item item;
    for (;;) {
      TRY(more, reader.next(item));
      if (!more) return {};
      const uint64_t hash = base::routing_hash(item.key);
      if (partition_of(hash, count()) != partition) return tl::unexpected(reader.foreign_key());
      Value value(nullptr, Deleter{&type_});
      make(value);
      TRY_VOID(reader.decode(item, type_, value.get()));
      partitions_[partition.value].insert_or_assign({hash, std::string(item.key)},
                                                    std::move(value));
    }
  }

  void drop(PartitionId partition) override { partitions_[partition.value].clear(); }

  uint64_t keys() const override {
    uint64_t sum = 0;
    for (const Partition& partition : partitions_) sum += partition.size();
    return sum;
  }

  uint64_t bytes() const override {
    uint64_t sum = partitions_.size() * sizeof(Partition);
    for (const Partition& partition : partitions_) {
      for (const auto& [key, value] : partition) sum += key.second.size() + type_.bytes;
    }
    return sum;
  }

 private:
  struct Deleter {
    const StateType* type;
    void operator()(void* value) const {
      type->destroy(value);
      ::operator delete(value, std::align_val_t(type->alignment));
    }
  };
  using Value = std::unique_ptr<void, Deleter>;
  using Partition = std::map<std::pair<uint64_t, std::string>, Value>;  // (hash, key) -> state

  uint32_t count() const { return static_cast<uint32_t>(partitions_.size()); }
  Partition& at(uint64_t hash) { return partitions_[partition_of(hash, count()).value]; }

  void make(Value& value) const {
    void* memory = ::operator new(type_.bytes, std::align_val_t(type_.alignment));
    type_.construct(memory);
    value.reset(memory);
  }

  void* ensure(uint64_t hash, std::string_view key) {
    const auto [place, inserted] =
        at(hash).try_emplace({hash, std::string(key)}, nullptr, Deleter{&type_});
    if (inserted) make(place->second);
    return place->second.get();
  }

  const StateType type_;
  std::vector<Partition> partitions_;
};

}  // namespace wallaroo::state
