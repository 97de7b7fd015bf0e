// Degrees Celsius become degrees Fahrenheit, in two steps.
#pragma once

#include <wallaroo/wallaroo.h>

#include <array>
#include <bit>
#include <cstdio>
#include <optional>

/// Four bytes: a float, IEEE 754, big-endian. Anything else is refused and counted.
inline std::optional<float> read_celsius(std::string_view bytes) {
  if (bytes.size() != 4) return std::nullopt;
  uint32_t bits = 0;
  for (const char byte : bytes) bits = bits << 8 | static_cast<uint8_t>(byte);
  return std::bit_cast<float>(bits);
}

inline void write_fahrenheit(const float& degrees, wl::Bytes& out) {
  std::array<char, 64> text;
  const int length = std::snprintf(text.data(), text.size(), "%.6f", static_cast<double>(degrees));
  out << std::string_view(text.data(), static_cast<size_t>(length));
}

inline wl::Stream<float> to_fahrenheit(const wl::Stream<float>& celsius) {
  return celsius.to("multiply", [](const float& degrees) { return degrees * 1.8f; })
      .to("add", [](const float& degrees) { return degrees + 32; });
}
