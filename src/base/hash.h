// Hashes of keys. routing_hash is part of the formats: it decides the partition of a key, and with
// it the core and the worker, so it never changes. seeded_hash stays inside one process.
#pragma once

#include <cstdint>
#include <string_view>

#include "wallaroo/detail/short_text.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace wallaroo::base {

/// The two halves of a 128-bit product, folded into one word.
inline uint64_t folded_product(uint64_t a, uint64_t b) {
  __extension__ using Wide = unsigned __int128;
  // Two products in the source, one instruction: g++ 12 keeps a variable of 128 bits in memory.
  return (a * b) ^ static_cast<uint64_t>((Wide{a} * b) >> 64);
}

/// Of keys up to 16 bytes: their zero-padded words and their length through three folded products
/// (the step of wyhash, Wang Yi), which has no branch on the length; each word meets a constant
/// factor of its own, so that no value of one hides the other. Of longer keys: XXH3, 64 bits, seed
/// 0.
inline uint64_t routing_hash(std::string_view key) {
  if (key.size() > wallaroo::detail::kShortBytes) return XXH3_64bits(key.data(), key.size());
  const auto words = wallaroo::detail::load_short(key.data(), key.size());
  const uint64_t low = folded_product(words.low ^ 0x9e3779b97f4a7c15ULL, 0xe7037ed1a0b428dbULL);
  const uint64_t high = folded_product(words.high ^ key.size(), 0x8ebc6af09c88c6e3ULL);
  return folded_product(low + high, 0xa0761d6478bd642fULL);
}

/// A hash whose collisions cannot be prepared without knowing `seed`.
inline uint64_t seeded_hash(std::string_view key, uint64_t seed) {
  return XXH3_64bits_withSeed(key.data(), key.size(), seed);
}

}  // namespace wallaroo::base
