#pragma once
// The engine's jobs without sockets, on one core in the calling thread: the shipped word count
// between a memory source and a memory sink, and the keyed update of yardstick/keyed.h.
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "yardstick/text.h"

namespace wallaroo::bench {

/// What one unit cost, by both clocks.
struct EngineCost {
  double cpu_ns = 0;
  double wall_ns = 0;
};

class EngineWordCount {
 public:
  explicit EngineWordCount(const Text& text);
  /// Of a word of the second pass over the text: the words have been seen and the start is over.
  EngineCost cost() const;
  /// The whole output of one pass.
  std::string output() const;

 private:
  std::shared_ptr<const std::vector<std::string>> messages_;
  std::uint64_t words_;
};

/// Of an update of the second pass over `keys`.
EngineCost engine_keyed_cost(const std::vector<std::uint64_t>& keys);
/// The checksum of the states after one pass, as KeyedValue's tables compute it.
std::uint64_t engine_keyed_checksum(const std::vector<std::uint64_t>& keys);

}  // namespace wallaroo::bench
