// The bodies of key_by.
#pragma once

#include "wallaroo/detail/functions.h"
#include "wallaroo/stream.h"

namespace wallaroo {
namespace detail {

/// The key of a Keyed; void after an error.
template <class>
struct KeyOf {
  using type = void;
};
template <class T, class K>
struct KeyOf<Keyed<T, K>> {
  using type = K;
};

}  // namespace detail

template <class T>
template <class KeyFunction>
auto Stream<T>::key_by(KeyFunction key) const {
  auto function = detail::as_callable<T>(key);
  using Function = decltype(function);
  if constexpr (detail::kForeignMember<T, KeyFunction>) {
    static_assert(detail::kNever<KeyFunction>,
                  "key_by(): the member must be a field or a const method of this stream's message "
                  "type");
    return detail::Broken{};
  } else if constexpr (!std::is_invocable_v<Function&, const T&>) {
    static_assert(
        detail::kNever<KeyFunction>,
        "key_by(): the function must take a const reference to this stream's message type "
        "and return the key");
    return detail::Broken{};
  } else {
    using K = std::remove_cvref_t<std::invoke_result_t<Function&, const T&>>;
    if constexpr (!Keyable<K>) {
      static_assert(
          detail::kNever<K>,
          "key_by(): the key must be an integer, an enum, a string or a plain struct of such");
      return detail::Broken{};
    } else if constexpr (!Encodable<T>) {
      static_assert(
          detail::kNever<T>,
          "key_by(): this stream's message type cannot be serialised; make it a plain struct "
          "or specialise wallaroo::Codec for it");
      return detail::Broken{};
    } else {
      return add_key_by<K>(std::move(function));
    }
  }
}

template <class T>
template <class K, class Function>
Keyed<T, K> Stream<T>::add_key_by(Function function) const {
  const uint32_t node =
      graph_->add({.kind = NodeKind::key_by,
                   .name = "key-by",
                   .pipeline = pipeline_,
                   .inputs = {node_},
                   .factory = detail::makes_step([function](const Wiring& wiring) {
                     return std::make_unique<detail::KeyByStep<T, K, Function>>(wiring, function);
                   }),
                   .key_type = Codec<K>::description()});
  return Keyed<T, K>(*graph_, node, pipeline_);
}

template <class T>
template <class KeyFunction, class Keys>
auto Stream<T>::key_by_listed(KeyFunction key, const Keys& keys) const {
  using K = typename Keys::value_type;
  auto keyed = key_by(std::move(key));
  using Made = typename detail::KeyOf<decltype(keyed)>::type;
  if constexpr (std::is_void_v<Made>) {
    return keyed;
  } else if constexpr (!std::is_convertible_v<const K&, Made>) {
    static_assert(detail::kNever<K>,
                  "key_by(): the listed keys must be of the type that the function returns");
    return detail::Broken{};
  } else {
    Node& node = graph_->nodes.back();
    node.closed = true;
    for (const K& given : keys) {
      const Made& listed = given;
      Bytes scratch;
      node.closed_keys.emplace_back(key_bytes<Made>(listed, scratch));
    }
    return keyed;
  }
}

template <class T>
template <class KeyFunction, class K>
auto Stream<T>::key_by(KeyFunction key, const std::vector<K>& keys) const {
  return key_by_listed(std::move(key), keys);
}

template <class T>
template <class KeyFunction>
auto Stream<T>::key_by(KeyFunction key,
                       std::initializer_list<detail::ListedKey<T, KeyFunction>> keys) const {
  return key_by_listed(std::move(key), keys);
}

template <class T>
template <class KeyFunction, detail::NoKeyLike<detail::ListedKey<T, KeyFunction>> A>
auto Stream<T>::key_by(KeyFunction key, std::initializer_list<A> keys) const {
  return key_by_listed(std::move(key), keys);
}

}  // namespace wallaroo
