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
/// one run. A throwing body counts as run: its record is reported by `failed`.
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
    failed();
    ++i;
  }
  return i;
}

/// One computation: applies `apply(value, emit)` to each value.
template <class In, class Out, class Apply>
class ComputationStep final : public Step {
 public:
  ComputationStep(const Wiring& wiring, std::string name, Apply apply)
      : output_(wiring), chain_(wiring.chain), name_(std::move(name)), apply_(std::move(apply)) {}

  void process(const void* values, const int64_t* event_times, size_t count) override {
    const In* in = static_cast<const In*>(values);
    size_t at = 0;
    while (at < count) {
      at = guarded_loop(
          at, count,
          [&](size_t i) {
            output_.begin_record(event_times[i]);
            apply_(in[i], output_.emit());
            return !output_.full();
          },
          [&] {
            output_.fail_record();
            chain_.user_error(name_);
          });
      if (output_.full()) output_.flush();
    }
    output_.flush();
  }

 private:
  Output<Out> output_;
  Chain& chain_;
  std::string name_;
  Apply apply_;
};

/// Decodes a source's messages and starts its chain.
template <class T, class Decoder>
class SourceEntry final : public Entry {
 public:
  SourceEntry(const Wiring& wiring, std::string name, Decoder decoder)
      : output_(wiring),
        chain_(wiring.chain),
        name_(std::move(name)),
        decoder_(std::move(decoder)) {}

  size_t run(const Record* records, void* const*, size_t from, size_t count) override {
    size_t at = from;
    while (at < count) {
      at = guarded_loop(
          at, count, [&](size_t i) { return one(records[i]); },
          [&] {
            output_.fail_record();
            chain_.user_error(name_);
          });
      if (output_.full()) output_.flush();
      if (chain_.ports_blocked != 0) break;
    }
    output_.flush();
    return at;
  }

 private:
  bool one(const Record& record) {
    output_.begin_record(record.event_time_ns);
    auto decoded = decoder_(record.payload_view());
    if constexpr (OptionalValue<decltype(decoded)>::optional) {
      if (!decoded.has_value()) {
        chain_.undecodable(name_);
        return true;
      }
      output_.emit()(*std::move(decoded));
    } else {
      output_.emit()(std::move(decoded));
    }
    return !output_.full();
  }

  Output<T> output_;
  Chain& chain_;
  std::string name_;
  Decoder decoder_;
};

/// Makes values from a function of their number; an empty optional ends the source.
template <class T, class Make>
class GeneratorEntry final : public Entry {
 public:
  GeneratorEntry(const Wiring& wiring, std::string name, Make make)
      : output_(wiring), chain_(wiring.chain), name_(std::move(name)), make_(std::move(make)) {}

  size_t run(const Record* records, void* const*, size_t from, size_t count) override {
    size_t at = from;
    while (at < count && !chain_.source_finished && chain_.ports_blocked == 0) {
      at = guarded_loop(
          at, count,
          [&](size_t i) {
            output_.begin_record(records[i].event_time_ns);
            auto made = make_(records[i].hash);
            chain_.source_finished = !made.has_value();
            if (made.has_value()) output_.emit()(*std::move(made));
            return !chain_.source_finished && !output_.full();
          },
          [&] {
            output_.fail_record();
            chain_.user_error(name_);
          });
      if (output_.full()) output_.flush();
    }
    output_.flush();
    return at;
  }

 private:
  Output<T> output_;
  Chain& chain_;
  std::string name_;
  Make make_;
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

/// Decodes the values of merged streams and starts the chain behind the merge.
template <class T>
class MergeEntry final : public Entry {
 public:
  explicit MergeEntry(const Wiring& wiring) : output_(wiring), chain_(wiring.chain) {}

  size_t run(const Record* records, void* const*, size_t from, size_t count) override {
    size_t at = from;
    while (at < count) {
      for (; at < count && !output_.full(); ++at) {
        if (!decode_payload(records[at], value_)) {
          chain_.undecodable("merge");
          continue;
        }
        output_.begin_record(records[at].event_time_ns);
        output_.emit()(value_);
      }
      if (output_.full()) output_.flush();
      if (chain_.ports_blocked != 0) break;
    }
    output_.flush();
    return at;
  }

 private:
  Output<T> output_;
  Chain& chain_;
  T value_{};
};

}  // namespace wallaroo::detail
