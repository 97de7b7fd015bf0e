// The bodies of Keyed's methods.
#pragma once

#include "wallaroo/detail/functions.h"
#include "wallaroo/stream.h"

namespace wallaroo {

template <class T, class K>
template <class S, class Out, class Apply>
Stream<Out> Keyed<T, K>::add(std::string name, SharedState shared, Apply apply) const {
  auto make = [apply](const Wiring& wiring) {
    return std::make_unique<detail::StateEntry<T, S, Out, Apply>>(wiring, apply);
  };
  const uint32_t node =
      graph_->add({.kind = NodeKind::state,
                   .name = std::move(name),
                   .pipeline = pipeline_,
                   .inputs = {node_},
                   .factory = detail::makes_entry(make, &state_type<S>(), Apply::kTimers),
                   .shared_state = std::move(shared.name)});
  return Stream<Out>(*graph_, node, pipeline_);
}

template <class T, class K>
template <class S, class Function>
auto Keyed<T, K>::state(std::string name, SharedState shared, Function function) const {
  if constexpr (!Storable<S>) {
    static_assert(detail::kNever<S>,
                  "state<S>(): the state type S cannot be kept; make it a plain struct with "
                  "defaults and without views, or specialise wallaroo::Codec for it");
    return detail::Broken{};
  } else if constexpr (!std::is_invocable_v<Function&, const T&, S&>) {
    static_assert(
        detail::kNever<Function>,
        "state<S>(): the function must take a const reference to this stream's message type "
        "and an S&");
    return detail::Broken{};
  } else if constexpr (detail::takes_state_by_value<Function>()) {
    static_assert(detail::kNever<Function>,
                  "state<S>(): take the state as an S&; by value, changes are lost");
    return detail::Broken{};
  } else {
    using Returned = std::remove_cvref_t<std::invoke_result_t<Function&, const T&, S&>>;
    using Out = typename detail::OptionalValue<Returned>::type;
    if constexpr (!detail::kOutput<Out>) {
      static_assert(detail::kNever<Function>,
                    "state<S>(): the message type that the function returns must be default "
                    "constructible and assignable");
      return detail::Broken{};
    } else {
      return add<S, Out>(std::move(name), std::move(shared),
                         detail::StateApply<T, S, Out, Function>{function});
    }
  }
}

template <class T, class K>
template <class S, class Out, class Function>
Stream<Out> Keyed<T, K>::state_many(std::string name, SharedState shared, Function function) const {
  if constexpr (!Storable<S>) {
    static_assert(
        detail::kNever<S>,
        "state_many<S, Out>(): the state type S cannot be kept; make it a plain struct with "
        "defaults and without views, or specialise wallaroo::Codec for it");
  } else if constexpr (!detail::kValue<Out>) {
    static_assert(detail::kNever<Out>,
                  "state_many<S, Out>(): Out must be a default constructible and assignable type");
  } else if constexpr (!std::is_invocable_v<Function&, const T&, S&, Emit<Out>&>) {
    static_assert(detail::kNever<Function>,
                  "state_many<S, Out>(): the function must take a const reference to this stream's "
                  "message type, an S& and an Emit<Out>&");
  } else if constexpr (detail::takes_state_by_value<Function>()) {
    static_assert(detail::kNever<Function>,
                  "state_many<S, Out>(): the function takes its state by value, so that nothing it "
                  "changes is kept; take an S&");
  } else {
    return add<S, Out>(std::move(name), std::move(shared),
                       detail::StateApply<T, S, Out, Function>{function});
  }
  return Stream<Out>(*graph_, node_, pipeline_);
}

template <class T, class K>
template <class P>
auto Keyed<T, K>::process(std::string name, SharedState shared) const {
  if constexpr (!Storable<P>) {
    static_assert(detail::kNever<P>,
                  "process<P>(): the fields of P cannot be kept; make P a plain struct with "
                  "defaults and without views, or specialise wallaroo::Codec for it");
    return detail::Broken{};
  } else if constexpr (!detail::HasOnEvent<P, T>) {
    static_assert(
        detail::kNever<P>,
        "process<P>(): P must have on_event(const Message&, wallaroo::Context&), taking this "
        "stream's message type");
    return detail::Broken{};
  } else if constexpr (!detail::HasOnTimer<P>) {
    static_assert(detail::kNever<P>,
                  "process<P>(): P must have on_timer(std::string_view name, wallaroo::Context&)");
    return detail::Broken{};
  } else if constexpr (!detail::kOneOutput<P, T>) {
    static_assert(detail::kNever<P>,
                  "process<P>(): on_event and on_timer must return the same message type, a "
                  "std::optional of it, or nothing");
    return detail::Broken{};
  } else {
    using Out = detail::ProcessOutput<P, T>;
    return add<P, Out>(std::move(name), std::move(shared), detail::ProcessApply<T, P, Out>{});
  }
}

}  // namespace wallaroo
