#pragma once
// What the runner shares with a program whose allocations it counts.
#include <atomic>
#include <cstdint>

namespace wallaroo::bench {

/// Names the file that holds the page; the runner sets it.
constexpr const char* kAllocationPageVariable = "WALLAROO_BENCH_PAGE";
/// Set by a person: where the stacks of the first counted allocations are written, at exit.
constexpr const char* kAllocationStacksVariable = "WALLAROO_BENCH_STACKS";

struct AllocationPage {
  static constexpr std::uint32_t kStacks = 32, kDepth = 14;
  std::atomic<std::uint64_t> allocations;
  std::atomic<std::uint32_t> warm;  // set by the runner: stacks are kept from here on
  std::atomic<std::uint32_t> stacks;
  void* stack[kStacks][kDepth];
};

}  // namespace wallaroo::bench
