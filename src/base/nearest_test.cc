#include "base/nearest.h"

#include <gtest/gtest.h>

namespace wallaroo::base {
namespace {

TEST(Nearest, finds_what_was_meant_and_does_not_guess_wildly) {
  const std::vector<std::string> commands = {"send", "receive", "status", "new", "version", "help"};
  EXPECT_EQ(nearest("snd", commands), "send");
  EXPECT_EQ(nearest("recieve", commands), "receive");
  EXPECT_EQ(nearest("staus", commands), "status");
  EXPECT_EQ(nearest("nwe", commands), "new");
  EXPECT_EQ(nearest("kubernetes", commands), "");
  EXPECT_EQ(nearest("", commands), "");
  const std::vector<std::string> none;
  EXPECT_EQ(nearest("x", none), "");
}

}  // namespace
}  // namespace wallaroo::base
