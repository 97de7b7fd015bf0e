// Memory in huge pages, for tables that are read at random: without them a record of a large table
// pays for a page walk as well as for its cache line. The first touch of a huge page can take
// milliseconds (the kernel clears it, and a virtual machine's host may have to find it), so a
// thread touches a few ahead of the demand. Thread-safe.
#pragma once

#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

#include "base/memory.h"

namespace wallaroo::os {

class HugeMemory final : public base::Memory {
 public:
  static constexpr size_t kPage = size_t{2} * 1024 * 1024;

  /// Keeps `ready_max` huge pages touched and ready, from the first that is asked for on.
  explicit HugeMemory(size_t ready_max = 4) : ready_max_(ready_max) {}
  ~HugeMemory() override;
  HugeMemory(const HugeMemory&) = delete;
  HugeMemory& operator=(const HugeMemory&) = delete;

  /// Pieces of kPage bytes are huge pages, where the kernel has any; all others come from the heap.
  void* allocate(size_t bytes, size_t alignment) override;
  void release(void* memory, size_t bytes, size_t alignment) override;

  size_t ready_for_test();

 private:
  void keep_ready();

  const size_t ready_max_;
  std::mutex mutex_;
  std::condition_variable wanted_;
  std::vector<void*> ready_;
  bool stopping_ = false;
  std::thread thread_;  // runs keep_ready() once a page has been asked for
};

}  // namespace wallaroo::os
