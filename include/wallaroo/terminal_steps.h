// The typed steps that end a chain: key_by, merge, spread, sink; and event_time, which passes
// values on. Users do not need this header.
#pragma once

#include <algorithm>
#include <string_view>
#include <type_traits>
#include <utility>

#include "wallaroo/codec.h"
#include "wallaroo/outgoing.h"
#include "wallaroo/steps.h"

namespace wallaroo::detail {

/// Ends a chain at a keyed stage: computes each value's key and sends both as bytes.
template <class T, class K, class KeyFunction>
class KeyByStep final : public Step {
 public:
  KeyByStep(const Wiring& wiring, KeyFunction key_function)
      : outgoing_(*wiring.port),
        chain_(wiring.chain),
        site_(wiring.site),
        key_function_(std::move(key_function)) {}

  void process(const void* values, const Stamp* stamps, size_t count) override {
    const T* in = static_cast<const T*>(values);
    size_t at = 0;
    while (at < count) {
      at = guarded_loop(
          at, count,
          [&](size_t i) {
            add(in[i], stamps[i].event_time_ns);
            return !outgoing_.full();
          },
          [&](size_t i) { return chain_.user_error(site_, stamps[i].record); });
      outgoing_.send();
    }
  }

 private:
  void add(const T& value, int64_t event_time) {
    using Returned = std::invoke_result_t<const KeyFunction&, const T&>;
    constexpr bool kView = std::is_convertible_v<Returned, std::string_view> &&
                           (std::is_reference_v<Returned> ||
                            std::is_same_v<std::remove_cvref_t<Returned>, std::string_view>);
    if constexpr (kView) {
      outgoing_.set_key_view(std::string_view(key_function_(value)));
    } else if constexpr (std::is_integral_v<K> || std::is_enum_v<K>) {
      outgoing_.set_key_number(static_cast<uint64_t>(key_function_(value)));
    } else {
      key_scratch_.clear();
      const auto& key = key_function_(value);
      outgoing_.set_key_copy(key_bytes<K>(key, key_scratch_));
    }
    outgoing_.set_payload(value);
    outgoing_.finish_record(event_time);
  }

  Outgoing outgoing_;
  Chain& chain_;
  const Site site_;
  KeyFunction key_function_;
  Bytes key_scratch_;
};

/// Ends a chain at a merge or spread.
template <class T>
class RelayStep final : public Step {
 public:
  explicit RelayStep(const Wiring& wiring) : outgoing_(*wiring.port) {}

  void process(const void* values, const Stamp* stamps, size_t count) override {
    const T* in = static_cast<const T*>(values);
    for (size_t i = 0; i < count; ++i) {
      outgoing_.set_key_view({});
      outgoing_.set_payload(in[i]);
      outgoing_.finish_record(stamps[i].event_time_ns);
      if (outgoing_.full()) outgoing_.send();
    }
    outgoing_.send();
  }

 private:
  Outgoing outgoing_;
};

/// Ends a chain at a sink: encodes each value into the sink's buffer.
template <class T, class Encoder>
class SinkStep final : public Step {
 public:
  SinkStep(const Wiring& wiring, Encoder encoder)
      : sink_(*wiring.sink),
        chain_(wiring.chain),
        site_(wiring.site),
        encoder_(std::move(encoder)) {}

  void process(const void* values, const Stamp* stamps, size_t count) override {
    const T* in = static_cast<const T*>(values);
    Bytes& out = sink_.buffer();
    size_t encoded = 0;
    size_t good = out.size();
    size_t at = 0;
    while (at < count) {
      at = guarded_loop(
          at, count,
          [&](size_t i) {
            encoder_(in[i], out);
            good = out.size();
            ++encoded;
            return true;
          },
          [&](size_t i) {
            out.truncate(good);
            return chain_.user_error(site_, stamps[i].record);
          });
    }
    sink_.commit(encoded);
  }

 private:
  SinkPort& sink_;
  Chain& chain_;
  const Site site_;
  Encoder encoder_;
};

}  // namespace wallaroo::detail
