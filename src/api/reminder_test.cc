#include "api/reminder.h"

#include <gtest/gtest.h>

#include "io/lines_log_test.h"

namespace wallaroo::api {
namespace {

TEST(Reminder, says_it_at_once_and_then_every_minute) {
  constexpr int64_t kSecond = 1'000'000'000;
  Reminder reminder;
  io::LinesLog log;
  reminder.look({5 * kSecond, 0}, log);
  EXPECT_EQ(log.lines.size(), 0u);
  EXPECT_EQ(reminder.deadline_ns(), io::kNever);
  reminder.set("mind the gap");
  EXPECT_LE(reminder.deadline_ns(), 5 * kSecond);
  for (int64_t second = 5; second < 5 + 180; ++second) reminder.look({second * kSecond, 0}, log);
  EXPECT_EQ(log.lines, (std::vector<std::string>(3, "mind the gap")));
  EXPECT_EQ(log.levels, std::vector(3, io::LogLevel::warning));
  EXPECT_EQ(reminder.deadline_ns(), 185 * kSecond);
}

}  // namespace
}  // namespace wallaroo::api
