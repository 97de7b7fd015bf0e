// The keys of a closed key_by: an open-addressing set, built once.
#pragma once

#include <bit>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/hash.h"

namespace wallaroo::flow {

class KeyList {
 public:
  KeyList() = default;
  explicit KeyList(const std::vector<std::string>& keys) {
    slots_.resize(std::bit_ceil(keys.size() * 2 + 1));
    for (const std::string& key : keys) {
      const uint64_t hash = base::routing_hash(key);
      size_t at = hash & (slots_.size() - 1);
      while (slots_[at].used && slots_[at].key != key) at = (at + 1) & (slots_.size() - 1);
      slots_[at] = {true, hash, key};
    }
  }

  bool closed() const { return !slots_.empty(); }
  bool contains(uint64_t hash, std::string_view key) const {
    size_t at = hash & (slots_.size() - 1);
    while (slots_[at].used) {
      if (slots_[at].hash == hash && slots_[at].key == key) return true;
      at = (at + 1) & (slots_.size() - 1);
    }
    return false;
  }

 private:
  struct Slot {
    bool used = false;
    uint64_t hash = 0;
    std::string key;
  };
  std::vector<Slot> slots_;
};

}  // namespace wallaroo::flow
