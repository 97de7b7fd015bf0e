// How a wrong use of a stream is refused: with one sentence and nothing after it. Users do not need
// this header.
#pragma once

#include <string>

namespace wallaroo::detail {

template <class...>
inline constexpr bool kNever = false;

/// What a method returns after its static_assert failed: accepts every further call in silence, so
/// that the sentence stays the only error.
struct Broken {
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
};

// The methods called with too few arguments. Streams have them beside the right ones.
struct UnnamedPipeline {
  template <class Source>
  Broken source(const Source&) const {
    static_assert(kNever<Source>, "source(): takes the name of the source, then what it reads");
    return {};
  }
};
struct UnnamedStream {
  template <class Function>
  Broken to(const Function&) const {
    static_assert(kNever<Function>, "to(): takes the name of the stage, then the function");
    return {};
  }
  template <class Function>
  Broken filter(const Function&) const {
    static_assert(kNever<Function>, "filter(): takes the name of the stage, then the function");
    return {};
  }
  template <class Out, class Function>
  Broken to_many(const Function&) const {
    static_assert(kNever<Function>,
                  "to_many<Out>(): takes the name of the stage, then the function");
    return {};
  }
  template <class Function>
  Broken to_many(const std::string&, const Function&) const {
    static_assert(kNever<Function>, "to_many<Out>(): name the type of its outputs: to_many<Out>");
    return {};
  }
  template <class S, class... A>
  Broken state(A&&...) const {
    static_assert(kNever<S>, "state<S>(): a state belongs to a key; call key_by() before it");
    return {};
  }
  template <class S, class Out, class... A>
  Broken state_many(A&&...) const {
    static_assert(kNever<S>, "state_many<S, Out>(): a state belongs to a key; call key_by() first");
    return {};
  }
  template <class P, class... A>
  Broken process(A&&...) const {
    static_assert(kNever<P>, "process<P>(): a state belongs to a key; call key_by() before it");
    return {};
  }
  template <class Other>
  Broken merge(const std::string&, const Other&) const {
    static_assert(kNever<Other>,
                  "merge(): both streams must have the same message type; convert one with to()");
    return {};
  }
  template <class Stream>
  Broken merge(const Stream&) const {
    static_assert(kNever<Stream>, "merge(): takes the name of the stage, then the other stream");
    return {};
  }
  template <class Stream = void>
  Broken spread() const {
    static_assert(kNever<Stream>, "spread(): takes the name of the stage");
    return {};
  }
  template <class Sink>
  void sink(const Sink&) const {
    static_assert(kNever<Sink>, "sink(): takes the name of the sink, then what it writes");
  }
};
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

 private:
  template <class... A>
  static Broken needs_state() {
    static_assert(kNever<A...>, "key_by(): state, state_many or process must follow it");
    return {};
  }
};

}  // namespace wallaroo::detail
