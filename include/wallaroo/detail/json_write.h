// From values to JSON. Users include json.h.
#pragma once

#include "wallaroo/detail/json_types.h"

namespace wallaroo::detail {

template <class T>
bool write_json(const T& value, Bytes& out, JsonProblem& problem);

template <class T>
bool write_json_list(const T& value, Bytes& out, JsonProblem& problem) {
  out << '[';
  size_t at = 0;
  for (const auto& element : value) {
    if (at != 0) out << ',';
    if (!write_json<typename T::value_type>(element, out, problem)) return problem.in_element(at);
    ++at;
  }
  out << ']';
  return true;
}

template <class T>
bool write_json_fixed_list(const T& value, Bytes& out, JsonProblem& problem) {
  out << '[';
  size_t at = 0;
  const auto one = [&](const auto& part) {
    if (at != 0) out << ',';
    return write_json(part, out, problem) ? (++at, true) : problem.in_element(at);
  };
  if (!std::apply([&](const auto&... part) { return (one(part) && ...); }, value)) return false;
  out << ']';
  return true;
}

template <class T>
bool write_json_map(const T& value, Bytes& out, JsonProblem& problem) {
  out << '{';
  bool first = true;
  for (const auto& [key, entry] : value) {
    if (!first) out << ',';
    first = false;
    if (!write_text(key, out, problem)) return false;
    out << ':';
    if (!write_json(entry, out, problem)) return problem.in_entry(key);
  }
  out << '}';
  return true;
}

template <class T>
bool write_json_variant(const T& value, Bytes& out, JsonProblem& problem) {
  static_assert(all_differ(kJsonNames<T>),
                "json: two alternatives of this variant have the same name in JSON; wrap one of "
                "them in a struct with WALLAROO_FIELDS");
  if (value.valueless_by_exception()) return problem.refuse("the variant holds nothing");
  const std::string_view name = kJsonNames<T>[value.index()];
  out << "{\"" << name << "\":";
  const bool done =
      std::visit([&](const auto& inner) { return write_json(inner, out, problem); }, value);
  out << '}';
  return done || problem.in_field(name);
}

template <class T>
bool write_json_name(const T& value, Bytes& out, JsonProblem& problem) {
  constexpr auto kValues = wallaroo_names(T{}).values;
  for (size_t i = 0; i < kValues.size(); ++i) {
    if (kValues[i] != value) continue;
    out << '"' << kEnumNames<T>[i] << '"';
    return true;
  }
  return problem.refuse("the enum's value " +
                        std::to_string(static_cast<std::underlying_type_t<T>>(value)) +
                        " has no name in WALLAROO_NAMES");
}

template <class T, size_t I>
bool write_json_field(const void* object, Bytes& out, JsonProblem& problem) {
  constexpr auto kMember = std::get<I>(T::wallaroo_fields());
  return write_json(static_cast<const T*>(object)->*kMember, out, problem);
}
template <class T, size_t I>
bool is_json_field_absent(const void* object) {
  constexpr auto kMember = std::get<I>(T::wallaroo_fields());
  return !(static_cast<const T*>(object)->*kMember).has_value();
}

template <class T, size_t I>
constexpr JsonFieldWriter json_field_writer() {
  using Field =
      std::remove_cvref_t<decltype(std::declval<T&>().*std::get<I>(T::wallaroo_fields()))>;
  JsonFieldWriter writer{kFieldNames<T>[I], write_json_field<T, I>, nullptr};
  if constexpr (json_kind_of<Field>() == JsonKind::optional) {
    writer.is_absent = is_json_field_absent<T, I>;
  }
  return writer;
}
template <class T>
inline constexpr auto kJsonFieldWriters = []<size_t... I>(std::index_sequence<I...>) {
  static_assert(sizeof...(I) <= kJsonFieldsMax, "json: a struct may have at most 64 fields");
  return std::array<JsonFieldWriter, sizeof...(I)>{json_field_writer<T, I>()...};
}
(std::make_index_sequence<kFieldCount<T>>{});

template <class T>
bool write_json(const T& value, Bytes& out, JsonProblem& problem) {
  constexpr JsonKind kKind = json_kind_of<T>();
  if constexpr (kKind == JsonKind::boolean) {
    out << (value ? std::string_view("true") : std::string_view("false"));
    return true;
  } else if constexpr (kKind == JsonKind::integer) {
    if constexpr (std::is_enum_v<T>) {
      return write_json(static_cast<std::underlying_type_t<T>>(value), out, problem);
    } else {
      out << value;
      return true;
    }
  } else if constexpr (kKind == JsonKind::real) {
    return write_real(value, out, problem);
  } else if constexpr (kKind == JsonKind::name) {
    return write_json_name(value, out, problem);
  } else if constexpr (kKind == JsonKind::text) {
    return write_text(value, out, problem);
  } else if constexpr (kKind == JsonKind::time) {
    out << value.ns;
    return true;
  } else if constexpr (kKind == JsonKind::duration) {
    return write_json(value.count(), out, problem);
  } else if constexpr (kKind == JsonKind::time_point) {
    return write_json(value.time_since_epoch(), out, problem);
  } else if constexpr (kKind == JsonKind::nothing) {
    out << "null";
    return true;
  } else if constexpr (kKind == JsonKind::optional) {
    if (value.has_value()) return write_json(*value, out, problem);
    out << "null";
    return true;
  } else if constexpr (kKind == JsonKind::variant) {
    return write_json_variant(value, out, problem);
  } else if constexpr (kKind == JsonKind::object) {
    return write_struct(kJsonFieldWriters<T>, &value, out, problem);
  } else if constexpr (kKind == JsonKind::map) {
    return write_json_map(value, out, problem);
  } else if constexpr (kKind == JsonKind::list) {
    return write_json_list(value, out, problem);
  } else if constexpr (kKind == JsonKind::fixed_list) {
    return write_json_fixed_list(value, out, problem);
  } else {
    static_assert(kNever<T>,
                  "json: this type cannot be written as JSON; put WALLAROO_FIELDS(Type, field, "
                  "...) into the struct, and keep letters and numbers in types of their own");
    return false;
  }
}

}  // namespace wallaroo::detail
