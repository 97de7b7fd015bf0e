// Reading each kind of value from bytes that nobody vouches for: every length is checked against
// what is left before anything is allocated. docs/formats/values.md is the format. Users include
// codec.h.
#pragma once

#include "wallaroo/detail/traits.h"

namespace wallaroo::detail {

template <class T>
bool get(Reader& in, T& value);

// False unless `length` elements of at least `bytes_min` bytes can still follow.
inline bool get_length(Reader& in, size_t bytes_min, size_t& length) {
  uint32_t number = 0;
  if (!in.read(number)) return false;
  length = number;
  return length <= in.left() / bytes_min;
}

template <class T>
bool get_text(Reader& in, T& value) {
  size_t length = 0;
  if (!get_length(in, 1, length)) return false;
  const char* from = in.take(length);
  if constexpr (kind_of<T>() == Kind::text) {
    value.assign(from, length);
  } else {
    value = T(from, length);
  }
  return true;
}

template <class T>
bool get_flat(Reader& in, T& value, size_t length) {
  const size_t bytes = length * sizeof(typename T::value_type);
  const char* from = in.take(bytes);
  if (from == nullptr) return false;
  if (bytes != 0) std::memcpy(value.data(), from, bytes);
  return true;
}

template <class T>
bool get_sequence(Reader& in, T& value) {
  using Element = typename T::value_type;
  size_t length = 0;
  if (!get_length(in, bytes_min<Element>(), length)) return false;
  if constexpr (is_flat<T>()) {
    value.resize(length);
    return get_flat(in, value, length);
  } else if constexpr (std::is_same_v<decltype(*value.begin()), Element&>) {
    if (value.size() > length) value.resize(length);
    for (Element& element : value) {
      if (!get(in, element)) return false;
    }
    // Elements are made one by one as their bytes turn up, never by the length alone.
    while (value.size() < length) {
      if (!get(in, value.emplace_back())) return false;
    }
    return true;
  } else {
    value.clear();
    for (Element element{}; length > 0; --length) {
      if (!get(in, element)) return false;
      value.push_back(element);
    }
    return true;
  }
}

template <class T>
bool get_associative(Reader& in, T& value) {
  size_t length = 0;
  value.clear();
  if constexpr (kind_of<T>() == Kind::set) {
    if (!get_length(in, bytes_min<typename T::value_type>(), length)) return false;
    for (; length > 0; --length) {
      typename T::key_type key{};
      if (!get(in, key)) return false;
      value.emplace(std::move(key));
    }
  } else {
    constexpr size_t kBytes =
        bytes_min<typename T::key_type>() + bytes_min<typename T::mapped_type>();
    if (!get_length(in, kBytes, length)) return false;
    for (; length > 0; --length) {
      typename T::key_type key{};
      typename T::mapped_type mapped{};
      if (!get(in, key) || !get(in, mapped)) return false;
      value.emplace(std::move(key), std::move(mapped));
    }
  }
  return true;
}

inline bool get_boolean(Reader& in, bool& value) {
  uint8_t byte = 0;
  if (!in.read(byte) || byte > 1) return false;
  value = byte != 0;
  return true;
}

template <class T>
bool get_optional(Reader& in, T& value) {
  bool present = false;
  if (!get_boolean(in, present)) return false;
  if (!present) {
    value.reset();
    return true;
  }
  if (!value.has_value()) value.emplace();
  return get(in, *value);
}

// Into the alternative `index`; the one that is there already keeps its memory.
template <class T, size_t I = 0>
bool get_alternative(Reader& in, size_t index, T& value) {
  if constexpr (I == std::variant_size_v<T>) {
    return false;
  } else if (index != I) {
    return get_alternative<T, I + 1>(in, index, value);
  } else {
    if (value.index() != I) value.template emplace<I>();
    return get(in, *std::get_if<I>(&value));
  }
}
template <class T>
bool get_variant(Reader& in, T& value) {
  uint8_t index = 0;
  return in.read(index) && get_alternative(in, index, value);
}

template <class T>
bool get(Reader& in, T& value) {
  constexpr Kind kKind = kind_of<T>();
  if constexpr (kKind == Kind::custom) {
    return Codec<T>::decode(in, value);
  } else if constexpr (kKind == Kind::number) {
    return in.read(value);
  } else if constexpr (kKind == Kind::boolean) {
    return get_boolean(in, value);
  } else if constexpr (kKind == Kind::text || kKind == Kind::borrowed_text) {
    return get_text(in, value);
  } else if constexpr (kKind == Kind::duration) {
    typename T::rep count{};
    const bool ok = get(in, count);
    value = T(count);
    return ok;
  } else if constexpr (kKind == Kind::time_point) {
    typename T::duration since{};
    const bool ok = get(in, since);
    value = T(since);
    return ok;
  } else if constexpr (kKind == Kind::optional) {
    return get_optional(in, value);
  } else if constexpr (kKind == Kind::variant) {
    return get_variant(in, value);
  } else if constexpr (kKind == Kind::pair) {
    return get(in, value.first) && get(in, value.second);
  } else if constexpr (kKind == Kind::array) {
    if constexpr (is_flat<T>()) return get_flat(in, value, value.size());
    for (auto& element : value) {
      if (!get(in, element)) return false;
    }
    return true;
  } else if constexpr (kKind == Kind::sequence) {
    return get_sequence(in, value);
  } else if constexpr (kKind == Kind::set || kKind == Kind::map) {
    return get_associative(in, value);
  } else {
    return visit_fields<count_fields<T>()>(
        value, [&in](auto&... field) { return (get(in, field) && ...); });
  }
}

}  // namespace wallaroo::detail
