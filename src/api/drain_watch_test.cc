#include "api/drain_watch.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "io/lines_log_test.h"

namespace wallaroo::api {
namespace {

class DrainWatchTest : public testing::Test {
 protected:
  bool look(DrainWatch& watch, int64_t seconds) {
    return watch.look({.mono_ns = seconds * 1'000'000'000}, log_,
                      [] { return std::string("sink 'out' holds 7 bytes that nobody takes"); });
  }
  io::LinesLog log_;
};

TEST_F(DrainWatchTest, says_what_a_long_drain_waits_for) {
  DrainWatch watch(io::kNever);
  EXPECT_EQ(watch.deadline_ns(), 0) << "it wants to know when the drain begins";
  for (const int64_t second : {100, 104, 105, 106, 111}) EXPECT_FALSE(look(watch, second));
  EXPECT_EQ(log_.lines,
            (std::vector<std::string>{
                "still draining after 5 s: sink 'out' holds 7 bytes that nobody takes; a second "
                "signal stops at once",
                "still draining after 11 s: sink 'out' holds 7 bytes that nobody takes; a second "
                "signal stops at once"}));
  EXPECT_EQ(watch.deadline_ns(), 116'000'000'000);
}

TEST_F(DrainWatchTest, gives_up_once) {
  DrainWatch watch(2'500'000'000);
  EXPECT_FALSE(look(watch, 10));
  EXPECT_EQ(watch.deadline_ns(), 12'500'000'000);
  EXPECT_FALSE(look(watch, 12));
  EXPECT_TRUE(look(watch, 13));
  EXPECT_FALSE(look(watch, 14));
  EXPECT_EQ(watch.deadline_ns(), io::kNever);
  EXPECT_EQ(log_.lines,
            std::vector<std::string>{
                "the drain is not done after 2.5 s (--drain-timeout): sink 'out' holds 7 bytes "
                "that nobody takes; stopping at once, what is under way is lost"});
}

}  // namespace
}  // namespace wallaroo::api
