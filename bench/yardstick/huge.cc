#include "yardstick/huge.h"

#include <sys/mman.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <utility>

namespace wallaroo::bench {
namespace {
constexpr std::size_t kHugePage = std::size_t{2} << 20;
}

HugeMemory::HugeMemory(std::size_t bytes) : bytes_((bytes + kHugePage - 1) & ~(kHugePage - 1)) {
  data_ = std::aligned_alloc(kHugePage, bytes_);
  if (data_ == nullptr) {
    std::fprintf(stderr, "bench: cannot allocate %zu bytes: out of memory\n", bytes_);
    std::abort();
  }
  madvise(data_, bytes_, MADV_HUGEPAGE);
  std::memset(data_, 0, bytes_);
}

HugeMemory::~HugeMemory() { std::free(data_); }

HugeMemory::HugeMemory(HugeMemory&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)), bytes_(std::exchange(other.bytes_, 0)) {}

HugeMemory& HugeMemory::operator=(HugeMemory&& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(bytes_, other.bytes_);
  return *this;
}

}  // namespace wallaroo::bench
