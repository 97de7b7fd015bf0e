// From JSON to values: what a type adds to the walk that src/json does. Users include json.h.
#pragma once

#include <array>
#include <utility>

#include "wallaroo/detail/json_lists.h"

namespace wallaroo::detail {

template <class T>
bool read_json_integer(JsonCursor in, T& value, JsonProblem& problem) {
  if constexpr (std::is_enum_v<T>) {
    std::underlying_type_t<T> number{};
    const bool done = read_json_integer(in, number, problem);
    value = static_cast<T>(number);
    return done;
  } else if constexpr (std::is_signed_v<T>) {
    int64_t number = 0;
    const bool done = read_signed(in, sizeof(T) * 8, number, problem);
    value = static_cast<T>(number);
    return done;
  } else {
    uint64_t number = 0;
    const bool done = read_unsigned(in, sizeof(T) * 8, number, problem);
    value = static_cast<T>(number);
    return done;
  }
}

template <class T, size_t I>
bool read_json_alternative(JsonCursor in, T& value, JsonProblem& problem) {
  if (value.index() != I) value.template emplace<I>();
  return read_json(in, *std::get_if<I>(&value), problem);
}

template <class T>
bool read_json_variant(JsonCursor in, T& value, JsonProblem& problem) {
  static_assert(all_differ(kJsonNames<T>),
                "json: two alternatives of this variant have the same name in JSON; wrap one of "
                "them in a struct with WALLAROO_FIELDS");
  JsonObject object{};
  std::string_view name;
  JsonCursor inner{};
  JsonCursor more{};
  if (!open(in, object, problem)) return false;
  size_t number = kJsonNames<T>.size();
  if (object.next(name, inner)) number = find_name(kJsonNames<T>, name);
  std::string_view second;
  if (number == kJsonNames<T>.size() || object.next(second, more)) {
    return problem.refuse_variant(kJsonNames<T>);
  }
  const bool done = [&]<size_t... I>(std::index_sequence<I...>) {
    bool read = false;
    ((I == number && (read = read_json_alternative<T, I>(inner, value, problem))) || ...);
    return read;
  }
  (std::make_index_sequence<std::variant_size_v<T>>{});
  return done || problem.in_field(kJsonNames<T>[number]);
}

template <class T, size_t I>
bool read_json_field(JsonCursor in, void* object, JsonProblem& problem) {
  constexpr auto kMember = std::get<I>(T::wallaroo_fields());
  return read_json(in, static_cast<T*>(object)->*kMember, problem);
}
template <class T, size_t I>
void clear_json_field(void* object) {
  constexpr auto kMember = std::get<I>(T::wallaroo_fields());
  (static_cast<T*>(object)->*kMember).reset();
}

template <class T, size_t I>
constexpr JsonFieldReader json_field_reader() {
  using Field =
      std::remove_cvref_t<decltype(std::declval<T&>().*std::get<I>(T::wallaroo_fields()))>;
  JsonFieldReader reader{kFieldNames<T>[I], read_json_field<T, I>, nullptr};
  if constexpr (json_kind_of<Field>() == JsonKind::optional) reader.clear = clear_json_field<T, I>;
  return reader;
}
template <class T>
inline constexpr auto kJsonFieldReaders = []<size_t... I>(std::index_sequence<I...>) {
  static_assert(sizeof...(I) <= kJsonFieldsMax, "json: a struct may have at most 64 fields");
  return std::array<JsonFieldReader, sizeof...(I)>{json_field_reader<T, I>()...};
}
(std::make_index_sequence<kFieldCount<T>>{});

template <class T>
bool read_json(JsonCursor in, T& value, JsonProblem& problem) {
  constexpr JsonKind kKind = json_kind_of<T>();
  if constexpr (kKind == JsonKind::boolean) {
    return read_boolean(in, value, problem);
  } else if constexpr (kKind == JsonKind::integer) {
    return read_json_integer(in, value, problem);
  } else if constexpr (kKind == JsonKind::real) {
    return read_real(in, value, problem);
  } else if constexpr (kKind == JsonKind::name) {
    size_t number = 0;
    if (!read_name(in, kEnumNames<T>, number, problem)) return false;
    value = wallaroo_names(T{}).values[number];
    return true;
  } else if constexpr (kKind == JsonKind::text && !std::is_same_v<T, std::string_view>) {
    std::string_view text;
    if (!read_text(in, text, problem)) return false;
    value.assign(text.data(), text.size());
    return true;
  } else if constexpr (kKind == JsonKind::time) {
    return read_json_integer(in, value.ns, problem);
  } else if constexpr (kKind == JsonKind::duration) {
    typename T::rep count{};
    if (!read_json(in, count, problem)) return false;
    value = T(count);
    return true;
  } else if constexpr (kKind == JsonKind::time_point) {
    typename T::duration since{};
    if (!read_json(in, since, problem)) return false;
    value = T(since);
    return true;
  } else if constexpr (kKind == JsonKind::nothing) {
    return is_null(in) || problem.refuse("is not null");
  } else if constexpr (kKind == JsonKind::optional) {
    if (is_null(in)) return value.reset(), true;
    if (!value.has_value()) value.emplace();
    return read_json(in, *value, problem);
  } else if constexpr (kKind == JsonKind::variant) {
    return read_json_variant(in, value, problem);
  } else if constexpr (kKind == JsonKind::object) {
    return read_struct(in, kJsonFieldReaders<T>, &value, problem);
  } else if constexpr (kKind == JsonKind::map) {
    return read_json_map(in, value, problem);
  } else if constexpr (kKind == JsonKind::list) {
    return read_json_list(in, value, problem);
  } else if constexpr (kKind == JsonKind::fixed_list) {
    return read_json_fixed_list(in, value, problem);
  } else {
    static_assert(kNever<T>,
                  "json: this type cannot be read from JSON; put WALLAROO_FIELDS(Type, field, ...) "
                  "into the struct, keep text in std::string, and letters and numbers in types of "
                  "their own");
    return false;
  }
}

}  // namespace wallaroo::detail
