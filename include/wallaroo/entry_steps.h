// The typed entries that start chains: of a source, a generator, and a merge or spread. Users do
// not need this header.
#pragma once

#include <string>
#include <type_traits>
#include <utility>

#include "wallaroo/steps.h"

namespace wallaroo::detail {

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

/// Decodes the values of streams that were merged or spread and starts the chain behind that.
template <class T>
class RelayEntry final : public Entry {
 public:
  RelayEntry(const Wiring& wiring, std::string name)
      : output_(wiring), chain_(wiring.chain), name_(std::move(name)) {}

  size_t run(const Record* records, void* const*, size_t from, size_t count) override {
    size_t at = from;
    while (at < count) {
      for (; at < count && !output_.full(); ++at) {
        if (!decode_payload(records[at], value_)) {
          chain_.undecodable(name_);
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
  std::string name_;
  T value_{};
};

}  // namespace wallaroo::detail
