#include "cli/dead_letters.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>

namespace wallaroo::cli {
namespace {

class DeadLettersFile : public testing::Test {
 protected:
  ~DeadLettersFile() override { std::remove(path_.c_str()); }
  DeadLetters read(const std::string& content, const std::string& stage = "") {
    std::ofstream(path_, std::ios::binary) << content;
    auto found = read_dead_letters(path_, {.stage = stage});
    EXPECT_TRUE(found.has_value());
    return found ? *found : DeadLetters{};
  }

  const std::string path_ = testing::TempDir() + "dead_letters." + std::to_string(::getpid());
};

TEST_F(DeadLettersFile, fields_are_read_as_they_stand_and_base64_is_decoded) {
  const DeadLetters found = read(
      R"({"stage":"s","error":"e","message":17,"key":-3,"payload_of":"source","payload_base64":"/wE="})"
      "\n");
  ASSERT_EQ(found.letters.size(), 1u);
  const DeadLetter& letter = found.letters[0];
  EXPECT_EQ(letter.line, 1u);
  EXPECT_EQ(letter.field("message"), "17");
  EXPECT_EQ(letter.field("key"), "-3");
  EXPECT_EQ(letter.field("payload"), "\xff\x01");
  EXPECT_EQ(letter.field("nothing"), "");
  EXPECT_TRUE(letter.is_message());
}

TEST_F(DeadLettersFile, lines_that_are_none_are_passed_over_and_told) {
  const DeadLetters found = read(
      "{\"torn\n"
      "{\"stage\":\"a\",\"error\":\"e\",\"payload\":\"1\",\"payload_of\":\"stage\"}\n"
      "[]\n"
      "{\"stage\":\"a\"}\n"
      "{\"stage\":\"a\",\"error\":\"e\",\"payload_base64\":\"?\"}\n"
      "{\"stage\":\"b\",\"error\":\"e\"}\n",
      "a");
  ASSERT_EQ(found.letters.size(), 1u);
  EXPECT_EQ(found.letters[0].line, 2u);
  EXPECT_FALSE(found.letters[0].is_message());
  EXPECT_EQ(
      found.unreadable,
      (std::vector<std::string>{
          "line 1 is no dead letter: it is not an object of texts and whole numbers in JSON",
          "line 3 is no dead letter: it is not an object of texts and whole numbers in JSON",
          "line 4 is no dead letter: it has no stage or no error",
          "line 5 is no dead letter: it is not an object of texts and whole numbers in JSON"}));
}

TEST_F(DeadLettersFile, an_empty_file_holds_none_and_a_missing_one_is_an_error) {
  EXPECT_TRUE(read("").letters.empty());
  EXPECT_FALSE(read_dead_letters(path_ + ".none", {}).has_value());
  EXPECT_FALSE(read_dead_letters(testing::TempDir(), {}).has_value());
}

}  // namespace
}  // namespace wallaroo::cli
