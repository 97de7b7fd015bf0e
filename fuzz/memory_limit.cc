// Counts what is taken from the heap: by a hook of AddressSanitizer, which has operators of its
// own, else by the program's operator new.
#include <atomic>
#include <cstdlib>
#include <new>

#include "fuzz/targets.h"

#if defined(__SANITIZE_ADDRESS__)
#define WALLAROO_HAS_HOOKS 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define WALLAROO_HAS_HOOKS 1
#endif
#endif

namespace {

std::atomic<size_t> allocated{0};

}  // namespace

#ifdef WALLAROO_HAS_HOOKS

// As in sanitizer/allocator_interface.h, which g++ does not come with.
extern "C" int __sanitizer_install_malloc_and_free_hooks(
    void (*on_malloc)(const volatile void* memory, size_t bytes),
    void (*on_free)(const volatile void* memory));

namespace {

void on_malloc(const volatile void*, size_t bytes) {
  allocated.fetch_add(bytes, std::memory_order_relaxed);
}
void on_free(const volatile void*) {}
const int hooks = __sanitizer_install_malloc_and_free_hooks(on_malloc, on_free);

}  // namespace

#else

void* operator new(size_t bytes) {
  allocated.fetch_add(bytes, std::memory_order_relaxed);
  void* memory = std::malloc(bytes == 0 ? 1 : bytes);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, size_t) noexcept { std::free(memory); }

#endif

namespace wallaroo::fuzz {

MemoryLimit::MemoryLimit(size_t bytes_max)
    : begin_(allocated.load(std::memory_order_relaxed)), bytes_max_(bytes_max) {
#ifdef WALLAROO_HAS_HOOKS
  ASSERT(hooks > 0, "the hook that counts memory is installed");
#endif
}
MemoryLimit::~MemoryLimit() {
  ASSERT(allocated.load(std::memory_order_relaxed) - begin_ <= bytes_max_,
         "more memory was taken than the input justifies");
}

}  // namespace wallaroo::fuzz
