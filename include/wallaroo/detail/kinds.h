// What kind of value a C++ type is to the codec. Containers are found by the shape of their type
// and not by name, so that no container header is needed here. Users include codec.h.
#pragma once

#include <concepts>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "wallaroo/bytes.h"
#include "wallaroo/detail/fields.h"

namespace wallaroo {

template <class T>
struct Codec;

namespace detail {

enum class Kind {
  none,
  number,
  boolean,
  text,
  borrowed_text,
  duration,
  time_point,
  optional,
  pair,
  array,
  sequence,
  set,
  map,
  variant,
  structure,
  custom,  ///< the user specialised Codec
};

template <class T>
concept CustomCodec = !requires {
  Codec<T>::kDerived;
}
&&requires(const T& from, T& to, Bytes& out, Reader& in) {
  Codec<T>::encode(from, out);
  { Codec<T>::decode(in, to) } -> std::same_as<bool>;
  { Codec<T>::description() } -> std::convertible_to<std::string>;
};
template <class T>
concept TextLike = std::same_as<typename T::value_type, char> && requires(T t, const char* at) {
  t.assign(at, size_t{1});
  t.c_str();
};
template <class T>
concept DurationLike = requires(const T t) {
  typename T::period;
  { t.count() } -> std::same_as<typename T::rep>;
};
template <class T>
concept TimePointLike = requires(const T t) {
  { t.time_since_epoch() } -> std::same_as<typename T::duration>;
};
template <class T>
concept OptionalLike = requires(T t) {
  typename T::value_type;
  { t.has_value() } -> std::same_as<bool>;
  t.emplace();
  t.reset();
  *t;
};
template <class T>
concept PairLike = requires(T t) {
  { t.first } -> std::same_as<typename T::first_type&>;
  { t.second } -> std::same_as<typename T::second_type&>;
};
template <class T>
concept ArrayLike = requires(T t) {
  typename T::value_type;
  std::tuple_size<T>::value;
  t.data();
  t.fill(t[0]);
};
template <class T>
concept SequenceLike = requires(T t, typename T::value_type v) {
  t.push_back(v);
  t.resize(t.size());
  t.clear();
  t.begin();
};
template <class T>
concept AssociativeLike = requires(T t) {
  typename T::key_type;
  typename T::value_type;
  t.clear();
  t.begin();
  t.size();
  t.find(std::declval<const typename T::key_type&>());
};
template <class T>
concept MapLike = AssociativeLike<T> && requires {
  typename T::mapped_type;
};
template <class T>
inline constexpr bool kVariant = false;
template <class... Alternatives>
inline constexpr bool kVariant<std::variant<Alternatives...>> = true;
template <class T>
concept Hashed = requires {
  typename T::hasher;
};

template <class T>
consteval Kind kind_of() {
  if constexpr (!std::is_object_v<T> || std::is_const_v<T> || std::is_volatile_v<T>) {
    return Kind::none;
  } else if constexpr (!requires { sizeof(T); } || std::is_array_v<T>) {
    return Kind::none;
  } else if constexpr (CustomCodec<T>) {
    return Kind::custom;
  } else if constexpr (std::is_same_v<T, bool>) {
    return Kind::boolean;
  } else if constexpr (std::is_arithmetic_v<T> || std::is_enum_v<T>) {
    return sizeof(T) <= 8 ? Kind::number : Kind::none;  // a long double has padding
  } else if constexpr (!std::is_class_v<T>) {
    return Kind::none;
  } else if constexpr (std::is_same_v<T, std::string_view> ||
                       std::is_same_v<T, std::span<const char>>) {
    return Kind::borrowed_text;
  } else if constexpr (TextLike<T>) {
    return Kind::text;
  } else if constexpr (DurationLike<T>) {
    return Kind::duration;
  } else if constexpr (TimePointLike<T>) {
    return Kind::time_point;
  } else if constexpr (kVariant<T>) {
    return std::variant_size_v<T> <= 256 ? Kind::variant : Kind::none;
  } else if constexpr (OptionalLike<T>) {
    return Kind::optional;
  } else if constexpr (PairLike<T>) {
    return Kind::pair;
  } else if constexpr (ArrayLike<T>) {
    return Kind::array;
  } else if constexpr (MapLike<T>) {
    return Kind::map;
  } else if constexpr (AssociativeLike<T>) {
    return Kind::set;
  } else if constexpr (SequenceLike<T>) {
    return Kind::sequence;
  } else {
    return is_plain_struct<T>() ? Kind::structure : Kind::none;
  }
}

template <class... Alternatives>
consteval Types<Alternatives...> alternatives_of(const std::variant<Alternatives...>*) {
  return {};
}

// The types a T is made of.
template <class T>
consteval auto parts_of() {
  constexpr Kind kKind = kind_of<T>();
  if constexpr (kKind == Kind::duration) {
    return Types<typename T::rep>{};
  } else if constexpr (kKind == Kind::time_point) {
    return Types<typename T::duration>{};
  } else if constexpr (kKind == Kind::pair) {
    return Types<typename T::first_type, typename T::second_type>{};
  } else if constexpr (kKind == Kind::map) {
    return Types<typename T::key_type, typename T::mapped_type>{};
  } else if constexpr (kKind == Kind::optional || kKind == Kind::array || kKind == Kind::sequence ||
                       kKind == Kind::set) {
    return Types<typename T::value_type>{};
  } else if constexpr (kKind == Kind::variant) {
    return alternatives_of(static_cast<T*>(nullptr));
  } else if constexpr (kKind == Kind::structure) {
    return fields_of<T>{};
  } else {
    return Types<>{};
  }
}

}  // namespace detail
}  // namespace wallaroo
