// What a C++ type is in JSON, and its name as an alternative of a variant. Users include json.h.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <variant>
#include <vector>

#include "wallaroo/detail/json_fields.h"
#include "wallaroo/detail/json_value.h"
#include "wallaroo/detail/kinds.h"
#include "wallaroo/detail/refusal.h"
#include "wallaroo/time.h"

namespace wallaroo::detail {

enum class JsonKind {
  none,
  boolean,
  integer,
  real,
  text,
  name,  ///< an enum with names
  time,
  duration,
  time_point,
  optional,
  nothing,  ///< std::monostate
  variant,
  object,
  map,
  list,
  fixed_list,  ///< array, pair, tuple
};

template <class T>
consteval JsonKind json_kind_of() {
  if constexpr (std::is_same_v<T, bool>) {
    return JsonKind::boolean;
  } else if constexpr (HasNames<T>) {
    return JsonKind::name;
  } else if constexpr (std::is_same_v<T, char> || std::is_same_v<T, wchar_t> ||
                       std::is_same_v<T, char8_t> || std::is_same_v<T, char16_t> ||
                       std::is_same_v<T, char32_t> || std::is_same_v<T, long double>) {
    return JsonKind::none;  // number or letter? the program says which, with another type
  } else if constexpr (std::is_integral_v<T> || std::is_enum_v<T>) {
    return sizeof(T) <= 8 ? JsonKind::integer : JsonKind::none;
  } else if constexpr (std::is_floating_point_v<T>) {
    return JsonKind::real;
  } else if constexpr (!std::is_class_v<T>) {
    return JsonKind::none;
  } else if constexpr (HasFields<T>) {
    return JsonKind::object;
  } else if constexpr (std::is_same_v<T, std::string_view> || TextLike<T>) {
    return JsonKind::text;
  } else if constexpr (std::is_same_v<T, Time>) {
    return JsonKind::time;
  } else if constexpr (DurationLike<T>) {
    return JsonKind::duration;
  } else if constexpr (TimePointLike<T>) {
    return JsonKind::time_point;
  } else if constexpr (std::is_same_v<T, std::monostate>) {
    return JsonKind::nothing;
  } else if constexpr (kVariant<T>) {
    return JsonKind::variant;
  } else if constexpr (OptionalLike<T>) {
    return JsonKind::optional;
  } else if constexpr (MapLike<T>) {
    return TextLike<typename T::key_type> ? JsonKind::map : JsonKind::none;
  } else if constexpr (SequenceLike<T> || AssociativeLike<T>) {
    return JsonKind::list;
  } else if constexpr (requires { std::tuple_size<T>::value; }) {
    return JsonKind::fixed_list;
  } else {
    return JsonKind::none;
  }
}

/// The name under which a variant writes the alternative T.
template <class T>
consteval std::string_view json_name_of() {
  constexpr JsonKind kKind = json_kind_of<T>();
  if constexpr (kKind == JsonKind::object) {
    return T::wallaroo_type_name();
  } else if constexpr (kKind == JsonKind::name) {
    return wallaroo_names(T{}).type;
  } else if constexpr (kKind == JsonKind::boolean) {
    return "bool";
  } else if constexpr (kKind == JsonKind::integer) {
    return "integer";
  } else if constexpr (kKind == JsonKind::real) {
    return "real";
  } else if constexpr (kKind == JsonKind::text) {
    return "text";
  } else if constexpr (kKind == JsonKind::time || kKind == JsonKind::time_point) {
    return "time";
  } else if constexpr (kKind == JsonKind::duration) {
    return "duration";
  } else if constexpr (kKind == JsonKind::nothing) {
    return "none";
  } else if constexpr (kKind == JsonKind::map) {
    return "map";
  } else {
    return "list";
  }
}

template <class... Alternatives>
consteval auto json_names_of(const std::variant<Alternatives...>*) {
  return std::array<std::string_view, sizeof...(Alternatives)>{json_name_of<Alternatives>()...};
}
template <class Variant>
inline constexpr auto kJsonNames = json_names_of(static_cast<const Variant*>(nullptr));

template <class T>
inline constexpr auto kEnumNames =
    split_names<wallaroo_names(T{}).values.size()>(wallaroo_names(T{}).names);

template <size_t N>
consteval bool all_differ(const std::array<std::string_view, N>& names) {
  for (size_t i = 0; i < N; ++i) {
    for (size_t j = 0; j < i; ++j) {
      if (names[i] == names[j]) return false;
    }
  }
  return true;
}

}  // namespace wallaroo::detail
