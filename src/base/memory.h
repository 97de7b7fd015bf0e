// Where large pieces of memory come from, so that the operating system's part can answer with huge
// pages. Small things use operator new.
#pragma once

#include <cstddef>

namespace wallaroo::base {

class Memory {
 public:
  virtual ~Memory() = default;
  /// `bytes` bytes, aligned to `alignment`, a power of two. Never null: without memory the process
  /// stops.
  virtual void* allocate(size_t bytes, size_t alignment) = 0;
  virtual void release(void* memory, size_t bytes, size_t alignment) = 0;
};

}  // namespace wallaroo::base
