#include "os/environment.h"

#include <gtest/gtest.h>

#include <cstdlib>

namespace wallaroo::os {
namespace {

TEST(Environment, gives_the_variables_of_a_prefix_sorted) {
  ASSERT_EQ(::setenv("ENVIRONMENT_TEST_B", "x=y", 1), 0);
  ASSERT_EQ(::setenv("ENVIRONMENT_TEST_A", "", 1), 0);
  ASSERT_EQ(::setenv("ENVIRONMENT_TES", "other", 1), 0);
  const auto found = read_environment("ENVIRONMENT_TEST_");
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].name, "ENVIRONMENT_TEST_A");
  EXPECT_EQ(found[0].value, "");
  EXPECT_EQ(found[1].name, "ENVIRONMENT_TEST_B");
  EXPECT_EQ(found[1].value, "x=y");
  for (const char* name : {"ENVIRONMENT_TEST_B", "ENVIRONMENT_TEST_A", "ENVIRONMENT_TES"})
    ::unsetenv(name);
  EXPECT_TRUE(read_environment("ENVIRONMENT_TEST_").empty());
}

}  // namespace
}  // namespace wallaroo::os
