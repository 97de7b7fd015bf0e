// Loaded into a program before its C library: counts what it allocates, in a page that the runner
// reads. operator new ends here too, and with it the refills of the engine's pools.
#include <execinfo.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

#include "preload/page.h"

extern "C" {
void* __libc_malloc(std::size_t);
void* __libc_calloc(std::size_t, std::size_t);
void* __libc_realloc(void*, std::size_t);
void* __libc_memalign(std::size_t, std::size_t);
}

namespace {

using wallaroo::bench::AllocationPage;

AllocationPage* page = nullptr;

__attribute__((constructor)) void open_page() {
  const char* const path = std::getenv(wallaroo::bench::kAllocationPageVariable);
  if (path == nullptr) return;
  void* stack[1];
  backtrace(stack, 1);  // loads the unwinder, which allocates
  const int file = open(path, O_RDWR);
  if (file < 0) return;
  void* const mapped =
      mmap(nullptr, sizeof(AllocationPage), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  close(file);
  if (mapped != MAP_FAILED) page = static_cast<AllocationPage*>(mapped);
}

__attribute__((destructor)) void write_stacks() {
  const char* const path = std::getenv(wallaroo::bench::kAllocationStacksVariable);
  if (path == nullptr || page == nullptr) return;
  const int file = open(path, O_WRONLY | O_CREAT | O_APPEND, 0644);
  if (file < 0) return;
  const std::uint32_t kept = page->stacks;
  for (std::uint32_t i = 0; i < kept && i < AllocationPage::kStacks; ++i) {
    int depth = 0;
    while (depth < static_cast<int>(AllocationPage::kDepth) && page->stack[i][depth] != nullptr)
      ++depth;
    backtrace_symbols_fd(page->stack[i], depth, file);
    if (write(file, "\n", 1) != 1) break;
  }
  close(file);
}

void count() {
  if (page == nullptr) return;
  page->allocations.fetch_add(1, std::memory_order_relaxed);
  if (page->warm.load(std::memory_order_relaxed) == 0) return;
  const std::uint32_t at = page->stacks.fetch_add(1, std::memory_order_relaxed);
  if (at < AllocationPage::kStacks) backtrace(page->stack[at], AllocationPage::kDepth);
}

}  // namespace

extern "C" {
void* malloc(std::size_t bytes) {
  count();
  return __libc_malloc(bytes);
}
void* calloc(std::size_t n, std::size_t bytes) {
  count();
  return __libc_calloc(n, bytes);
}
void* realloc(void* old, std::size_t bytes) {
  count();
  return __libc_realloc(old, bytes);
}
void* memalign(std::size_t alignment, std::size_t bytes) {
  count();
  return __libc_memalign(alignment, bytes);
}
void* aligned_alloc(std::size_t alignment, std::size_t bytes) {
  count();
  return __libc_memalign(alignment, bytes);
}
int posix_memalign(void** to, std::size_t alignment, std::size_t bytes) {
  count();
  *to = __libc_memalign(alignment, bytes);
  return *to == nullptr ? ENOMEM : 0;
}
}
