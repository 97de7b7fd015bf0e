// Messages as JSON: decoders and encoders for sources and sinks from nothing but the names of a
// struct's fields. docs/guide/json.md describes how each C++ type looks in JSON.
#pragma once

#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

#include "wallaroo/detail/json_read.h"
#include "wallaroo/detail/json_write.h"
#include "wallaroo/error.h"

/// Inside a struct or class, after its fields: WALLAROO_FIELDS(Order, id, items) gives it a form in
/// JSON, an object with these fields. Private fields may be named, others left out.
#define WALLAROO_FIELDS(Type, ...)                                                             \
  static constexpr const char* wallaroo_type_name() { return #Type; }                          \
  static constexpr const char* wallaroo_field_names() { return #__VA_ARGS__; }                 \
  static constexpr auto wallaroo_fields() {                                                    \
    return ::std::make_tuple(WALLAROO_DETAIL_EACH(WALLAROO_DETAIL_MEMBER, Type, __VA_ARGS__)); \
  }

/// Beside an enum: WALLAROO_NAMES(Side, buy, sell) makes it text in JSON. Without it, an enum is
/// its number.
#define WALLAROO_NAMES(Type, ...)                                                                  \
  [[maybe_unused]] constexpr auto wallaroo_names(Type) {                                           \
    return ::wallaroo::detail::enumerators(                                                        \
        #Type, #__VA_ARGS__, WALLAROO_DETAIL_EACH(WALLAROO_DETAIL_ENUMERATOR, Type, __VA_ARGS__)); \
  }

namespace wallaroo::json {

/// A decoder of JSON texts into T; see decode. Each copy has a parser and its memory of its own,
/// made at the first use, about 16 bytes for each byte of the longest text. Belongs to one core.
template <class T>
class Decode {
 public:
  using Message = T;

  /// Into a value that may have been used before: it keeps its capacity. False when `text` is not a
  /// T in JSON; `value` is then unspecified but valid, and why() says what is wrong.
  bool operator()(std::string_view text, T& value) {
    problem_ = {};
    detail::JsonCursor root{};
    return parser_.parse(text, root, problem_) && detail::read_json(root, value, problem_);
  }
  /// "items[3].price: 300 does not fit in 8 bits": why the last text was refused.
  std::string why() const { return problem_.text(); }

 private:
  detail::JsonParser parser_;
  detail::JsonProblem problem_;
};

/// For sources: tcp::listen(address, framing::lines, json::decode<Order>). A message that is no T
/// is dropped and counted, and the warning names the field.
template <class T>
inline const Decode<T> decode{};

/// Writes values as JSON; see encode.
struct Encode {
  /// Appends `value`. Throws std::domain_error, which the stage counts as a failure of its message,
  /// for what JSON cannot say: a number that is not finite, text that is not UTF-8, an enum's value
  /// without a name.
  template <class T>
  void operator()(const T& value, Bytes& out) const {
    detail::JsonProblem problem;
    if (!detail::write_json(value, out, problem)) throw std::domain_error(problem.text());
  }
};

/// For sinks: tcp::connect(address, framing::lines, json::encode).
inline constexpr Encode encode{};

/// The T that `text` is, for use outside of sources. Fails with ErrorCode::undecodable.
template <class T>
Result<T> parse(std::string_view text) {
  Decode<T> decoder;
  T value{};
  if (decoder(text, value)) return value;
  return fail(ErrorCode::undecodable, decoder.why());
}

/// `value` as text. Throws as encode does.
template <class T>
std::string to_text(const T& value) {
  Bytes out;
  encode(value, out);
  return std::string(out.view());
}

}  // namespace wallaroo::json
