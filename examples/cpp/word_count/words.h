// Takes a line apart into words: split on space and newline, ASCII lower case, ASCII punctuation
// trimmed at both ends. What is inside a word stays ("don't"), and so does every other byte.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace words {

// Sixteen bytes are worked on at once; 64 make a block, so that where words begin and end becomes
// 64 bits.
using Vector [[gnu::vector_size(16)]] = uint8_t;
constexpr size_t kBlock = 64;

/// One bit for each byte of `flags`, which are all 0 or 0xff.
inline uint64_t to_bits(Vector flags) {
  const auto halves = std::bit_cast<std::array<uint64_t, 2>>(flags & 1);
  constexpr uint64_t kGather = 0x0102040810204080;  // moves bit 8 * i to bit 56 + i
  return (halves[0] * kGather >> 56) | (halves[1] * kGather >> 56 << 8);
}

/// Writes 64 bytes in lower case; returns one bit for each that is part of a word.
inline uint64_t lower_block(const char* from, char* to) {
  uint64_t separators = 0;
  for (size_t at = 0; at < kBlock; at += sizeof(Vector)) {
    Vector bytes;
    std::memcpy(&bytes, from + at, sizeof bytes);
    separators |= to_bits((bytes == ' ') | (bytes == '\n')) << at;
    bytes |= (bytes >= 'A') & (bytes <= 'Z') & 0x20;
    std::memcpy(to + at, &bytes, sizeof bytes);
  }
  return ~separators;
}

constexpr std::array<bool, 256> kPunctuation = [] {
  std::array<bool, 256> table{};
  for (const char c : std::string_view("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~")) {
    table[static_cast<uint8_t>(c)] = true;
  }
  return table;
}();
inline bool is_punctuation(char c) { return kPunctuation[static_cast<uint8_t>(c)]; }

template <class Emit>
void emit_trimmed(const char* begin, const char* end, Emit& emit) {
  while (begin != end && is_punctuation(*begin)) ++begin;
  while (begin != end && is_punctuation(end[-1])) --end;
  if (begin != end) emit(std::string_view(begin, static_cast<size_t>(end - begin)));
}

/// Calls emit(std::string_view) with each word of `line`. The words lie in memory from
/// emit.buffer(), which a wallaroo::Emit keeps until the batch ends. The last block is filled up
/// with spaces, so that the end of the line ends a word like any other.
template <class Emit>
void split(std::string_view line, Emit& emit) {
  char* const lower = emit.buffer(line.size() + kBlock).data();
  const char* begin = lower;  // of the word that has begun and not ended
  uint64_t inside = 0;        // whether the byte before the block is part of a word
  for (size_t at = 0; at <= line.size(); at += kBlock) {
    char padded[kBlock];
    const char* from = line.data() + at;
    if (const size_t left = line.size() - at; left < kBlock) {
      std::memset(padded, ' ', kBlock);
      std::memcpy(padded, from, left);
      from = padded;
    }
    const uint64_t word = lower_block(from, lower + at);
    uint64_t begins = word & ~(word << 1 | inside);
    const auto next_begin = [&] {
      const char* next = lower + at + std::countr_zero(begins);
      begins &= begins - 1;
      return next;
    };
    if (inside == 0) begin = next_begin();
    for (uint64_t ends = ~word & (word << 1 | inside); ends != 0; ends &= ends - 1) {
      emit_trimmed(begin, lower + at + std::countr_zero(ends), emit);
      begin = next_begin();
    }
    inside = word >> 63;
  }
}

}  // namespace words
