// Writing each kind of value; docs/formats/values.md is the format. Users include codec.h.
#pragma once

#include "wallaroo/detail/traits.h"

namespace wallaroo::detail {

// Values are written twice, first to count their bytes, then without a check of the room: twice as
// fast as appending.
struct Sizer {
  size_t bytes = 0;
};
struct Cursor {
  char* at;
};
inline void put_raw(const void*, size_t bytes, Sizer& out) { out.bytes += bytes; }
inline void put_raw(const void* from, size_t bytes, Cursor& out) {
  if (bytes != 0) std::memcpy(out.at, from, bytes);
  out.at += bytes;
}
inline void put_raw(const void* from, size_t bytes, Bytes& out) {
  if (bytes != 0) out.append(from, bytes);
}

template <class T, class Out>
void put(const T& value, Out& out);

template <class Out>
void put_length(size_t length, Out& out) {
  const auto number = static_cast<uint32_t>(length);
  put_raw(&number, sizeof number, out);
}

template <class T, class Out>
void put_elements(const T& value, Out& out) {
  using Element = typename T::value_type;
  if constexpr (is_flat<T>()) {
    put_raw(value.data(), value.size() * sizeof(Element), out);
  } else {
    for (const Element& element : value) put(element, out);
  }
}

template <class T, class Out>
void put(const T& value, Out& out) {
  constexpr Kind kKind = kind_of<T>();
  if constexpr (kKind == Kind::custom) {
    Codec<T>::encode(value, out);
  } else if constexpr (kKind == Kind::number || kKind == Kind::boolean) {
    put_raw(&value, sizeof value, out);
  } else if constexpr (kKind == Kind::text || kKind == Kind::borrowed_text) {
    put_length(value.size(), out);
    put_raw(value.data(), value.size(), out);
  } else if constexpr (kKind == Kind::duration) {
    put(value.count(), out);
  } else if constexpr (kKind == Kind::time_point) {
    put(value.time_since_epoch().count(), out);
  } else if constexpr (kKind == Kind::optional) {
    put(value.has_value(), out);
    if (value.has_value()) put(*value, out);
  } else if constexpr (kKind == Kind::variant) {
    put(static_cast<uint8_t>(value.index()), out);
    std::visit([&out](const auto& alternative) { put(alternative, out); }, value);
  } else if constexpr (kKind == Kind::pair) {
    put(value.first, out);
    put(value.second, out);
  } else if constexpr (kKind == Kind::array) {
    put_elements(value, out);
  } else if constexpr (kKind == Kind::sequence || kKind == Kind::set) {
    put_length(value.size(), out);
    put_elements(value, out);
  } else if constexpr (kKind == Kind::map) {
    put_length(value.size(), out);
    for (const auto& [key, mapped] : value) {
      put(key, out);
      put(mapped, out);
    }
  } else {
    visit_fields<count_fields<T>()>(value,
                                    [&out](const auto&... field) { (put(field, out), ...); });
  }
}

}  // namespace wallaroo::detail
