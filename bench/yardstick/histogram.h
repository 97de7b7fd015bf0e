#pragma once
// Log-linear histogram of nanoseconds: 64 steps to every power of two, so within 1.6 percent.
#include <array>
#include <bit>
#include <cstdint>

namespace wallaroo::bench {

class Histogram {
 public:
  void add(std::uint64_t ns) {
    ++counts_[index_of(ns)];
    ++total_;
    if (ns > max_) max_ = ns;
  }
  std::uint64_t total() const { return total_; }
  std::uint64_t max() const { return max_; }

  /// The smallest value that at least `share` of the samples do not exceed, in ns.
  double quantile(double share) const {
    const auto wanted = static_cast<std::uint64_t>(share * static_cast<double>(total_));
    std::uint64_t seen = 0;
    for (std::size_t i = 0; i < counts_.size(); ++i) {
      seen += counts_[i];
      if (seen > wanted) return static_cast<double>(middle_of(i));
    }
    return static_cast<double>(max_);
  }

 private:
  static constexpr unsigned kStepBits = 6;
  static constexpr std::size_t kSteps = std::size_t{1} << kStepBits;

  static std::size_t index_of(std::uint64_t ns) {
    if (ns < kSteps) return static_cast<std::size_t>(ns);
    const unsigned shift = static_cast<unsigned>(std::bit_width(ns)) - 1 - kStepBits;
    return (std::size_t{shift} << kStepBits) + static_cast<std::size_t>(ns >> shift);
  }
  static std::uint64_t middle_of(std::size_t index) {
    if (index < 2 * kSteps) return index;
    const std::size_t shift = (index >> kStepBits) - 1;
    const std::uint64_t low = std::uint64_t{(index & (kSteps - 1)) + kSteps} << shift;
    return low + (std::uint64_t{1} << shift) / 2;
  }

  std::array<std::uint64_t, (64 - kStepBits + 1) * kSteps> counts_{};
  std::uint64_t total_ = 0;
  std::uint64_t max_ = 0;
};

}  // namespace wallaroo::bench
