// What is refused of a keyed stream; see refusal.h. Users do not need this header.
#pragma once

#include <string>

#include "wallaroo/detail/refusal.h"

namespace wallaroo::detail {

// What takes `int kNoType` first is chosen when no type was named.
struct UnnamedKeyed {
  template <class... A>
  Broken to(A&&...) const {
    return needs_state<A...>();
  }
  template <class... A>
  Broken filter(A&&...) const {
    return needs_state<A...>();
  }
  template <class Out, class... A>
  Broken to_many(A&&...) const {
    return needs_state<Out>();
  }
  template <class... A>
  Broken merge(A&&...) const {
    return needs_state<A...>();
  }
  template <class... A>
  Broken spread(A&&...) const {
    return needs_state<A...>();
  }
  template <class... A>
  void sink(A&&...) const {
    needs_state<A...>();
  }
  template <class S, class Function>
  Broken state(const Function&) const {
    static_assert(kNever<Function>, "state<S>(): takes the name of the stage, then the function");
    return {};
  }
  template <class S, class Out, class Function>
  Broken state_many(const Function&) const {
    static_assert(kNever<Function>,
                  "state_many<S, Out>(): takes the name of the stage, then the function");
    return {};
  }
  template <class P>
  Broken process() const {
    static_assert(kNever<P>, "process<P>(): takes the name of the stage");
    return {};
  }
  template <class S, class Other>
  requires(!Name<Other>) Broken state(const Other&, const std::string&)
  const {
    static_assert(kNever<Other>,
                  "state<S>(): takes the name of the stage first, then the function");
    return {};
  }
  template <class S, class Out, class Other>
  requires(!Name<Other>) Broken state_many(const Other&, const std::string&)
  const {
    static_assert(kNever<Other>,
                  "state_many<S, Out>(): takes the name of the stage first, then the function");
    return {};
  }
  template <int kNoType = 0, class... A>
  Broken state(const std::string&, A&&...) const {
    static_assert(kNever<A...>, "state<S>(): name the type of the state: state<S>");
    return {};
  }
  template <int kNoType = 0, class... A>
  Broken state_many(const std::string&, A&&...) const {
    static_assert(kNever<A...>,
                  "state_many<S, Out>(): name the types of state and outputs: state_many<S, Out>");
    return {};
  }
  template <class S, int kNoType = 0, class... A>
  Broken state_many(const std::string&, A&&...) const {
    static_assert(kNever<A...>,
                  "state_many<S, Out>(): name the type of its outputs too: state_many<S, Out>");
    return {};
  }
  template <int kNoType = 0, class... A>
  Broken process(const std::string&, A&&...) const {
    static_assert(kNever<A...>, "process<P>(): name the struct: process<P>");
    return {};
  }
  template <class S, class Function>
  Broken state(std::string, Function) const requires MoveOnly<Function> {
    static_assert(kNever<Function>,
                  "state<S>(): each core has its own copy of the function, but this one cannot be "
                  "copied; hold what it owns in a std::shared_ptr");
    return {};
  }
  template <class S, class Out, class Function>
  Broken state_many(std::string, Function) const requires MoveOnly<Function> {
    static_assert(kNever<Function>,
                  "state_many<S, Out>(): each core has its own copy of the function, but this one "
                  "cannot be copied; hold what it owns in a std::shared_ptr");
    return {};
  }
  template <class S, class Function>
  Broken state(std::string, SharedState, Function) const requires MoveOnly<Function> {
    static_assert(kNever<Function>,
                  "state<S>(): each core has its own copy of the function, but this one cannot be "
                  "copied; hold what it owns in a std::shared_ptr");
    return {};
  }
  template <class S, class Out, class Function>
  Broken state_many(std::string, SharedState, Function) const requires MoveOnly<Function> {
    static_assert(kNever<Function>,
                  "state_many<S, Out>(): each core has its own copy of the function, but this one "
                  "cannot be copied; hold what it owns in a std::shared_ptr");
    return {};
  }

 private:
  template <class... A>
  static Broken needs_state() {
    static_assert(kNever<A...>, "key_by(): state, state_many or process must follow it");
    return {};
  }
};

}  // namespace wallaroo::detail
