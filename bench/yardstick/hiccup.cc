#include "yardstick/hiccup.h"

#include <algorithm>
#include <cstdint>
#include <thread>

#include "measure.h"

namespace wallaroo::bench {
namespace {

constexpr std::uint64_t kGapMin = 1000;  // ns; shorter ones are the loop itself

std::vector<std::uint64_t> watch(std::uint64_t ns) {
  std::vector<std::uint64_t> gaps;
  gaps.reserve(1 << 16);
  const std::uint64_t start = now_ns();
  for (std::uint64_t last = start; last - start < ns;) {
    const std::uint64_t now = now_ns();
    if (now - last >= kGapMin) gaps.push_back(now - last);
    last = now;
  }
  return gaps;
}

// A message waits longer than x when it arrives in the first g - x of a gap of length g.
double wait_exceeded_by(const std::vector<std::uint64_t>& gaps, double total, double share) {
  double low = 0, high = gaps.empty() ? 0 : static_cast<double>(gaps.back());
  for (int i = 0; i < 50; ++i) {
    const double x = (low + high) / 2;
    double above = 0;
    for (std::uint64_t gap : gaps) above += std::max(0.0, static_cast<double>(gap) - x);
    (above / total > share ? low : high) = x;
  }
  return high;
}

}  // namespace

Hiccup measure_hiccup(const std::vector<int>& cores, double seconds) {
  const auto ns = static_cast<std::uint64_t>(seconds * 1e9);
  std::vector<std::vector<std::uint64_t>> gaps(cores.size());
  {
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < cores.size(); ++i) {
      threads.emplace_back([&, i] {
        pin_to_core(cores[i]);
        gaps[i] = watch(ns);
      });
    }
  }
  Hiccup worst;
  for (auto& of_core : gaps) {
    std::sort(of_core.begin(), of_core.end());
    const double total = seconds * 1e9;
    worst.p99_us = std::max(worst.p99_us, wait_exceeded_by(of_core, total, 0.01) / 1e3);
    worst.p999_us = std::max(worst.p999_us, wait_exceeded_by(of_core, total, 0.001) / 1e3);
    if (!of_core.empty())
      worst.max_us = std::max(worst.max_us, static_cast<double>(of_core.back()) / 1e3);
  }
  return worst;
}

}  // namespace wallaroo::bench
