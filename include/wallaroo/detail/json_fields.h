// The names of fields and enumerators: the two macros of json.h and what reads them. Users include
// json.h.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>
#include <tuple>
#include <type_traits>

// WALLAROO_DETAIL_EACH(m, t, a, b, ...) is m(t, a), m(t, b), ...: each level of EXPAND looks at the
// text four times more, which is enough for 256 arguments.
#define WALLAROO_DETAIL_EXPAND(...) \
  WALLAROO_DETAIL_EXPAND3(          \
      WALLAROO_DETAIL_EXPAND3(WALLAROO_DETAIL_EXPAND3(WALLAROO_DETAIL_EXPAND3(__VA_ARGS__))))
#define WALLAROO_DETAIL_EXPAND3(...) \
  WALLAROO_DETAIL_EXPAND2(           \
      WALLAROO_DETAIL_EXPAND2(WALLAROO_DETAIL_EXPAND2(WALLAROO_DETAIL_EXPAND2(__VA_ARGS__))))
#define WALLAROO_DETAIL_EXPAND2(...) \
  WALLAROO_DETAIL_EXPAND1(           \
      WALLAROO_DETAIL_EXPAND1(WALLAROO_DETAIL_EXPAND1(WALLAROO_DETAIL_EXPAND1(__VA_ARGS__))))
#define WALLAROO_DETAIL_EXPAND1(...) __VA_ARGS__
#define WALLAROO_DETAIL_PARENTHESES ()
#define WALLAROO_DETAIL_NEXT(m, t, a, ...) \
  m(t, a) __VA_OPT__(, WALLAROO_DETAIL_AGAIN WALLAROO_DETAIL_PARENTHESES(m, t, __VA_ARGS__))
#define WALLAROO_DETAIL_AGAIN() WALLAROO_DETAIL_NEXT
#define WALLAROO_DETAIL_EACH(m, t, ...) \
  WALLAROO_DETAIL_EXPAND(WALLAROO_DETAIL_NEXT(m, t, __VA_ARGS__))
#define WALLAROO_DETAIL_MEMBER(t, a) &t::a
#define WALLAROO_DETAIL_ENUMERATOR(t, a) t::a

namespace wallaroo::detail {

/// "a, b, c" as three names.
template <size_t N>
consteval std::array<std::string_view, N> split_names(std::string_view list) {
  std::array<std::string_view, N> names{};
  for (std::string_view& name : names) {
    const size_t end = std::min(list.find(','), list.size());
    name = list.substr(0, end);
    while (name.ends_with(' ')) name.remove_suffix(1);
    list.remove_prefix(std::min(end + 1, list.size()));
    while (list.starts_with(' ')) list.remove_prefix(1);
  }
  return names;
}

/// Whether WALLAROO_FIELDS stands in T.
template <class T>
concept HasFields = requires {
  T::wallaroo_fields();
  T::wallaroo_field_names();
};
template <HasFields T>
inline constexpr size_t kFieldCount = std::tuple_size_v<decltype(T::wallaroo_fields())>;
template <HasFields T>
inline constexpr auto kFieldNames = split_names<kFieldCount<T>>(T::wallaroo_field_names());

/// What WALLAROO_NAMES says of an enum.
template <class E, size_t N>
struct Enumerators {
  const char* type;
  const char* names;
  std::array<E, N> values;
};
template <class E, class... V>
constexpr Enumerators<E, 1 + sizeof...(V)> enumerators(const char* type, const char* names, E first,
                                                       V... values) {
  return {type, names, {first, values...}};
}

template <class E>
concept HasNames = std::is_enum_v<E> && requires(E e) {
  wallaroo_names(e);
};

}  // namespace wallaroo::detail
