// The typed steps behind Stream's methods: thin loops, compiled in the user's translation unit so
// that the user's function is inlined into them. Users do not need this header.
#pragma once

#include <optional>
#include <string>
#include <type_traits>
#include <utility>

#include "wallaroo/codec.h"
#include "wallaroo/emit.h"
#include "wallaroo/step.h"

namespace wallaroo::detail {

template <class T>
struct OptionalValue {
  using type = T;
  static constexpr bool optional = false;
};
template <class T>
struct OptionalValue<std::optional<T>> {
  using type = T;
  static constexpr bool optional = true;
};
template <>
struct OptionalValue<void> {
  using type = void;
  static constexpr bool optional = false;
};

/// Emits what a user function returned: a value, an optional value, or nothing.
template <class Out, class Result>
void emit_result(Emit<Out>& emit, Result&& result) {
  if constexpr (OptionalValue<std::remove_cvref_t<Result>>::optional) {
    if (result.has_value()) emit(*std::forward<Result>(result));
  } else {
    emit(std::forward<Result>(result));
  }
}

/// Runs `body(i)` for i in [begin, end) until body returns false; returns the index after the last
/// one run. A body that throws counts as run, and `failed(i)` tells whether to go on; if not, the
/// rest counts as run.
template <class Body, class Failed>
size_t guarded_loop(size_t begin, size_t end, Body&& body, Failed&& failed) {
  size_t i = begin;
  try {
    while (i < end) {
      const bool go_on = body(i);
      ++i;
      if (!go_on) break;
    }
  } catch (...) {
    return failed(i) ? i + 1 : end;
  }
  return i;
}

/// One computation: applies `apply(value, emit)` to each value.
template <class In, class Out, class Apply>
class ComputationStep final : public Step {
 public:
  ComputationStep(const Wiring& wiring, Apply apply)
      : output_(wiring), chain_(wiring.chain), site_(wiring.site), apply_(std::move(apply)) {}

  void process(const void* values, const Stamp* stamps, size_t count) override {
    const In* in = static_cast<const In*>(values);
    const bool stopped = chain_.stopped;  // before: then these come from in front of the failure
    size_t at = 0;
    while (at < count && chain_.stopped == stopped) {
      at = guarded_loop(
          at, count,
          [&](size_t i) {
            output_.begin_record(stamps[i]);
            apply_(in[i], output_.emit());
            return !output_.full();
          },
          [&](size_t i) {
            output_.fail_record();
            return chain_.user_error(site_, stamps[i].record);
          });
      if (output_.full()) output_.flush();
    }
    output_.flush();
  }

 private:
  Output<Out> output_;
  Chain& chain_;
  const Site site_;
  Apply apply_;
};

/// How a value travels as the payload of a record: text as it is, anything else through its Codec.
template <class T>
inline constexpr bool kIsText =
    std::is_same_v<T, std::string> || std::is_same_v<T, std::string_view>;

template <class T>
bool decode_payload(const Record& record, T& value) {
  if constexpr (kIsText<T>) {
    value = record.payload_view();
    return true;
  } else {
    Reader in(record.payload, record.payload_bytes);
    return Codec<T>::decode(in, value) && in.left() == 0;
  }
}

}  // namespace wallaroo::detail
