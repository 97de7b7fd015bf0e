#include "os/huge_memory.h"

#include <sys/mman.h>

#include <cstdint>
#include <new>

#include "base/assert.h"

namespace wallaroo::os {
namespace {

constexpr size_t kSmallPage = 4096;

void* map_page() {
  constexpr size_t kBytes = HugeMemory::kPage;
  void* mapped =
      ::mmap(nullptr, 2 * kBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  ASSERT(mapped != MAP_FAILED, "out of memory: the kernel maps no more for this process");
  // An aligned piece is kept; what lies before and behind it goes back.
  const auto begin = reinterpret_cast<uintptr_t>(mapped);
  const uintptr_t kept = (begin + kBytes - 1) / kBytes * kBytes;
  if (kept != begin) ::munmap(mapped, kept - begin);
  if (kept != begin + kBytes)
    ::munmap(reinterpret_cast<void*>(kept + kBytes), begin + kBytes - kept);
  void* page = reinterpret_cast<void*>(kept);
  ::madvise(page, kBytes, MADV_HUGEPAGE);  // refused by kernels without huge pages: not needed
  return page;
}

void touch(void* page) {
  for (size_t at = 0; at < HugeMemory::kPage; at += kSmallPage) {
    static_cast<volatile char*>(page)[at] = 0;
  }
}

}  // namespace

HugeMemory::~HugeMemory() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wanted_.notify_one();
  if (thread_.joinable()) thread_.join();
  for (void* page : ready_) ::munmap(page, kPage);
}

void* HugeMemory::allocate(size_t bytes, size_t alignment) {
  if (bytes != kPage) return ::operator new(bytes, std::align_val_t(alignment));
  void* page = nullptr;
  {
    const std::lock_guard lock(mutex_);
    if (!thread_.joinable() && ready_max_ > 0) thread_ = std::thread([this] { keep_ready(); });
    if (!ready_.empty()) {
      page = ready_.back();
      ready_.pop_back();
    }
  }
  wanted_.notify_one();
  return page != nullptr ? page : map_page();
}

void HugeMemory::release(void* memory, size_t bytes, size_t alignment) {
  if (bytes != kPage) return ::operator delete(memory, std::align_val_t(alignment));
  {
    const std::lock_guard lock(mutex_);
    if (ready_.size() < ready_max_) {
      ready_.push_back(memory);
      return;
    }
  }
  ::munmap(memory, kPage);
}

size_t HugeMemory::ready_for_test() {
  const std::lock_guard lock(mutex_);
  return ready_.size();
}

void HugeMemory::keep_ready() {
  std::unique_lock lock(mutex_);
  for (;;) {
    wanted_.wait(lock, [this] { return stopping_ || ready_.size() < ready_max_; });
    if (stopping_) return;
    lock.unlock();
    void* page = map_page();
    touch(page);
    lock.lock();
    ready_.push_back(page);
  }
}

}  // namespace wallaroo::os
