// A growing first-in first-out queue in one array. Unlike std::deque it allocates nothing once it
// has been as long as it gets.
#pragma once

#include <cstddef>
#include <memory>
#include <utility>

#include "base/assert.h"

namespace wallaroo::base {

template <class T>
class Fifo {
 public:
  bool empty() const { return size_ == 0; }
  size_t size() const { return size_; }
  /// The i-th from the front.
  T& operator[](size_t i) { return slots_[(begin_ + i) & (capacity_ - 1)]; }
  T& front() {
    ASSERT(size_ != 0, "front of an empty queue");
    return slots_[begin_];
  }

  void push_back(T value) {
    if (size_ == capacity_) grow();
    slots_[(begin_ + size_) & (capacity_ - 1)] = std::move(value);
    ++size_;
  }
  T pop_front() {
    T value = std::move(front());
    begin_ = (begin_ + 1) & (capacity_ - 1);
    --size_;
    return value;
  }

 private:
  static constexpr size_t kFirstSlots = 8;

  void grow() {
    const size_t capacity = capacity_ == 0 ? kFirstSlots : capacity_ * 2;
    auto slots = std::make_unique<T[]>(capacity);
    for (size_t i = 0; i < size_; ++i) slots[i] = std::move((*this)[i]);
    slots_ = std::move(slots);
    capacity_ = capacity;
    begin_ = 0;
  }

  std::unique_ptr<T[]> slots_;
  size_t capacity_ = 0;  // zero or a power of two
  size_t begin_ = 0;
  size_t size_ = 0;
};

}  // namespace wallaroo::base
