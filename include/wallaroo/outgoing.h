// Values and keys as bytes, gathered for a Port. Users do not need this header.
#pragma once

#include <string>
#include <string_view>
#include <type_traits>

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

}  // namespace wallaroo::detail
