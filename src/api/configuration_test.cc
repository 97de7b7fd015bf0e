// What the environment and a TOML text give, and how each mistake is told.
#include "api/configuration.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace wallaroo::api {
namespace {

const std::vector<KnownFlag> kFlags = {{"in", FlagForm::text},
                                       {"cores", FlagForm::number},
                                       {"busy-poll", FlagForm::yes_or_no},
                                       {"on-error", FlagForm::text},
                                       {"config", FlagForm::text}};

std::string toml_error(std::string_view text) {
  const auto values = from_toml(text, "a.toml", kFlags);
  return values ? "" : values.error().message;
}

std::string environment_error(const std::vector<os::Variable>& variables) {
  const auto values = from_environment(variables, kFlags);
  return values ? "" : values.error().message;
}

TEST(Configuration, names_the_variable_of_a_flag) {
  EXPECT_EQ(variable_of("on-error"), "WALLAROO_ON_ERROR");
  EXPECT_EQ(variable_of("in2"), "WALLAROO_IN2");
}

TEST(Configuration, takes_the_variables_of_flags_and_warns_of_others) {
  const auto found = from_environment({{"WALLAROO_BUSY_POLL", "false"},
                                       {"WALLAROO_CORES", "two"},
                                       {"WALLAROO_CROES", "secret"},
                                       {"WALLAROO_KUBERNETES_HOST", "secret"}},
                                      kFlags);
  ASSERT_TRUE(found.has_value());
  ASSERT_EQ(found->values.size(), 2u);
  EXPECT_EQ(found->values[0].flag, "busy-poll");
  EXPECT_EQ(found->values[0].value, "false");
  EXPECT_EQ(found->values[1].value, "two");  // what a number is, the flag knows
  EXPECT_EQ(found->values[1].origin, "WALLAROO_CORES");
  EXPECT_EQ(found->warnings,
            (std::vector<std::string>{
                "the program has no flag for the variable WALLAROO_CROES; did you mean "
                "WALLAROO_CORES?",
                "the program has no flag for the variable WALLAROO_KUBERNETES_HOST; --help lists "
                "the flags"}));
}

TEST(Configuration, refuses_variables_that_are_empty_or_neither_true_nor_false) {
  EXPECT_EQ(environment_error({{"WALLAROO_IN", ""}}),
            "WALLAROO_IN: the value is empty; unset it to use the default of --in");
  EXPECT_EQ(environment_error({{"WALLAROO_BUSY_POLL", "yes"}}),
            "WALLAROO_BUSY_POLL: the value must be true or false");
}

TEST(Configuration, takes_the_keys_of_a_file) {
  const auto values =
      from_toml("# ports\nin = \":7010\"\n\ncores = 2\nbusy-poll = true\n", "a.toml", kFlags);
  ASSERT_TRUE(values.has_value()) << values.error().message;
  ASSERT_EQ(values->size(), 3u);
  for (const ConfiguredValue& value : *values) {
    const bool in = value.flag == "in";
    const bool cores = value.flag == "cores";
    EXPECT_EQ(value.value, in ? ":7010" : cores ? "2" : "true");
    EXPECT_EQ(value.origin, in ? "a.toml:2" : cores ? "a.toml:4" : "a.toml:5");
  }
  EXPECT_TRUE(from_toml("", "a.toml", kFlags)->empty());
}

TEST(Configuration, refuses_keys_that_are_no_flag) {
  EXPECT_EQ(toml_error("in = \":1\"\ncroes = 2\n"),
            "a.toml:2: the program has no flag 'croes'; did you mean cores?");
  EXPECT_EQ(toml_error("[kubernetes]\ncores = 2\n"),
            "a.toml:1: the program has no flag 'kubernetes'; --help lists the flags");
  EXPECT_EQ(toml_error("config = \"b.toml\"\n"),
            "a.toml:1: a file cannot name another file by 'config'; take that line out");
  const std::string hostile = toml_error("\"a\\u001bb\" = 1\n");
  EXPECT_TRUE(hostile.starts_with("a.toml:1: the program has no flag 'a")) << hostile;
  EXPECT_EQ(hostile.find('\x1b'), std::string::npos);
}

TEST(Configuration, refuses_values_of_another_type) {
  const std::string number = "a.toml:1: the value of 'cores' must be a whole number";
  for (const char* value : {"\"2\"", "2.0", "true", "[2]", "{a = 2}", "2026-01-01"})
    EXPECT_EQ(toml_error(std::string("cores = ") + value), number) << value;
  EXPECT_EQ(toml_error("in = 7010"), "a.toml:1: the value of 'in' must be a text in quotes");
  EXPECT_EQ(toml_error("busy-poll = \"true\""),
            "a.toml:1: the value of 'busy-poll' must be true or false, without quotes");
  EXPECT_EQ(toml_error("in = \"\""),
            "a.toml:1: the value of 'in' is empty; take the line out to use the default");
  EXPECT_EQ(toml_error("in = \"a\\u0000b\""),
            "a.toml:1: the value of 'in' has a zero byte in it; take it out");
}

TEST(Configuration, tells_the_line_of_what_is_not_toml) {
  for (const char* text :
       {"in = \":1\"\ncores 2\n", "in = \":1\"\nin = \":2\"\n",
        "in = \":1\"\ncores = 99999999999999999999\n", "in = \":1\"\n\xff = 1\n"})
    EXPECT_TRUE(toml_error(text).starts_with("a.toml:2: not TOML: ")) << toml_error(text);
  const std::string deep = toml_error("in = " + std::string(100'000, '['));
  EXPECT_TRUE(deep.starts_with("a.toml:1: not TOML: ")) << deep;
}

TEST(Configuration, refuses_what_the_parser_takes_for_impossible) {
  for (const char* text : {"[\n", "in = [{a = 1979-05-27T:", "in = \xcf\xbf\n"})
    EXPECT_TRUE(toml_error(text).starts_with("a.toml:1: not TOML: ")) << toml_error(text);
}

TEST(Configuration, says_why_a_file_cannot_be_read) {
  const auto error = [](const std::string& file) {
    return from_file(file, kFlags).error().message;
  };
  EXPECT_EQ(error("/no/such.toml"),
            "cannot read the configuration file '/no/such.toml' (--config): it does not exist; "
            "check the name");
  EXPECT_EQ(error("/"),
            "cannot read the configuration file '/' (--config): it is a folder; name a file in it");
  EXPECT_EQ(error("/dev/zero"),
            "cannot read the configuration file '/dev/zero' (--config): it has more than 1 MiB; is "
            "it the right file?");
}

}  // namespace
}  // namespace wallaroo::api
