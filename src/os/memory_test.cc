#include "os/memory.h"

#include <gtest/gtest.h>

#include <cstring>
#include <memory>

namespace wallaroo::os {
namespace {

TEST(Memory, sees_touched_memory) {
  const uint64_t before = resident_bytes();
  EXPECT_GT(before, 500'000u);
  constexpr size_t kSize = 64 << 20;
  const auto block = std::make_unique_for_overwrite<char[]>(kSize);
  std::memset(block.get(), 1, kSize);
  EXPECT_GE(resident_bytes(), before + kSize * 9 / 10);
}

}  // namespace
}  // namespace wallaroo::os
