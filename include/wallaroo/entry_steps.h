// The typed entries that start chains: of a source, a generator, and a merge or spread. Users do
// not need this header.
#pragma once

#include <concepts>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "wallaroo/steps.h"

namespace wallaroo::detail {

/// A decoder that fills a value which is used again, and says why it refuses a message.
template <class Decoder>
concept DecodesInto = requires(Decoder& decoder, std::string_view bytes,
                               typename Decoder::Message& value) {
  { decoder(bytes, value) } -> std::same_as<bool>;
  { decoder.why() } -> std::convertible_to<std::string>;
};

/// Decodes a source's messages and starts its chain.
template <class T, class Decoder>
class SourceEntry final : public Entry {
 public:
  SourceEntry(const Wiring& wiring, Decoder decoder)
      : output_(wiring), chain_(wiring.chain), site_(wiring.site), decoder_(std::move(decoder)) {}

  size_t run(const Record* records, void* const*, size_t from, size_t count) override {
    size_t at = from;
    while (at < count) {
      at = guarded_loop(
          at, count, [&](size_t i) { return one(records[i], static_cast<uint32_t>(i)); },
          [&](size_t i) {
            output_.fail_record();
            return chain_.user_error(site_, static_cast<uint32_t>(i));
          });
      if (output_.full()) output_.flush();
      if (chain_.ports_blocked != 0) break;
    }
    output_.flush();
    return at;
  }

 private:
  bool one(const Record& record, uint32_t number) {
    output_.begin_record({record.event_time_ns, number});
    if constexpr (DecodesInto<Decoder>) {
      if (!decoder_(record.payload_view(), output_.next()))
        return chain_.undecodable(site_, number, decoder_.why());
      output_.add_next();
    } else {
      auto decoded = decoder_(record.payload_view());
      if constexpr (!OptionalValue<decltype(decoded)>::optional) {
        output_.emit()(std::move(decoded));
      } else if (decoded.has_value()) {
        output_.emit()(*std::move(decoded));
      } else {
        return chain_.undecodable(site_, number, {});
      }
    }
    return !output_.full();
  }

  Output<T> output_;
  Chain& chain_;
  const Site site_;
  Decoder decoder_;
};

/// Makes values from a function of their number; an empty optional ends the source.
template <class T, class Make>
class GeneratorEntry final : public Entry {
 public:
  GeneratorEntry(const Wiring& wiring, Make make)
      : output_(wiring), chain_(wiring.chain), site_(wiring.site), make_(std::move(make)) {}

  size_t run(const Record* records, void* const*, size_t from, size_t count) override {
    size_t at = from;
    while (at < count && !chain_.source_finished && chain_.ports_blocked == 0) {
      at = guarded_loop(
          at, count,
          [&](size_t i) {
            output_.begin_record({records[i].event_time_ns, static_cast<uint32_t>(i)});
            auto made = make_(records[i].hash);
            chain_.source_finished = !made.has_value();
            if (made.has_value()) output_.emit()(*std::move(made));
            return !chain_.source_finished && !output_.full();
          },
          [&](size_t i) {
            output_.fail_record();
            return chain_.user_error(site_, static_cast<uint32_t>(i));
          });
      if (output_.full()) output_.flush();
    }
    output_.flush();
    return chain_.source_finished && at > from ? at - 1 : at;  // the end is no message
  }

 private:
  Output<T> output_;
  Chain& chain_;
  const Site site_;
  Make make_;
};

/// Decodes the values of streams that were merged or spread and starts the chain behind that.
template <class T>
class RelayEntry final : public Entry {
 public:
  explicit RelayEntry(const Wiring& wiring)
      : output_(wiring), chain_(wiring.chain), site_(wiring.site) {}

  size_t run(const Record* records, void* const*, size_t from, size_t count) override {
    size_t at = from;
    while (at < count) {
      for (; at < count && !output_.full(); ++at) {
        const auto number = static_cast<uint32_t>(at);
        if (decode_payload(records[at], value_)) {
          output_.begin_record({records[at].event_time_ns, number});
          output_.emit()(value_);
        } else if (!chain_.undecodable(site_, number, {})) {
          break;
        }
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
  const Site site_;
  T value_{};
};

}  // namespace wallaroo::detail
