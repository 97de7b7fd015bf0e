// Random allocations and releases: blocks never overlap, keep what is written to them, are used
// again and go back when the pool is empty.
#include "state/segment_pool.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cstring>
#include <new>

#include "base/rng.h"

namespace wallaroo::state {
namespace {

class CountingMemory final : public base::Memory {
 public:
  void* allocate(size_t bytes, size_t alignment) override {
    held += bytes;
    ++allocations;
    return ::operator new(bytes, std::align_val_t(alignment));
  }
  void release(void* memory, size_t bytes, size_t alignment) override {
    held -= bytes;
    ::operator delete(memory, std::align_val_t(alignment));
  }
  size_t held = 0;
  size_t allocations = 0;
};

RC_GTEST_PROP(SegmentPool, blocks_are_disjoint_and_go_back, (uint64_t seed)) {
  base::Rng rng(seed);
  CountingMemory memory;
  SegmentPool pool(&memory);
  struct Block {
    char* at;
    size_t bytes;
    char fill;
  };
  std::vector<Block> blocks;
  for (uint64_t step = rng.below(2000); step > 0; --step) {
    if (blocks.empty() || rng.chance(5, 9)) {
      const size_t bytes = size_t{64} << rng.below(9);
      char* at = pool.allocate(bytes);
      RC_ASSERT(reinterpret_cast<uintptr_t>(at) % 64 == 0u);
      blocks.push_back({at, bytes, static_cast<char>(rng.next())});
      std::memset(at, blocks.back().fill, bytes);
    } else {
      std::swap(blocks[rng.below(blocks.size())], blocks.back());
      const Block block = blocks.back();
      blocks.pop_back();
      RC_ASSERT(block.at[0] == block.fill);
      RC_ASSERT(std::memcmp(block.at, block.at + 1, block.bytes - 1) == 0);
      pool.release(block.at, block.bytes);
    }
    RC_ASSERT(pool.bytes() == memory.held);
  }
  for (const Block& block : blocks) pool.release(block.at, block.bytes);
  RC_ASSERT(memory.held == 0u);
}

TEST(SegmentPool, uses_blocks_again_and_keeps_little_room) {
  CountingMemory memory;
  SegmentPool pool(&memory);
  constexpr size_t kBlock = size_t{64} * 1024;
  std::vector<char*> blocks;
  for (int i = 0; i < 300; ++i) blocks.push_back(pool.allocate(kBlock));
  EXPECT_LE(pool.bytes(), 300 * kBlock * 3 / 2);
  const size_t allocations = memory.allocations;
  for (int i = 0; i < 10000; ++i) {
    char*& block = blocks[static_cast<size_t>(i * 7) % blocks.size()];
    pool.release(block, kBlock);
    block = pool.allocate(kBlock);
  }
  EXPECT_EQ(memory.allocations, allocations);
  for (char* block : blocks) pool.release(block, kBlock);
  EXPECT_EQ(pool.bytes(), 0u);
}

}  // namespace
}  // namespace wallaroo::state
