// How values become bytes and back: messages between cores, keys, and state in snapshots. The
// format is written down in docs/formats/values.md. Plain structs, strings, numbers and containers
// work as they are; for anything else specialise wallaroo::Codec<T>.
#pragma once

#include "wallaroo/detail/get.h"
#include "wallaroo/detail/put.h"
#include "wallaroo/step.h"

namespace wallaroo {

/// Writes and reads a T. Specialise it (all three functions) for a type that is not a plain struct.
template <class T>
struct Codec {
  static constexpr bool kDerived = true;  ///< not a user's specialisation

  static void encode(const T& value, Bytes& out) {
    if constexpr (check<T>()) {
      if constexpr (detail::is_sized<T>()) {
        detail::Sizer sizer;
        detail::put(value, sizer);
        detail::Cursor cursor{out.prepare(sizer.bytes)};
        detail::put(value, cursor);
        out.commit(sizer.bytes);
      } else {
        detail::put(value, out);
      }
    }
  }
  /// Into a value that may have been used before: it keeps its capacity. Views borrow from `in`.
  /// False when the bytes are not a T; `value` is then unspecified but valid.
  static bool decode(Reader& in, T& value) {
    if constexpr (check<T>()) {
      return detail::get(in, value);
    } else {
      return false;
    }
  }
  /// The full type, as stored in snapshots: kind and order of the fields, nested.
  static std::string description() {
    std::string shape;
    if constexpr (check<T>()) detail::describe<T>(shape);
    return shape;
  }

 private:
  template <class U>
  static constexpr bool check() {
    static_assert(detail::is_encodable<U>(),
                  "this type cannot be serialised: make it a plain struct or specialise "
                  "wallaroo::Codec<T>");
    return detail::is_encodable<U>();
  }
};

/// Whether values of T can cross a core, a key_by or a merge.
template <class T>
concept Encodable = detail::is_encodable<T>();

/// Whether a decoded T holds views (std::string_view, std::span) into the batch it came from.
template <class T>
concept Borrowing = detail::is_borrowing<T>();

/// Whether a T can be kept as state: encodable, default-constructible, without views.
template <class T>
concept Storable = Encodable<T> && !Borrowing<T> && std::is_move_constructible_v<T> &&
                   std::is_default_constructible_v<T>;

/// Whether a T can be a key: an integer, an enum, a string, or a plain struct of these, of pairs,
/// arrays, optionals and vectors of them. Equal keys must have equal bytes, so neither floating
/// point numbers (-0.0 == 0.0) nor hash maps (any order).
template <class T>
concept Keyable = detail::is_keyable<T>();

/// The bytes of `key`: 8 little-endian bytes of an integer or enum, a string's own bytes (not
/// copied: valid as long as `key` is), the encoding of a struct. Otherwise valid until `scratch`
/// changes.
template <Keyable K>
std::string_view key_bytes(const K& key, Bytes& scratch) {
  if constexpr (std::is_convertible_v<const K&, std::string_view>) {
    return key;
  } else {
    scratch.clear();
    if constexpr (std::is_enum_v<K> || std::is_integral_v<K>) {
      const auto number = static_cast<uint64_t>(key);
      scratch.append(&number, sizeof number);
    } else {
      Codec<K>::encode(key, scratch);
    }
    return scratch.view();
  }
}

/// The key that key_bytes() wrote; a string_view borrows from `bytes`. Anything else gives K{}.
template <Keyable K>
K decode_key(std::string_view bytes) {
  if constexpr (std::is_convertible_v<const K&, std::string_view>) {
    return K(bytes.data(), bytes.size());
  } else {
    Reader in(bytes.data(), bytes.size());
    if constexpr (std::is_enum_v<K> || std::is_integral_v<K>) {
      uint64_t number = 0;
      return in.read(number) && in.left() == 0 ? static_cast<K>(number) : K{};
    } else {
      K key{};
      return Codec<K>::decode(in, key) && in.left() == 0 ? key : K{};
    }
  }
}

/// How the engine handles a state of type S without knowing S.
template <Storable S>
const StateType& state_type() {
  static constexpr StateType kType{
      .bytes = sizeof(S),
      .alignment = alignof(S),
      .trivial = std::is_trivially_copyable_v<S>,
      .construct = [](void* at) { new (at) S{}; },
      .destroy = [](void* at) { static_cast<S*>(at)->~S(); },
      .relocate =
          [](void* to, void* from) {
            new (to) S(std::move(*static_cast<S*>(from)));
            static_cast<S*>(from)->~S();
          },
      .encode = [](const void* from,
                   Bytes& out) { Codec<S>::encode(*static_cast<const S*>(from), out); },
      .decode = [](Reader& in, void* to) { return Codec<S>::decode(in, *static_cast<S*>(to)); },
      .description = [] { return Codec<S>::description(); },
  };
  return kType;
}

}  // namespace wallaroo
