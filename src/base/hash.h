// Hashes of keys. routing_hash is part of the formats: it decides the partition of a key, and with
// it the core and the worker, so it never changes. seeded_hash stays inside one process.
#pragma once

#include <cstdint>
#include <string_view>

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace wallaroo::base {

/// XXH3, 64 bits, seed 0, of the key's bytes.
inline uint64_t routing_hash(std::string_view key) { return XXH3_64bits(key.data(), key.size()); }

/// A hash whose collisions cannot be prepared without knowing `seed`.
inline uint64_t seeded_hash(std::string_view key, uint64_t seed) {
  return XXH3_64bits_withSeed(key.data(), key.size(), seed);
}

}  // namespace wallaroo::base
