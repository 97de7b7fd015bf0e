#include "base/printable.h"

#include <gtest/gtest.h>

namespace wallaroo::base {
namespace {

TEST(Printable, keeps_plain_text_and_escapes_the_rest) {
  EXPECT_EQ(printable("a b~", 10), "a b~");
  EXPECT_EQ(printable(std::string_view("a\n\0\xff\\", 5), 10), "a\\x0a\\x00\\xff\\x5c");
  EXPECT_EQ(printable("", 10), "");
}

TEST(Printable, says_where_it_was_cut) {
  EXPECT_EQ(printable("abcdef", 6), "abcdef");
  EXPECT_EQ(printable("abcdefg", 6), "abcdef...");
}

}  // namespace
}  // namespace wallaroo::base
