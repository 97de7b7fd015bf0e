// StateTypes of a few shapes for the tests of keyed state: every value can be made from a number
// and read back as one, so that one test serves all shapes.
#pragma once

#include <array>
#include <charconv>
#include <new>
#include <string>
#include <type_traits>
#include <utility>

#include "wallaroo/step.h"

namespace wallaroo::state {

using Count = uint64_t;  // 32-byte slots

struct Pair {  // 64-byte slots
  uint64_t value = 0;
  std::array<uint64_t, 3> copies{};
};

using Text = std::string;  // points into itself when short: must be relocated, not copied

struct alignas(32) Aligned {
  uint64_t value = 0;
  char fill[64] = {};
};

struct Large {  // lies on the heap
  uint64_t value = 0;
  std::string text;
  std::array<char, 1000> fill{};
};

inline void set_value(Count& state, uint64_t value) { state = value; }
inline void set_value(Pair& state, uint64_t value) { state = {value, {value, value, value}}; }
inline void set_value(Text& state, uint64_t value) { state = std::to_string(value); }
inline void set_value(Aligned& state, uint64_t value) { state.value = value; }
inline void set_value(Large& state, uint64_t value) {
  state.value = value;
  state.text = std::to_string(value);
}

inline uint64_t get_value(const Count& state) { return state; }
inline uint64_t get_value(const Pair& state) { return state.value; }
inline uint64_t get_value(const Text& state) { return state.empty() ? 0 : std::stoull(state); }
inline uint64_t get_value(const Aligned& state) { return state.value; }
inline uint64_t get_value(const Large& state) { return state.value; }

/// Encoded as the number in decimal, so that lengths vary.
template <class T>
StateType state_type_for_test() {
  return {
      .bytes = sizeof(T),
      .alignment = alignof(T),
      .trivial = std::is_trivially_copyable_v<T>,
      .construct = [](void* at) { new (at) T(); },
      .destroy = [](void* at) { static_cast<T*>(at)->~T(); },
      .relocate =
          [](void* to, void* from) {
            new (to) T(std::move(*static_cast<T*>(from)));
            static_cast<T*>(from)->~T();
          },
      .encode = [](const void* from,
                   Bytes& out) { out << get_value(*static_cast<const T*>(from)); },
      .decode =
          [](Reader& in, void* to) {
            const size_t size = in.left();
            const char* digits = in.take(size);
            uint64_t value = 0;
            const auto [end, error] = std::from_chars(digits, digits + size, value);
            if (error != std::errc() || end != digits + size) return false;
            set_value(*static_cast<T*>(to), value);
            return true;
          },
      .description = [] { return std::string("test value"); },
  };
}

}  // namespace wallaroo::state
