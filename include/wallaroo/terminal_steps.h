// The typed steps that end a chain: key_by, merge, sink; and event_time, which passes values on.
// Users do not need this header.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "wallaroo/codec.h"
#include "wallaroo/steps.h"

namespace wallaroo::detail {

/// Bytes of values and keys on their way to a Port. Views stay where they are; everything else is
/// encoded into a scratch buffer, which may move while it grows, so offsets are kept until the end.
class Outgoing {
 public:
  explicit Outgoing(Port& port) : port_(port) {
    scratch_.reserve(1);  // even an empty key or value has an address
  }

  bool full() const { return count_ == kStepBatch; }

  template <class T>
  void set_payload(const T& value) {
    if constexpr (kIsText<T>) {
      set_payload_view(value);
    } else if constexpr (std::is_integral_v<T> && sizeof(T) == sizeof(uint64_t)) {
      // A number that is its own key travels once.
      const auto number = static_cast<uint64_t>(value);
      const bool is_key =
          records_[count_].key == address(key_numbers_[count_]) && number == key_numbers_[count_];
      if (!is_key) payload_numbers_[count_] = number;
      records_[count_].payload = address((is_key ? key_numbers_ : payload_numbers_)[count_]);
      records_[count_].payload_bytes = sizeof number;
    } else {
      const size_t begin = scratch_.size();
      Codec<T>::encode(value, scratch_);
      payload_offset_[count_] = begin;
      records_[count_].payload = nullptr;
      records_[count_].payload_bytes = static_cast<uint32_t>(scratch_.size() - begin);
    }
  }
  /// A key that lies in memory which outlives the batch: the value itself, or something it views.
  void set_key_view(std::string_view key) {
    records_[count_].key = key.data() == nullptr ? "" : key.data();
    records_[count_].key_bytes = static_cast<uint32_t>(key.size());
  }
  void set_key_number(uint64_t key) {
    key_numbers_[count_] = key;
    records_[count_].key = address(key_numbers_[count_]);
    records_[count_].key_bytes = sizeof key;
  }
  void set_key_copy(std::string_view key) {
    key_offset_[count_] = scratch_.size();
    scratch_.append(key.data(), key.size());
    records_[count_].key = nullptr;
    records_[count_].key_bytes = static_cast<uint32_t>(key.size());
  }
  void finish_record(int64_t event_time) { records_[count_++].event_time_ns = event_time; }

  void send() {
    for (size_t i = 0; i < count_; ++i) {
      if (records_[i].payload == nullptr)
        records_[i].payload = scratch_.data() + payload_offset_[i];
      if (records_[i].key == nullptr) records_[i].key = scratch_.data() + key_offset_[i];
    }
    if (count_ != 0) port_.append(records_, count_);
    count_ = 0;
    scratch_.clear();
  }

 private:
  static const char* address(const uint64_t& number) {
    return reinterpret_cast<const char*>(&number);
  }
  void set_payload_view(std::string_view value) {
    records_[count_].payload = value.data() == nullptr ? "" : value.data();
    records_[count_].payload_bytes = static_cast<uint32_t>(value.size());
  }

  Record records_[kStepBatch];
  size_t payload_offset_[kStepBatch];
  size_t key_offset_[kStepBatch];
  uint64_t key_numbers_[kStepBatch];
  uint64_t payload_numbers_[kStepBatch];
  size_t count_ = 0;
  Bytes scratch_;
  Port& port_;
};

/// Ends a chain at a keyed stage: computes each value's key and sends both as bytes.
template <class T, class K, class KeyFunction>
class KeyByStep final : public Step {
 public:
  KeyByStep(const Wiring& wiring, std::string name, KeyFunction key_function)
      : outgoing_(*wiring.port),
        chain_(wiring.chain),
        name_(std::move(name)),
        key_function_(std::move(key_function)) {}

  void process(const void* values, const int64_t* event_times, size_t count) override {
    const T* in = static_cast<const T*>(values);
    size_t at = 0;
    while (at < count) {
      at = guarded_loop(
          at, count,
          [&](size_t i) {
            add(in[i], event_times[i]);
            return !outgoing_.full();
          },
          [&] { chain_.user_error(name_); });
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
  std::string name_;
  KeyFunction key_function_;
  Bytes key_scratch_;
};

/// Ends a chain at a merge.
template <class T>
class MergeStep final : public Step {
 public:
  explicit MergeStep(const Wiring& wiring) : outgoing_(*wiring.port) {}

  void process(const void* values, const int64_t* event_times, size_t count) override {
    const T* in = static_cast<const T*>(values);
    for (size_t i = 0; i < count; ++i) {
      outgoing_.set_key_view({});
      outgoing_.set_payload(in[i]);
      outgoing_.finish_record(event_times[i]);
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
  SinkStep(const Wiring& wiring, std::string name, Encoder encoder)
      : sink_(*wiring.sink),
        chain_(wiring.chain),
        name_(std::move(name)),
        encoder_(std::move(encoder)) {}

  void process(const void* values, const int64_t*, size_t count) override {
    const T* in = static_cast<const T*>(values);
    Bytes& out = sink_.buffer();
    size_t failed = 0;
    size_t good = out.size();
    size_t at = 0;
    while (at < count) {
      at = guarded_loop(
          at, count,
          [&](size_t i) {
            encoder_(in[i], out);
            good = out.size();
            return true;
          },
          [&] {
            out.truncate(good);
            ++failed;
            chain_.user_error(name_);
          });
    }
    sink_.commit(count - failed);
  }

 private:
  SinkPort& sink_;
  Chain& chain_;
  std::string name_;
  Encoder encoder_;
};

}  // namespace wallaroo::detail
