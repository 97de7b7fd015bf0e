// The bodies of Stream's methods. Each checks its function first and says what is wrong in one
// sentence; nothing else is instantiated after that.
#pragma once

#include "wallaroo/detail/functions.h"
#include "wallaroo/stream.h"

namespace wallaroo {

template <class T>
template <class Out>
Stream<Out> Stream<T>::add(NodeKind kind, std::string name,
                           std::shared_ptr<const StepFactory> factory) const {
  const uint32_t node = graph_->add({.kind = kind,
                                     .name = std::move(name),
                                     .pipeline = pipeline_,
                                     .inputs = {node_},
                                     .factory = std::move(factory)});
  return Stream<Out>(*graph_, node, pipeline_);
}

template <class T>
template <class Function>
auto Stream<T>::to(std::string name, Function function) const {
  if constexpr (!std::is_invocable_v<Function&, const T&>) {
    static_assert(detail::kNever<Function>,
                  "to(): the function must take one argument, a const reference to this stream's "
                  "message type");
    return detail::Broken{};
  } else {
    using Returned = std::remove_cvref_t<std::invoke_result_t<Function&, const T&>>;
    using Out = typename detail::OptionalValue<Returned>::type;
    if constexpr (!detail::kOutput<Out>) {
      static_assert(
          detail::kNever<Function>,
          "to(): the message type that the function returns must be default constructible "
          "and assignable");
      return detail::Broken{};
    } else {
      auto apply = [function](const T& in, Emit<Out>& emit) mutable {
        if constexpr (std::is_void_v<Out>) {
          function(in);
        } else {
          detail::emit_result(emit, function(in));
        }
      };
      return add<Out>(NodeKind::computation, std::move(name),
                      detail::makes_step([apply](const Wiring& wiring) {
                        return std::make_unique<detail::ComputationStep<T, Out, decltype(apply)>>(
                            wiring, apply);
                      }));
    }
  }
}

template <class T>
template <class Predicate>
Stream<T> Stream<T>::filter(std::string name, Predicate predicate) const {
  if constexpr (!std::is_invocable_r_v<bool, Predicate&, const T&>) {
    static_assert(
        detail::kNever<Predicate>,
        "filter(): the function must take a const reference to this stream's message type "
        "and return bool");
    return *this;
  } else {
    auto apply = [predicate](const T& in, Emit<T>& emit) mutable {
      if (predicate(in)) emit(in);
    };
    return add<T>(
        NodeKind::computation, std::move(name), detail::makes_step([apply](const Wiring& wiring) {
          return std::make_unique<detail::ComputationStep<T, T, decltype(apply)>>(wiring, apply);
        }));
  }
}

template <class T>
template <class Out, class Function>
Stream<Out> Stream<T>::to_many(std::string name, Function function) const {
  if constexpr (!detail::kValue<Out>) {
    static_assert(detail::kNever<Out>,
                  "to_many<Out>(): Out must be a default constructible and assignable type");
  } else if constexpr (!std::is_invocable_v<Function&, const T&, Emit<Out>&>) {
    static_assert(
        detail::kNever<Function>,
        "to_many<Out>(): the function must take a const reference to this stream's message "
        "type and an Emit<Out>&");
  } else {
    return add<Out>(NodeKind::computation, std::move(name),
                    detail::makes_step([function](const Wiring& wiring) {
                      return std::make_unique<detail::ComputationStep<T, Out, Function>>(wiring,
                                                                                         function);
                    }));
  }
  return Stream<Out>(*graph_, node_, pipeline_);
}

template <class T>
template <class TimeFunction>
Stream<T> Stream<T>::event_time(TimeFunction time, BoundedLateness lateness) const {
  auto function = detail::as_callable<T>(time);
  if constexpr (detail::kForeignMember<T, TimeFunction>) {
    static_assert(detail::kNever<TimeFunction>,
                  "event_time(): the member must be a field or a const method of this stream's "
                  "message type");
  } else if constexpr (!std::is_invocable_v<decltype(function)&, const T&>) {
    static_assert(detail::kNever<TimeFunction>,
                  "event_time(): the function must take a const reference to this stream's message "
                  "type and return a wallaroo::Time");
  } else if constexpr (!requires(decltype(function)& f, const T& v) { to_ns(f(v)); }) {
    static_assert(
        detail::kNever<TimeFunction>,
        "event_time(): the function must return a wallaroo::Time or nanoseconds as int64_t");
  } else {
    const int64_t late_ns = lateness.by.count();
    if (late_ns < 0) {
      graph_->mistakes.push_back("event_time in pipeline '" + pipeline_ +
                                 "': a lateness is not negative");
    }
    return add<T>(NodeKind::event_time, "event-time",
                  detail::makes_step([function, late_ns](const Wiring& wiring) {
                    return std::make_unique<detail::EventTimeStep<T, decltype(function)>>(
                        wiring, function, late_ns);
                  }));
  }
  return *this;
}

template <class T>
Stream<T> Stream<T>::merge(std::string name, const Stream<T>& other) const {
  if constexpr (!Encodable<T>) {
    static_assert(
        detail::kNever<T>,
        "merge(): this stream's message type cannot be serialised; make it a plain struct or "
        "specialise wallaroo::Codec for it");
    return *this;
  } else {
    if (other.graph_ == graph_)
      return relay(NodeKind::merge, std::move(name), {node_, other.node_});
    graph_->mistakes.push_back("merge '" + name +
                               "' takes a stream of another application; build both streams from "
                               "the same one");
    return *this;
  }
}

template <class T>
Stream<T> Stream<T>::spread(std::string name) const {
  if constexpr (!Encodable<T>) {
    static_assert(
        detail::kNever<T>,
        "spread(): this stream's message type cannot be serialised; make it a plain struct or "
        "specialise wallaroo::Codec for it");
    return *this;
  } else {
    return relay(NodeKind::spread, std::move(name), {node_});
  }
}

template <class T>
Stream<T> Stream<T>::relay(NodeKind kind, std::string name, std::vector<uint32_t> inputs) const {
  auto factory = std::make_shared<const detail::RelayFactory<T>>();
  const uint32_t node = graph_->add({.kind = kind,
                                     .name = std::move(name),
                                     .pipeline = pipeline_,
                                     .inputs = std::move(inputs),
                                     .factory = std::move(factory)});
  return Stream<T>(*graph_, node, pipeline_);
}

template <class T>
template <class Encoder>
void Stream<T>::sink(std::string name, Sink<Encoder> sink, std::optional<OnError> on_error) const {
  if constexpr (!std::is_invocable_v<Encoder&, const T&, Bytes&>) {
    static_assert(
        detail::kNever<Encoder>,
        "sink(): the encoder must take a const reference to this stream's message type and a "
        "Bytes& to append to");
  } else {
    auto encode = [encoder = sink.encoder, framing = sink.framing](const T& value, Bytes& out) {
      detail::encode_message(encoder, framing, value, out);
    };
    auto factory = detail::makes_step([encode](const Wiring& wiring) {
      return std::make_unique<detail::SinkStep<T, decltype(encode)>>(wiring, encode);
    });
    graph_->add({.kind = NodeKind::sink,
                 .name = std::move(name),
                 .pipeline = pipeline_,
                 .inputs = {node_},
                 .factory = std::move(factory),
                 .sink = std::move(sink.spec),
                 .on_error = on_error});
  }
}

}  // namespace wallaroo
