// What the methods of streams ask about the functions they are given. Users do not need this
// header.
#pragma once

#include <functional>
#include <string_view>
#include <type_traits>
#include <utility>

#include "wallaroo/detail/broken.h"
#include "wallaroo/keyed_steps.h"

namespace wallaroo::detail {

template <class T>
inline constexpr bool kValue =
    std::is_object_v<T>&& std::is_default_constructible_v<T>&& std::is_move_assignable_v<T>;

/// What a computation may return: messages, or nothing.
template <class Out>
inline constexpr bool kOutput = std::is_void_v<Out> || kValue<Out>;

/// A pointer to a member of something else than T, or to a method that would change the T.
template <class T, class Function>
inline constexpr bool kForeignMember =
    std::is_member_pointer_v<Function> && !std::is_invocable_v<Function&, const T&>;

/// The key function as a callable, whether given as one or as a pointer to member.
template <class T, class Function>
auto as_callable(Function function) {
  // A foreign member is left to the caller's sentence: the lambda's body would not compile.
  if constexpr (std::is_member_pointer_v<Function> && !kForeignMember<T, Function>) {
    return [function](const T& value) -> decltype(auto) { return std::invoke(function, value); };
  } else {
    return function;
  }
}

template <class Function, class T>
concept ReturnsSomething = !std::is_void_v<std::invoke_result_t<Function&, const T&>>;

/// What a braced list of keys holds: what the function returns, or anything where that is wrong.
template <class T, class Function>
struct ListedKeyOf {
  using type = Anything;
};
template <class T, ReturnsSomething<T> Function>
struct ListedKeyOf<T, Function> {
  using type = std::remove_cvref_t<std::invoke_result_t<Function&, const T&>>;
};
template <class T, class Function>
using ListedKey = typename ListedKeyOf<T, Function>::type;

template <class A, class K>
concept NoKeyLike = !std::is_convertible_v<const A&, K>;

template <class Signature>
struct SecondParameter {
  using type = void;
};
template <class R, class A, class B, class... Rest>
struct SecondParameter<R (*)(A, B, Rest...)> {
  using type = B;
};
template <class F, class R, class A, class B, class... Rest>
struct SecondParameter<R (F::*)(A, B, Rest...)> {
  using type = B;
};
template <class F, class R, class A, class B, class... Rest>
struct SecondParameter<R (F::*)(A, B, Rest...) const> {
  using type = B;
};

/// Whether a function takes its state as a copy, as far as it can be seen: a template hides it.
template <class Function>
constexpr bool takes_state_by_value() {
  using Plain = std::decay_t<Function>;
  if constexpr (std::is_pointer_v<Plain>) {
    return std::is_object_v<typename SecondParameter<Plain>::type>;
  } else if constexpr (requires { &Plain::operator(); }) {
    return std::is_object_v<typename SecondParameter<decltype(&Plain::operator())>::type>;
  } else {
    return false;
  }
}

template <class P, class T>
concept HasOnEvent = requires(P& p, const T& value, Context& context) {
  p.on_event(value, context);
};
template <class P>
concept HasOnTimer = requires(P& p, std::string_view name, Context& context) {
  p.on_timer(name, context);
};

/// The message types that on_event and on_timer produce, or void.
template <class P, class T>
using EventOutput = typename OptionalValue<std::remove_cvref_t<decltype(std::declval<P&>().on_event(
    std::declval<const T&>(), std::declval<Context&>()))>>::type;
template <class P>
using TimerOutput = typename OptionalValue<std::remove_cvref_t<decltype(std::declval<P&>().on_timer(
    std::string_view{}, std::declval<Context&>()))>>::type;

/// The message type a process produces: what on_event returns, or else what on_timer does.
template <class P, class T>
using ProcessOutput =
    std::conditional_t<std::is_void_v<EventOutput<P, T>>, TimerOutput<P>, EventOutput<P, T>>;
template <class P, class T>
inline constexpr bool kOneOutput =
    std::is_void_v<TimerOutput<P>> || std::is_same_v<TimerOutput<P>, ProcessOutput<P, T>>;

}  // namespace wallaroo::detail
