// Pages are aligned, usable, used again, and a few lie ready after the first.
#include "os/huge_memory.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <cstring>

namespace wallaroo::os {
namespace {

TEST(HugeMemory, gives_aligned_memory_and_keeps_some_ready) {
  HugeMemory memory(2);
  EXPECT_EQ(memory.ready_for_test(), 0u);
  std::vector<void*> pages;
  for (int i = 0; i < 5; ++i) {
    void* page = memory.allocate(HugeMemory::kPage, HugeMemory::kPage);
    EXPECT_EQ(reinterpret_cast<uintptr_t>(page) % HugeMemory::kPage, 0u);
    std::memset(page, i, HugeMemory::kPage);
    pages.push_back(page);
  }
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (memory.ready_for_test() < 2 && std::chrono::steady_clock::now() < give_up) {
    std::this_thread::yield();
  }
  EXPECT_EQ(memory.ready_for_test(), 2u);
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(*static_cast<char*>(pages[static_cast<size_t>(i)]), i);
    memory.release(pages[static_cast<size_t>(i)], HugeMemory::kPage, HugeMemory::kPage);
  }
}

TEST(HugeMemory, serves_small_pieces_and_works_without_a_reserve) {
  HugeMemory memory(0);
  void* small = memory.allocate(4096, 4096);
  std::memset(small, 1, 4096);
  memory.release(small, 4096, 4096);
  void* page = memory.allocate(HugeMemory::kPage, HugeMemory::kPage);
  std::memset(page, 1, HugeMemory::kPage);
  memory.release(page, HugeMemory::kPage, HugeMemory::kPage);
  EXPECT_EQ(memory.ready_for_test(), 0u);
}

}  // namespace
}  // namespace wallaroo::os
