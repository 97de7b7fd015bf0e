// What is refused behind a function that returns nothing; see refusal.h. Users do not need this
// header.
#pragma once

#include <initializer_list>

#include "wallaroo/detail/broken.h"

namespace wallaroo::detail {

struct EndedStream {
  template <class... A>
  Broken to(A&&...) const {
    return nothing_follows<A...>();
  }
  template <class... A>
  Broken filter(A&&...) const {
    return nothing_follows<A...>();
  }
  template <class Out = void, class... A>
  Broken to_many(A&&...) const {
    return nothing_follows<Out>();
  }
  template <class... A>
  Broken event_time(A&&...) const {
    return nothing_follows<A...>();
  }
  template <class... A>
  Broken key_by(A&&...) const {
    return nothing_follows<A...>();
  }
  template <class KeyFunction>
  Broken key_by(const KeyFunction&, std::initializer_list<Anything>) const {
    return nothing_follows<KeyFunction>();
  }
  template <class... A>
  Broken merge(A&&...) const {
    return nothing_follows<A...>();
  }
  template <class... A>
  Broken spread(A&&...) const {
    return nothing_follows<A...>();
  }
  template <class... A>
  void sink(A&&...) const {
    nothing_follows<A...>();
  }
  template <class S = void, class... A>
  Broken state(A&&...) const {
    return nothing_follows<S>();
  }
  template <class S = void, class Out = void, class... A>
  Broken state_many(A&&...) const {
    return nothing_follows<S>();
  }
  template <class P = void, class... A>
  Broken process(A&&...) const {
    return nothing_follows<P>();
  }
  /// Where a stream of messages is asked for.
  template <class T>
  operator Stream<T>() const {  // NOLINT(google-explicit-constructor)
    return nothing_follows<T>();
  }

 private:
  template <class... A>
  static Broken nothing_follows() {
    static_assert(kNever<A...>,
                  "a function that returns void ends the pipeline, so nothing can follow it; let "
                  "it return the next message, or a std::optional of it");
    return {};
  }
};

}  // namespace wallaroo::detail
