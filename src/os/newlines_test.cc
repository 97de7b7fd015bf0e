// Against the obvious way, over every alignment and length that changes the path taken.
#include "os/newlines.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "base/rng.h"

namespace wallaroo::os {
namespace {

TEST(Newlines, are_counted_like_the_obvious_way) {
  base::Rng rng(7);
  for (int round = 0; round < 2'000; ++round) {
    std::string text(rng.below(round % 10 == 0 ? 9'000 : 40), 'x');
    const uint64_t density = rng.between(1, 20);
    for (char& c : text) {
      if (rng.chance(density, 20))
        c = '\n';
      else
        c = static_cast<char>(rng.below(256));
    }
    const std::string_view view = std::string_view(text).substr(rng.below(text.size() + 1));
    const auto expected = size_t(std::count(view.begin(), view.end(), '\n'));
    ASSERT_EQ(count_newlines(view), expected);
    const size_t some = rng.below(expected + 1);
    const std::string_view head = view.substr(0, length_of_lines(view, some));
    ASSERT_EQ(size_t(std::count(head.begin(), head.end(), '\n')), some);
    ASSERT_TRUE(head.empty() || head.back() == '\n');
  }
  EXPECT_EQ(count_newlines(std::string(100'000, '\n')), 100'000u);
  EXPECT_EQ(count_newlines(std::string(100'000, '\x0b')), 0u);
}

}  // namespace
}  // namespace wallaroo::os
