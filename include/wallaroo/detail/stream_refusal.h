// What is refused of a stream; see refusal.h. Users do not need this header.
#pragma once

#include <optional>
#include <string>
#include <type_traits>

#include "wallaroo/detail/ended_refusal.h"
#include "wallaroo/detail/refusal.h"
#include "wallaroo/time.h"

namespace wallaroo::detail {

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
  template <class S = void, class... A>
  Broken state(A&&...) const {
    static_assert(kNever<S>, "state<S>(): a state belongs to a key; call key_by() before it");
    return {};
  }
  template <class S = void, class Out = void, class... A>
  Broken state_many(A&&...) const {
    static_assert(kNever<S>, "state_many<S, Out>(): a state belongs to a key; call key_by() first");
    return {};
  }
  template <class P = void, class... A>
  Broken process(A&&...) const {
    static_assert(kNever<P>, "process<P>(): a state belongs to a key; call key_by() before it");
    return {};
  }
  template <class Other>
  Broken merge(const std::string&, const Other& other) const {
    if constexpr (std::is_base_of_v<EndedStream, Other>) {
      other.merge();
    } else {
      static_assert(std::is_same_v<Other, Broken>,
                    "merge(): both streams must have the same message type; convert one with to()");
    }
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
  template <class Other>
  requires(!Name<Other>) Broken to(const Other&, const std::string&)
  const {
    static_assert(kNever<Other>, "to(): takes the name of the stage first, then the function");
    return {};
  }
  template <class Function>
  Broken to(std::string, Function) const requires MoveOnly<Function> {
    static_assert(kNever<Function>,
                  "to(): each core has its own copy of the function, but this one cannot be "
                  "copied; hold what it owns in a std::shared_ptr");
    return {};
  }
  template <class Other>
  requires(!Name<Other>) Broken filter(const Other&, const std::string&)
  const {
    static_assert(kNever<Other>, "filter(): takes the name of the stage first, then the function");
    return {};
  }
  template <class Function>
  Broken filter(std::string, Function) const requires MoveOnly<Function> {
    static_assert(kNever<Function>,
                  "filter(): each core has its own copy of the function, but this one cannot be "
                  "copied; hold what it owns in a std::shared_ptr");
    return {};
  }
  template <class Out, class Other>
  requires(!Name<Other>) Broken to_many(const Other&, const std::string&)
  const {
    static_assert(kNever<Other>,
                  "to_many<Out>(): takes the name of the stage first, then the function");
    return {};
  }
  template <class Out, class Function>
  Broken to_many(std::string, Function) const requires MoveOnly<Function> {
    static_assert(kNever<Function>,
                  "to_many<Out>(): each core has its own copy of the function, but this one cannot "
                  "be copied; hold what it owns in a std::shared_ptr");
    return {};
  }
  template <class Other>
  requires(!Name<Other>) Broken merge(const Other&, const std::string&)
  const {
    static_assert(kNever<Other>,
                  "merge(): takes the name of the stage first, then the other stream");
    return {};
  }
  template <class Function>
  Broken key_by(Function) const requires MoveOnly<Function> {
    static_assert(kNever<Function>,
                  "key_by(): each core has its own copy of the function, but this one cannot be "
                  "copied; hold what it owns in a std::shared_ptr");
    return {};
  }
  template <class Function>
  Broken key_by(const std::string&, const Function&) const {
    static_assert(kNever<Function>, "key_by(): takes no name, only the function");
    return {};
  }
  template <class Function>
  Broken event_time(Function, BoundedLateness) const requires MoveOnly<Function> {
    static_assert(kNever<Function>,
                  "event_time(): each core has its own copy of the function, but this one cannot "
                  "be copied; hold what it owns in a std::shared_ptr");
    return {};
  }
  template <class Other>
  requires(!Name<Other>) void sink(const Other&, const std::string&) const {
    static_assert(kNever<Other>, "sink(): takes the name of the sink first, then what it writes");
  }
  template <class Other>
  void sink(const std::string&, const Other&, std::optional<OnError> = {}) const {
    if constexpr (kIsSource<Other>) {
      static_assert(kNever<Other>,
                    "sink(): this is a source; a sink is what messages are written to, such as "
                    "tcp::connect(...)");
    } else {
      static_assert(kNever<Other>,
                    "sink(): takes the name of the sink, then what it writes to, such as "
                    "tcp::connect(...)");
    }
  }
  template <class Encoder>
  void sink(std::string, Sink<Encoder>,
            std::optional<OnError> = {}) const requires MoveOnly<Encoder> {
    static_assert(kNever<Encoder>,
                  "sink(): each core has its own copy of the encoder, but this one cannot be "
                  "copied; hold what it owns in a std::shared_ptr");
  }
};

}  // namespace wallaroo::detail
