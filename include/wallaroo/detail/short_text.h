// Short runs of bytes without branches on their length: most keys and words have up to 16 bytes and
// unpredictable lengths, and a mispredicted branch costs more than the copy.
//
// The trick: 16 bytes are read from wherever the run begins. That cannot fault unless they cross
// into another page, in which case the slow way is taken; bytes behind the run are masked or
// overwritten, so no result depends on them. The sanitizers are told not to mind.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace wallaroo::detail {

constexpr size_t kShortBytes = 16;

/// 16 bytes as two little-endian words.
struct ShortWords {
  uint64_t low;
  uint64_t high;
};

/// Masks that keep the first `bytes` of 16.
struct ShortMasks {
  uint64_t low[kShortBytes + 1] = {};
  uint64_t high[kShortBytes + 1] = {};

  constexpr ShortMasks() {
    for (size_t bytes = 0; bytes <= kShortBytes; ++bytes) {
      for (size_t i = 0; i < bytes; ++i) {
        (i < 8 ? low[bytes] : high[bytes]) |= uint64_t{0xff} << (i % 8 * 8);
      }
    }
  }
};
inline constexpr ShortMasks kShortMasks;

/// Whether 16 bytes from here may lie on two pages; true for the null pointer of an empty run, too.
inline bool crosses_page(const char* from) {
  constexpr uintptr_t kPage = 4096;
  return ((reinterpret_cast<uintptr_t>(from) - 1) & (kPage - 1)) >= kPage - kShortBytes;
}

__attribute__((no_sanitize_address)) inline ShortWords load_16(const char* from) {
  __asm__("" : "+r"(from));  // the compiler must not know how long the run is
  ShortWords words;
  __builtin_memcpy(&words, from, sizeof words);
  return words;
}

inline ShortWords load_bytewise(const char* from, size_t bytes) {
  ShortWords words{0, 0};
  if (bytes > 0) __builtin_memcpy(&words, from, bytes);
  return words;
}

/// The run from[0..bytes), bytes <= 16, zero-padded.
inline ShortWords load_short(const char* from, size_t bytes) {
  if (crosses_page(from)) [[unlikely]]
    return load_bytewise(from, bytes);
  const ShortWords words = load_16(from);
  return {words.low & kShortMasks.low[bytes], words.high & kShortMasks.high[bytes]};
}

/// Copies bytes <= 16; `to` must have room for 16, what lies behind the run there is unspecified.
inline void copy_short(char* to, const char* from, size_t bytes) {
  const ShortWords words = crosses_page(from) ? load_bytewise(from, bytes) : load_16(from);
  __builtin_memcpy(to, &words, sizeof words);
}

}  // namespace wallaroo::detail
