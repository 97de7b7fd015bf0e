// What is fuzzed: one function for each decoder of bytes from outside. A target aborts when one of
// its invariants does not hold; it keeps nothing from call to call that could change a result.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/assert.h"
#include "base/rng.h"

namespace wallaroo::fuzz {

struct Target {
  std::string_view name;
  void (*run)(const uint8_t* data, size_t bytes);
  std::vector<std::string> (*seeds)();  ///< valid inputs, the smaller the better
};

/// All targets, in the order of their names.
std::span<const Target> targets();

void fuzz_address(const uint8_t* data, size_t bytes);
void fuzz_batch(const uint8_t* data, size_t bytes);
void fuzz_framing(const uint8_t* data, size_t bytes);
void fuzz_graph(const uint8_t* data, size_t bytes);
void fuzz_http(const uint8_t* data, size_t bytes);
void fuzz_json(const uint8_t* data, size_t bytes);
void fuzz_letters(const uint8_t* data, size_t bytes);
void fuzz_lines(const uint8_t* data, size_t bytes);
void fuzz_settings(const uint8_t* data, size_t bytes);
void fuzz_slice(const uint8_t* data, size_t bytes);
void fuzz_splitter(const uint8_t* data, size_t bytes);
void fuzz_values(const uint8_t* data, size_t bytes);

std::vector<std::string> address_seeds();
std::vector<std::string> batch_seeds();
std::vector<std::string> framing_seeds();
std::vector<std::string> graph_seeds();
std::vector<std::string> http_seeds();
std::vector<std::string> json_seeds();
std::vector<std::string> letters_seeds();
std::vector<std::string> lines_seeds();
std::vector<std::string> settings_seeds();
std::vector<std::string> slice_seeds();
std::vector<std::string> splitter_seeds();
std::vector<std::string> values_seeds();

/// Takes apart what a fuzzer gives: choices from its first bytes, the rest as the message.
class Input {
 public:
  Input(const uint8_t* data, size_t bytes) : left_(reinterpret_cast<const char*>(data), bytes) {}

  uint8_t byte() {
    if (left_.empty()) return 0;
    const auto first = static_cast<uint8_t>(left_.front());
    left_.remove_prefix(1);
    return first;
  }
  std::string_view rest() const { return left_; }

 private:
  std::string_view left_;
};

constexpr size_t kByteByByteMax = 64;

/// Cuts `bytes` into pieces of random lengths, also empty ones, the same for the same input, and
/// calls take(piece) until it returns false.
template <class Take>
void in_pieces(std::string_view bytes, Take take) {
  base::Rng rng(bytes.size() * 31 + (bytes.empty() ? 0 : static_cast<uint8_t>(bytes.back())));
  const bool byte_by_byte = bytes.size() <= kByteByByteMax && rng.chance(1, 2);
  const uint64_t longest = byte_by_byte ? 1 : 1 + rng.below(bytes.size() + 1);
  while (!bytes.empty()) {
    const size_t length = std::min<size_t>(rng.below(longest + 1), bytes.size());
    if (!take(bytes.substr(0, length))) return;
    bytes.remove_prefix(length);
  }
}

/// Fails when more heap memory is taken during its life than is allowed, freed or not.
class MemoryLimit {
 public:
  explicit MemoryLimit(size_t bytes_max);
  ~MemoryLimit();
  MemoryLimit(const MemoryLimit&) = delete;
  MemoryLimit& operator=(const MemoryLimit&) = delete;

 private:
  const size_t begin_;
  const size_t bytes_max_;
};

}  // namespace wallaroo::fuzz
