// What follows from the kind of a type: whether it can be encoded, borrows, can be a key, and its
// description. Users include codec.h.
#pragma once

#include <string>

#include "wallaroo/detail/kinds.h"

namespace wallaroo::detail {

// The fewest bytes a T takes. A custom codec is trusted to write at least one.
template <class T>
consteval size_t bytes_min() {
  constexpr Kind kKind = kind_of<T>();
  if constexpr (kKind == Kind::number) {
    return sizeof(T);
  } else if constexpr (kKind == Kind::boolean || kKind == Kind::optional ||
                       kKind == Kind::variant || kKind == Kind::custom) {
    return 1;
  } else if constexpr (kKind == Kind::array) {
    return std::tuple_size<T>::value * bytes_min<typename T::value_type>();
  } else if constexpr (kKind == Kind::text || kKind == Kind::borrowed_text ||
                       kKind == Kind::sequence || kKind == Kind::set || kKind == Kind::map) {
    return sizeof(uint32_t);
  } else {
    return []<class... P>(Types<P...>) { return (bytes_min<P>() + ... + 0); }(parts_of<T>());
  }
}

// A type inside itself (Outer) has no finite description, so it needs a custom codec; that also
// bounds how deep decoding can nest.
template <class T, class... Outer>
consteval bool is_encodable() {
  constexpr Kind kKind = kind_of<T>();
  if constexpr (kKind == Kind::none || (std::is_same_v<T, Outer> || ...)) {
    return false;
  } else if constexpr (std::is_same_v<decltype(parts_of<T>()), HasBitField>) {
    return false;
  } else {
    return []<class... P>(Types<P...>) {
      if constexpr (!(is_encodable<P, Outer..., T>() && ...)) {
        return false;
      } else if constexpr (kKind == Kind::sequence || kKind == Kind::set || kKind == Kind::map) {
        return (bytes_min<P>() + ...) > 0;  // else a length could promise elements without bytes
      } else {
        return true;
      }
    }(parts_of<T>());
  }
}

template <class T>
consteval bool is_borrowing() {
  return []<class... P>(Types<P...>) {
    return kind_of<T>() == Kind::borrowed_text || (is_borrowing<P>() || ...);
  }(parts_of<T>());
}

template <class T>
consteval bool has_canonical_bytes() {
  return []<class... P>(Types<P...>) {
    return !std::is_floating_point_v<T> && !Hashed<T> && (has_canonical_bytes<P>() && ...);
  }(parts_of<T>());
}

template <class T>
consteval bool is_keyable() {
  if constexpr (is_encodable<T>()) {
    return has_canonical_bytes<T>();
  } else {
    return false;
  }
}

// Whether the size can be had cheaply before writing: not from a custom codec, and not by walking
// the nodes of a map twice.
template <class T>
consteval bool is_sized() {
  constexpr Kind kKind = kind_of<T>();
  return []<class... P>(Types<P...>) {
    return kKind != Kind::custom && kKind != Kind::set && kKind != Kind::map &&
           (is_sized<P>() && ...);
  }(parts_of<T>());
}

// Whether the elements lie in memory as they do in the format.
template <class T>
consteval bool is_flat() {
  if constexpr (requires(T t) { t.data(); }) {
    return kind_of<typename T::value_type>() == Kind::number;
  } else {
    return false;
  }
}

// The description of a type; docs/formats/values.md has the grammar.
template <class T>
void describe(std::string& out);

template <class T>
void describe_number(std::string& out) {
  if constexpr (std::is_enum_v<T>) {
    out += "enum ";
    describe_number<std::underlying_type_t<T>>(out);
  } else {
    const char letter = std::is_floating_point_v<T> ? 'f' : std::is_signed_v<T> ? 'i' : 'u';
    out += letter;
    out += std::to_string(sizeof(T) * 8);
  }
}

template <class... P>
void describe_parts(std::string& out, Types<P...>) {
  out += '(';
  size_t index = 0;
  ((out += index++ == 0 ? "" : ",", describe<P>(out)), ...);
  out += ')';
}

template <class T>
void describe(std::string& out) {
  constexpr Kind kKind = kind_of<T>();
  if constexpr (kKind == Kind::number) {
    describe_number<T>(out);
  } else if constexpr (kKind == Kind::custom) {
    out += Codec<T>::description();
  } else if constexpr (kKind == Kind::boolean) {
    out += "bool";
  } else if constexpr (kKind == Kind::text || kKind == Kind::borrowed_text) {
    out += "string";
  } else if constexpr (kKind == Kind::duration) {
    out += "duration " + std::to_string(T::period::num) + '/' + std::to_string(T::period::den);
    describe_parts(out, parts_of<T>());
  } else {
    if constexpr (kKind == Kind::time_point) out += "time";
    if constexpr (kKind == Kind::optional) out += "optional";
    if constexpr (kKind == Kind::array) out += "array " + std::to_string(std::tuple_size_v<T>);
    if constexpr (kKind == Kind::sequence || kKind == Kind::set) out += "list";
    if constexpr (kKind == Kind::map) out += "map";
    if constexpr (kKind == Kind::variant) out += "variant";
    if constexpr (kKind == Kind::structure || kKind == Kind::pair) out += "struct";
    describe_parts(out, parts_of<T>());
  }
}

}  // namespace wallaroo::detail
