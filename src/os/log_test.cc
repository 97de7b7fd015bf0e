#include "os/log.h"

#include <gtest/gtest.h>

namespace wallaroo::os {
namespace {

TEST(Log, writes_one_line_an_event_on_stderr_above_its_level) {
  testing::internal::CaptureStderr();
  const auto log = make_stderr_log({.level = io::LogLevel::warning});
  log->write(io::LogLevel::info, "unseen");
  log->write(io::LogLevel::error, "braces {} are only text");
  const std::string text = testing::internal::GetCapturedStderr();
  EXPECT_EQ(text.find("unseen"), std::string::npos);
  EXPECT_NE(text.find(" error braces {} are only text\n"), std::string::npos) << text;
}

TEST(Log, writes_text_of_any_kind_as_json) {
  testing::internal::CaptureStderr();
  const auto log = make_stderr_log({.json = true});
  log->write(io::LogLevel::warning, "a \"quoted\" %v path\\ and\nan end \xc3\xa9");
  log->write(io::LogLevel::warning, "no text \xff");
  const std::string text = testing::internal::GetCapturedStderr();
  EXPECT_TRUE(text.starts_with("{\"time\":\"20")) << text;
  EXPECT_TRUE(text.ends_with("\"level\":\"warning\",\"message\":\"no text \\\\xff\"}\n")) << text;
  EXPECT_NE(text.find("\"message\":\"a \\\"quoted\\\" %v path\\\\ and\\nan end \xc3\xa9\"}\n"),
            std::string::npos)
      << text;
}

}  // namespace
}  // namespace wallaroo::os
