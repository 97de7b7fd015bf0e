// The order of command line, environment, file and default, and that all pass the same checks.
#include "api/command_line.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>

namespace wallaroo::api {
namespace {

/// A file that is gone with the test.
class File {
 public:
  explicit File(const std::string& text) { std::ofstream(path_) << text; }
  ~File() { (void)std::remove(path_.c_str()); }
  const std::string& path() const { return path_; }

 private:
  std::string path_ = testing::TempDir() + "command_line_test." +
                      testing::UnitTest::GetInstance()->current_test_info()->name() + ".toml";
};

tl::expected<CommandLine, NotStarted> parse(const std::vector<std::string>& arguments,
                                            const std::vector<os::Variable>& variables) {
  Graph graph;
  graph.application = "test";
  graph.flags = {"in", "out"};
  std::vector<const char*> argv = {"test"};
  for (const std::string& argument : arguments) argv.push_back(argument.c_str());
  return parse_command_line(graph, static_cast<int>(argv.size()), argv.data(), variables);
}

/// What it says when it fails; says so when it does not, or not with the code of usage, or when it
/// has told people by itself.
std::string refused(const std::vector<std::string>& arguments,
                    const std::vector<os::Variable>& variables) {
  testing::internal::CaptureStderr();
  const auto parsed = parse(arguments, variables);
  const std::string said = testing::internal::GetCapturedStderr();
  if (parsed) return "it was taken";
  if (parsed.error().exit_code != 2) return "another exit code";
  return said.empty() ? parsed.error().message : "it printed " + said;
}

using Own = std::vector<std::pair<std::string, std::string>>;

TEST(CommandLine, goes_before_the_environment_and_that_before_the_file) {
  const File file(
      "cores = 4\nname = \"file\"\nhttp = \"off\"\nin = \"file:1\"\nout = \"file:2\"\n");
  const auto parsed = parse(
      {"--config", file.path(), "--cores", "2"},
      {{"WALLAROO_CORES", "3"}, {"WALLAROO_NAME", "variable"}, {"WALLAROO_IN", "variable:1"}});
  ASSERT_TRUE(parsed.has_value());
  EXPECT_EQ(parsed->options.cores, 2u);
  EXPECT_EQ(parsed->options.name, "variable");
  EXPECT_EQ(parsed->options.http, "off");
  EXPECT_EQ(parsed->options.flags, (Own{{"in", "variable:1"}, {"out", "file:2"}}));
  EXPECT_FALSE(parsed->options.busy_poll);
  EXPECT_TRUE(parsed->warnings.empty());
}

TEST(CommandLine, takes_every_kind_of_flag_from_the_file_that_a_variable_names) {
  const File file(
      "on-error = \"dead-letter\"\nlog-format = \"json\"\nquiet = true\nbusy-poll = true\n"
      "insecure = false\ntls-key = \"a.key\"\nexplain = \"dot\"\n");
  const auto parsed = parse({"--busy-poll=false"}, {{"WALLAROO_CONFIG", file.path()}});
  ASSERT_TRUE(parsed.has_value());
  EXPECT_EQ(parsed->options.on_error, OnError::dead_letter);
  EXPECT_TRUE(parsed->options.log_json);
  EXPECT_TRUE(parsed->options.quiet);
  EXPECT_FALSE(parsed->options.busy_poll);
  EXPECT_FALSE(parsed->options.insecure);
  EXPECT_EQ(parsed->options.tls.key, "a.key");
  EXPECT_EQ(parsed->explanation, "dot");
}

TEST(CommandLine, checks_values_from_everywhere_and_says_where_they_are_from) {
  const auto variable = [](const char* name, const char* value) {
    return refused({}, {{name, value}});
  };
  EXPECT_EQ(variable("WALLAROO_CORES", "65"),
            "WALLAROO_CORES: --cores: Value 65 not in range 1 to 64");
  for (const char* value : {"two", "0", "-1", "1e9999", ""})
    EXPECT_TRUE(variable("WALLAROO_CORES", value).starts_with("WALLAROO_CORES: ")) << value;
  EXPECT_EQ(variable("WALLAROO_ON_ERROR", "dorp"),
            "WALLAROO_ON_ERROR: --on-error: dorp not in {drop,dead-letter,fail}");
  EXPECT_TRUE(variable("WALLAROO_NAME", "w\xff").starts_with("WALLAROO_NAME: --name: "));
  EXPECT_TRUE(variable("WALLAROO_QUIET", "1").starts_with("WALLAROO_QUIET: "));
  EXPECT_TRUE(variable("WALLAROO_CONFIG", "/no/such.toml").find("'/no/such.toml'") !=
              std::string::npos);
  const File file("in = \":1\"\ncores = -1\n");
  EXPECT_TRUE(refused({"--config", file.path()}, {}).starts_with(file.path() + ":2: "));
  EXPECT_NE(refused({"--config", ""}, {}).find("--config"), std::string::npos);
}

TEST(CommandLine, says_what_is_wrong_with_a_flag_and_lets_the_caller_tell_it) {
  EXPECT_EQ(refused({"--bogus"}, {}), "did not expect --bogus; --help lists the flags");
  EXPECT_EQ(refused({"--coress", "2", "x"}, {}),
            "did not expect --coress 2 x; did you mean --cores?");
  EXPECT_EQ(refused({"--cores", "65"}, {}),
            "--cores: Value 65 not in range 1 to 64; --help lists the flags");
  EXPECT_TRUE(refused({"--explain", "xyz"}, {}).starts_with("--explain: xyz not in {text,"));
  testing::internal::CaptureStdout();
  const auto parsed = parse({"--help"}, {});
  EXPECT_NE(testing::internal::GetCapturedStdout().find("--cores"), std::string::npos);
  ASSERT_FALSE(parsed.has_value());
  EXPECT_EQ(parsed.error().exit_code, 0);
  EXPECT_EQ(parsed.error().message, "");
}

TEST(CommandLine, warns_of_a_variable_that_is_no_flag) {
  const auto parsed = parse({}, {{"WALLAROO_OTU", "x"}});
  ASSERT_TRUE(parsed.has_value());
  EXPECT_EQ(parsed->warnings,
            (std::vector<std::string>{"the program has no flag for the variable WALLAROO_OTU; did "
                                      "you mean WALLAROO_OUT?"}));
}

}  // namespace
}  // namespace wallaroo::api
