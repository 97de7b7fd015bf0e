// Memory for the segments of one table: blocks of a few sizes, carved from chunks that reach the
// size of a huge page as the table grows. Blocks given back are used again before new memory is
// touched; a chunk goes back when none of its blocks is in use. Belongs to one core.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <vector>

#include "base/memory.h"

namespace wallaroo::state {

class SegmentPool {
 public:
  /// Null: operator new. A Memory outlives the pool.
  explicit SegmentPool(base::Memory* memory) : memory_(memory) {}
  ~SegmentPool();
  SegmentPool(const SegmentPool&) = delete;
  SegmentPool& operator=(const SegmentPool&) = delete;

  /// A block aligned to a cache line, not cleared; `bytes` is a multiple of a cache line.
  char* allocate(size_t bytes);
  void release(char* block, size_t bytes);

  uint64_t bytes() const { return bytes_; }  // of all chunks

 private:
  struct Chunk {
    size_t bytes;
    size_t block_bytes;
    size_t used = 0;     // blocks in use
    size_t touched = 0;  // blocks that were ever in use; those behind are fresh
    std::vector<char*> free = {};
  };
  using Chunks = std::map<char*, Chunk>;  // by address

  Chunks::iterator add_chunk(size_t block_bytes);
  void remove_chunk(Chunks::iterator chunk);

  base::Memory* const memory_;
  uint64_t bytes_ = 0;
  Chunks chunks_;
  std::map<size_t, std::vector<Chunks::iterator>> open_;  // block size -> chunks with room
};

}  // namespace wallaroo::state
