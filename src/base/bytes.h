// Unaligned loads and stores. Formats of the engine are little-endian; network framing is big.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>

namespace wallaroo::base {

static_assert(std::endian::native == std::endian::little, "formats are written in native order");

template <class T>
inline T load(const char* from) {
  T value;
  std::memcpy(&value, from, sizeof value);
  return value;
}
template <class T>
inline void store(char* to, T value) {
  std::memcpy(to, &value, sizeof value);
}
inline uint32_t load_u32_be(const char* from) { return __builtin_bswap32(load<uint32_t>(from)); }
inline void store_u32_be(char* to, uint32_t value) { store(to, __builtin_bswap32(value)); }

}  // namespace wallaroo::base
