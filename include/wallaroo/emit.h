// Emit: where a computation puts its outputs. Output: an Emit and the steps behind it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "wallaroo/detail/broken.h"
#include "wallaroo/step.h"

namespace wallaroo {

/// Collects the outputs of one computation. Call it with each output: emit(value).
///
/// Views in an output (std::string_view, std::span) must stay valid until the batch ends: views
/// into the input do, views into memory from buffer() do, views into local variables do not. Not
/// thread-safe; usable only during the call it was passed to.
template <class T>
class Emit {
 public:
  /// Adds one output with the event time of the input.
  template <class U = T>
  void operator()(U&& value) {
    if constexpr (!std::is_assignable_v<T&, U&&>) {
      static_assert(detail::kNever<U>,
                    "emit(): the value is not of the type that this computation puts out");
    } else if constexpr (std::is_same_v<T, std::string_view> && std::is_same_v<U, std::string>) {
      static_assert(detail::kNever<U>,
                    "emit(): the view would outlive this temporary string; write the text into "
                    "emit.buffer(bytes), or put std::string out");
    } else {
      if (count_ == capacity_) [[unlikely]]
        grow();
      values_[count_] = std::forward<U>(value);
      stamps_[count_] = stamp_;
      ++count_;
    }
  }

  /// `bytes` bytes of memory, valid until the batch ends.
  std::span<char> buffer(size_t bytes) { return {chain_.arena.allocate(bytes), bytes}; }

 private:
  template <class>
  friend class Output;

  explicit Emit(Chain& chain) : chain_(chain) { resize(kStepBatch); }

  void grow();
  void resize(size_t capacity) {
    auto values = std::make_unique<T[]>(capacity);
    auto stamps = std::make_unique<Stamp[]>(capacity);
    for (size_t i = 0; i < count_; ++i) {
      values[i] = std::move(values_[i]);
      stamps[i] = stamps_[i];
    }
    values_ = std::move(values);
    stamps_ = std::move(stamps);
    capacity_ = capacity;
  }

  std::unique_ptr<T[]> values_;
  std::unique_ptr<Stamp[]> stamps_;
  size_t count_ = 0;
  size_t capacity_ = 0;
  size_t record_begin_ = 0;  // outputs of the record being worked on start here
  Stamp stamp_;
  Chain& chain_;
};

/// Thrown out of Emit when one record produces more than outputs_per_record_max; caught with the
/// user's own exceptions at the stage boundary.
struct TooManyOutputs {};

template <class T>
void Emit<T>::grow() {
  const size_t limit = record_begin_ + chain_.outputs_per_record_max;
  if (count_ >= limit) throw TooManyOutputs{};
  resize(limit < capacity_ * 2 ? limit : capacity_ * 2);
}

/// The output side of a typed step: gathers values and hands them on a batch at a time. A batch is
/// only ever handed on between records, so that a failing record's outputs can be taken back.
template <class T>
class Output {
 public:
  explicit Output(const Wiring& wiring)
      : emit_(wiring.chain), next_(wiring.next.begin(), wiring.next.end()), chain_(wiring.chain) {}

  void begin_record(const Stamp& stamp) {
    emit_.stamp_ = stamp;
    emit_.record_begin_ = emit_.count_;
  }
  void fail_record() { emit_.count_ = emit_.record_begin_; }
  Emit<T>& emit() { return emit_; }
  /// The place of the next output, with what it held before; add_next() makes it one.
  T& next() {
    if (emit_.count_ == emit_.capacity_) emit_.grow();
    return emit_.values_[emit_.count_];
  }
  void add_next() { emit_.stamps_[emit_.count_++] = emit_.stamp_; }
  bool full() const { return emit_.count_ >= chain_.step_batch; }

  void flush() {
    if (emit_.count_ == 0) return;
    for (Step* step : next_) {
      step->process(emit_.values_.get(), emit_.stamps_.get(), emit_.count_);
    }
    emit_.count_ = 0;
    emit_.record_begin_ = 0;
  }

 private:
  Emit<T> emit_;
  std::vector<Step*> next_;
  Chain& chain_;
};

// Of functions that return nothing: nothing is gathered, and nothing comes behind.
template <>
class Emit<void> {};

template <>
class Output<void> {
 public:
  explicit Output(const Wiring&) {}

  void begin_record(const Stamp&) {}
  void fail_record() {}
  Emit<void>& emit() { return emit_; }
  bool full() const { return false; }
  void flush() {}

 private:
  Emit<void> emit_;
};

}  // namespace wallaroo
