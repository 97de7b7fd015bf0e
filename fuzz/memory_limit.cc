// Counts what operator new hands out. Fuzz programs only: it replaces the operators of the program.
#include <atomic>
#include <cstdlib>
#include <new>

#include "fuzz/targets.h"

namespace {

std::atomic<size_t> allocated{0};

void* allocate(size_t bytes) {
  allocated.fetch_add(bytes, std::memory_order_relaxed);
  void* memory = std::malloc(bytes == 0 ? 1 : bytes);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

}  // namespace

void* operator new(size_t bytes) { return allocate(bytes); }
void* operator new[](size_t bytes) { return allocate(bytes); }
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, size_t) noexcept { std::free(memory); }

namespace wallaroo::fuzz {

MemoryLimit::MemoryLimit(size_t bytes_max)
    : begin_(allocated.load(std::memory_order_relaxed)), bytes_max_(bytes_max) {}
MemoryLimit::~MemoryLimit() {
  ASSERT(allocated.load(std::memory_order_relaxed) - begin_ <= bytes_max_,
         "more memory was taken than the input justifies");
}

}  // namespace wallaroo::fuzz
