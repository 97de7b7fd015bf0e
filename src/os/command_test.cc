#include "os/command.h"

#include <gtest/gtest.h>

#include <csignal>

namespace wallaroo::os {
namespace {

Result<int> run(const std::string& script, const std::vector<Variable>& variables = {}) {
  return run_command({.words = {"sh", "-c", script}, .directory = "/", .variables = variables});
}

TEST(Command, returns_the_exit_code) {
  EXPECT_EQ(run("exit 0").value(), 0);
  EXPECT_EQ(run("exit 7").value(), 7);
}

TEST(Command, returns_the_signal_behind_128) {
  EXPECT_EQ(run("kill -KILL $$").value(), 128 + SIGKILL);
}

TEST(Command, runs_in_its_directory_with_its_variables_and_those_that_are_there) {
  EXPECT_EQ(run("test \"$PWD\" = / && test \"$PATH\" = a:b && test -n \"$HOME\"",
                {{"PATH", "a:b"}, {"HOME", "/"}})
                .value(),
            0);
  EXPECT_EQ(run("test \"$NEW_ONE\" = \"two words\"", {{"NEW_ONE", "two words"}}).value(), 0);
}

TEST(Command, says_why_a_program_cannot_be_run) {
  const auto absent =
      run_command({.words = {"no-such-program"}, .directory = "/", .variables = {}});
  ASSERT_FALSE(absent);
  EXPECT_EQ(absent.error().message,
            "cannot run 'no-such-program' in '/': No such file or directory");
  EXPECT_FALSE(run_command({.words = {"true"}, .directory = "/no-such-place", .variables = {}}));
}

}  // namespace
}  // namespace wallaroo::os
