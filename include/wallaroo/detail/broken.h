// What a stream becomes by a wrong use. Users do not need this header.
#pragma once

#include <initializer_list>

namespace wallaroo {

template <class T>
class Stream;
template <class T, class K>
class Keyed;

namespace detail {

template <class...>
inline constexpr bool kNever = false;

/// What a braced list may hold where its types are wrong already.
struct Anything {
  template <class... A>
  Anything(const A&...) {}  // NOLINT(google-explicit-constructor)
  Anything(std::initializer_list<Anything>) {}
};

/// What a method returns after its static_assert failed: accepts every further call in silence and
/// is taken for any stream, so that the sentence stays the only error.
struct Broken {
  // Only declared: a program that gets here does not compile, so none can run them.
  template <class T>
  operator Stream<T>() const;  // NOLINT(google-explicit-constructor)
  template <class T, class K>
  operator Keyed<T, K>() const;  // NOLINT(google-explicit-constructor)

  template <class... A>
  Broken to(A&&...) const {
    return {};
  }
  template <class... A>
  Broken filter(A&&...) const {
    return {};
  }
  template <class, class... A>
  Broken to_many(A&&...) const {
    return {};
  }
  template <class... A>
  Broken event_time(A&&...) const {
    return {};
  }
  template <class... A>
  Broken key_by(A&&...) const {
    return {};
  }
  template <class KeyFunction>
  Broken key_by(const KeyFunction&, std::initializer_list<Anything>) const {
    return {};
  }
  template <class... A>
  Broken merge(A&&...) const {
    return {};
  }
  template <class... A>
  Broken spread(A&&...) const {
    return {};
  }
  template <class... A>
  void sink(A&&...) const {}
  template <class, class... A>
  Broken state(A&&...) const {
    return {};
  }
  template <class, class, class... A>
  Broken state_many(A&&...) const {
    return {};
  }
  template <class, class... A>
  Broken process(A&&...) const {
    return {};
  }
  template <class... A>
  Broken on_error(A&&...) const {
    return {};
  }
};

}  // namespace detail
}  // namespace wallaroo
