// Log-linear histogram: 64 sub-buckets in each power of two, so that a value is known to 1.6 %.
// One writer; any thread may read. After HdrHistogram (Gil Tene), without its resizing.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "base/counter.h"

namespace wallaroo::base {

class Histogram {
 public:
  void add(uint64_t value, uint64_t times = 1) {
    buckets_[index_of(value)].add(times);
    count_.add(times);
    sum_.add(value * times);
    if (value > max_.get()) max_.set(value);
  }

  uint64_t count() const { return count_.get(); }
  uint64_t sum() const { return sum_.get(); }
  uint64_t max() const { return max_.get(); }

  static constexpr size_t kSubBits = 6;
  static constexpr size_t kBuckets = (64 - kSubBits + 1) << kSubBits;

  static size_t index_of(uint64_t value) {
    constexpr uint64_t kSub = uint64_t{1} << kSubBits;
    if (value < kSub) return value;
    const auto shift = static_cast<unsigned>(std::bit_width(value)) - kSubBits - 1;
    return (static_cast<size_t>(shift) << kSubBits) + static_cast<size_t>(value >> shift);
  }
  /// The largest value that falls into bucket `index`.
  static uint64_t upper_bound(size_t index) {
    constexpr size_t kSub = size_t{1} << kSubBits;
    if (index < kSub) return index;
    const size_t shift = (index >> kSubBits) - 1;
    const uint64_t base = kSub + (index & (kSub - 1));
    return ((base + 1) << shift) - 1;
  }
  uint64_t bucket(size_t index) const { return buckets_[index].get(); }

 private:
  std::array<Counter, kBuckets> buckets_;
  Counter count_;
  Counter sum_;
  Counter max_;
};

/// Several histograms (one a core) read as one; `quantile` in [0, 1].
class HistogramView {
 public:
  void add(const Histogram& histogram) {
    for (size_t i = 0; i < Histogram::kBuckets; ++i) buckets_[i] += histogram.bucket(i);
    count_ += histogram.count();
    sum_ += histogram.sum();
    max_ = histogram.max() > max_ ? histogram.max() : max_;
  }
  uint64_t count() const { return count_; }
  uint64_t max() const { return max_; }
  uint64_t sum() const { return sum_; }
  uint64_t quantile(double quantile) const {
    const auto rank = static_cast<uint64_t>(quantile * static_cast<double>(count_));
    uint64_t seen = 0;
    for (size_t i = 0; i < Histogram::kBuckets; ++i) {
      seen += buckets_[i];
      if (seen > rank) return Histogram::upper_bound(i) < max_ ? Histogram::upper_bound(i) : max_;
    }
    return max_;
  }

 private:
  std::array<uint64_t, Histogram::kBuckets> buckets_{};
  uint64_t count_ = 0;
  uint64_t sum_ = 0;
  uint64_t max_ = 0;
};

}  // namespace wallaroo::base
