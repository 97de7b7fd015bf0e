// Bounded single-producer single-consumer ring: the only way cores talk to each other.
//
// Each side keeps a cached copy of the other's index, so that an operation touches the other side's
// cache line only when the cached value says full or empty. Indices run freely and are masked on
// use. `Atomic` is a parameter so that a test can enumerate the interleavings of its loads and
// stores.
#pragma once

#include <atomic>
#include <bit>
#include <cstddef>
#include <memory>

#include "base/assert.h"
#include "base/mutant.h"

namespace wallaroo::base {

template <class T, template <class> class Atomic = std::atomic>
class Ring {
 public:
  /// Holds up to `capacity` items; a power of two, at least 1.
  explicit Ring(size_t capacity)
      : capacity_(capacity), mask_(capacity - 1), slots_(std::make_unique<T[]>(capacity)) {
    ASSERT(std::has_single_bit(capacity), "ring capacity must be a power of two");
  }
  Ring(const Ring&) = delete;
  Ring& operator=(const Ring&) = delete;

  /// Producer only. False when the ring is full.
  bool push(const T& item) {
    const size_t tail = tail_.load(std::memory_order_relaxed);
    const size_t room = MUTANT(ring_wrap_reuse) ? capacity_ + 1 : capacity_;
    if (tail - head_seen_ >= room) {
      head_seen_ = head_.load(std::memory_order_acquire);
      if (tail - head_seen_ >= room) return false;
    }
#ifdef WALLAROO_MUTANTS
    if (MUTANT(ring_publish_before_slot)) return push_index_first(tail, item);
#endif
    slots_[tail & mask_] = item;
    tail_.store(tail + 1, std::memory_order_release);
    return true;
  }

  /// Consumer only. False when the ring is empty.
  bool pop(T& item) {
    const size_t head = head_.load(std::memory_order_relaxed);
    if (head == tail_seen_) {
      tail_seen_ = tail_.load(std::memory_order_acquire);
      if (head == tail_seen_) return false;
    }
    item = slots_[head & mask_];
    head_.store(head + 1, std::memory_order_release);
    return true;
  }

  /// Consumer only: nothing to pop right now.
  bool empty() const {
    return head_.load(std::memory_order_relaxed) == tail_.load(std::memory_order_acquire);
  }
  size_t capacity() const { return capacity_; }

 private:
#ifdef WALLAROO_MUTANTS
  // The planted bug: the slot is written after the index. One push in 64 is held back until the
  // next push, as a weakly ordered machine may do; so the consumer meets the old content of the
  // slot even when both sides run on one thread and no operation is ever interrupted.
  bool push_index_first(size_t tail, const T& item) {
    if (late_) slots_[late_at_ & mask_] = late_item_;
    late_ = tail % kLateOneIn == kLateOneIn - 1 || capacity_ < kLateOneIn;
    tail_.store(tail + 1, std::memory_order_release);
    if (late_) {
      late_at_ = tail;
      late_item_ = item;
    } else {
      slots_[tail & mask_] = item;
    }
    return true;
  }
  static constexpr size_t kLateOneIn = 64;
  bool late_ = false;
  size_t late_at_ = 0;
  T late_item_{};
#endif
  static constexpr size_t kCacheLine = 64;

  const size_t capacity_;
  const size_t mask_;
  const std::unique_ptr<T[]> slots_;
  alignas(kCacheLine) Atomic<size_t> head_{0};  // written by the consumer
  size_t tail_seen_ = 0;                        // consumer's copy of tail_
  alignas(kCacheLine) Atomic<size_t> tail_{0};  // written by the producer
  size_t head_seen_ = 0;                        // producer's copy of head_
};

}  // namespace wallaroo::base
