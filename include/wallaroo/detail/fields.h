// The fields of a plain struct as a pack of references, without macros in the struct. Written here
// and not taken from Boost.PFR because GCC 12 crashes inside PFR on a field of type
// std::array<struct, N>, and because a refused struct must be a false, not an error in a library.
// Users do not need this header.
#pragma once

#include <cstddef>
#include <type_traits>
#include <utility>

namespace wallaroo::detail {

template <class... T>
struct Types {};

constexpr size_t kMaxFields = 32;

// Stands for an initializer of any type: a reference where fields can be copied, else a value.
struct AnyReference {
  template <class T>
  operator T&() const&&;  // NOLINT(google-explicit-constructor)
  template <class T>
  operator T&() const&;  // NOLINT(google-explicit-constructor)
};
struct AnyValue {
  template <class T>
  operator T() const&&;  // NOLINT(google-explicit-constructor)
};
template <class T, size_t>
using AnyFor = std::conditional_t<std::is_copy_constructible_v<T>, AnyReference, AnyValue>;

struct Unrelated {};
template <class T>
struct AnyBaseOf {
  template <class U>
  requires std::is_base_of_v<U, T>
  operator U&() const;  // NOLINT(google-explicit-constructor)
};
// A base is the first element of the initializer list; the second test excludes a first field that
// takes anything at all.
template <class T>
concept HasBase = requires {
  T{AnyBaseOf<T>{}};
}
&&!requires { T{Unrelated{}}; };

template <class T, size_t... I>
constexpr bool takes(std::index_sequence<I...>) {
  return requires { T{AnyFor<T, I>{}...}; };
}
template <class T, size_t N = 0>
constexpr size_t count_fields() {
  if constexpr (N <= kMaxFields && takes<T>(std::make_index_sequence<N + 1>{})) {
    return count_fields<T, N + 1>();
  } else {
    return N;
  }
}

// With {} in the place of one field all others must still fit. That fails for a C array, whose
// elements were counted one by one, for a reference, and for what cannot be default-constructed.
template <class T, size_t... Before, size_t... After>
constexpr bool takes_empty(std::index_sequence<Before...>, std::index_sequence<After...>) {
  return requires { T{AnyFor<T, Before>{}..., {}, AnyFor<T, After>{}...}; };
}
template <class T, size_t... I>
constexpr bool each_is_whole(std::index_sequence<I...>) {
  return (takes_empty<T>(std::make_index_sequence<I>{},
                         std::make_index_sequence<sizeof...(I) - 1 - I>{}) &&
          ...);
}

/// Whether T is a struct that visit_fields() can take apart: an aggregate without bases, C arrays
/// and references, default-constructible, of at most 32 fields.
template <class T>
constexpr bool is_plain_struct() {
  if constexpr (!std::is_class_v<T> || !std::is_aggregate_v<T> || std::is_polymorphic_v<T>) {
    return false;
  } else if constexpr (!requires { T{}; } || HasBase<T>) {
    return false;
  } else if constexpr (count_fields<T>() > kMaxFields) {
    return false;
  } else {
    return each_is_whole<T>(std::make_index_sequence<count_fields<T>()>{});
  }
}

/// What visit_fields() returns for a struct with a bit-field, which no reference can name.
struct HasBitField {};

/// Calls visit(field...) with a reference to each field of `value`, in order of declaration.
template <size_t N, class T, class F>
constexpr decltype(auto) visit_fields(T& value, F&& visit) {
  if constexpr (N == 0) return visit();
#if defined(__clang_major__) && __clang_major__ < 16  // cannot ask it: bit-fields are hard errors
#define WALLAROO_CAN_NAME(...) true
#else
#define WALLAROO_CAN_NAME(...) \
  requires { visit(__VA_ARGS__); }
#endif
#define WALLAROO_BIND(n, ...)                     \
  else if constexpr (N == (n)) {                  \
    auto& [__VA_ARGS__] = value;                  \
    if constexpr (WALLAROO_CAN_NAME(__VA_ARGS__)) \
      return visit(__VA_ARGS__);                  \
    else                                          \
      return HasBitField{};                       \
  }
  // clang-format off
WALLAROO_BIND(1, a)
WALLAROO_BIND(2, a, b)
WALLAROO_BIND(3, a, b, c)
WALLAROO_BIND(4, a, b, c, d)
WALLAROO_BIND(5, a, b, c, d, e)
WALLAROO_BIND(6, a, b, c, d, e, f)
WALLAROO_BIND(7, a, b, c, d, e, f, g)
WALLAROO_BIND(8, a, b, c, d, e, f, g, h)
WALLAROO_BIND(9, a, b, c, d, e, f, g, h, i)
WALLAROO_BIND(10, a, b, c, d, e, f, g, h, i, j)
WALLAROO_BIND(11, a, b, c, d, e, f, g, h, i, j, k)
WALLAROO_BIND(12, a, b, c, d, e, f, g, h, i, j, k, l)
WALLAROO_BIND(13, a, b, c, d, e, f, g, h, i, j, k, l, m)
WALLAROO_BIND(14, a, b, c, d, e, f, g, h, i, j, k, l, m, n)
WALLAROO_BIND(15, a, b, c, d, e, f, g, h, i, j, k, l, m, n, o)
WALLAROO_BIND(16, a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p)
WALLAROO_BIND(17, a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q)
WALLAROO_BIND(18, a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r)
WALLAROO_BIND(19, a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s)
WALLAROO_BIND(20, a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t)
WALLAROO_BIND(21, a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t, u)
WALLAROO_BIND(22, a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t, u, v)
WALLAROO_BIND(23, a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t, u, v, w)
WALLAROO_BIND(24, a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t, u, v, w, x)
WALLAROO_BIND(25, a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t, u, v, w, x, y)
WALLAROO_BIND(26, a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t, u, v, w, x, y, z)
WALLAROO_BIND(27, a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t, u, v, w, x, y, z,
                aa)
WALLAROO_BIND(28, a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t, u, v, w, x, y, z,
                aa, ab)
WALLAROO_BIND(29, a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t, u, v, w, x, y, z,
                aa, ab, ac)
WALLAROO_BIND(30, a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t, u, v, w, x, y, z,
                aa, ab, ac, ad)
WALLAROO_BIND(31, a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t, u, v, w, x, y, z,
                aa, ab, ac, ad, ae)
WALLAROO_BIND(32, a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t, u, v, w, x, y, z,
                aa, ab, ac, ad, ae, af)
// clang-format on
#undef WALLAROO_BIND
#undef WALLAROO_CAN_NAME
}

struct FieldTypes {
  template <class... F>
  constexpr Types<F...> operator()(F&...) const {
    return {};
  }
};
/// Types<...> of the fields of T, or HasBitField.
template <class T>
using fields_of =
    decltype(visit_fields<count_fields<T>()>(std::declval<T&>(), std::declval<FieldTypes>()));

}  // namespace wallaroo::detail
