// Watermarks over several connections: lowest of those heard, never backwards.
#include "flow/source_watermarks.h"

#include <gtest/gtest.h>

#include "io/now.h"
#include "wire/batch.h"

namespace wallaroo::flow {
namespace {

TEST(SourceWatermarks, the_slowest_connection_decides_until_it_is_silent) {
  SourceWatermarks watermarks(100);
  EXPECT_EQ(watermarks.current(0), wire::kIdleWatermark);
  watermarks.observe(1, 1000, 10, 0);
  watermarks.observe(2, 500, 10, 0);
  EXPECT_EQ(watermarks.current(0), 490);
  watermarks.observe(1, 2000, 10, 60);
  EXPECT_EQ(watermarks.deadline_ns(60), 100) << "connection 2 becomes idle first";
  EXPECT_EQ(watermarks.current(100), 1990);
  EXPECT_EQ(watermarks.current(160), wire::kIdleWatermark);
  EXPECT_EQ(watermarks.deadline_ns(160), io::kNever);
}

TEST(SourceWatermarks, a_source_that_is_not_read_is_not_silent) {
  SourceWatermarks watermarks(100);
  watermarks.observe(1, 1000, 0, 0);
  watermarks.observe(2, 500, 0, 0);
  watermarks.observe(1, 2000, 0, 90);
  watermarks.pause(90, 5'000);  // nothing could be taken
  EXPECT_EQ(watermarks.current(5'000), 500);
  EXPECT_EQ(watermarks.deadline_ns(5'000), 5'010);
  EXPECT_EQ(watermarks.current(5'010), 2000);
  watermarks.pause(5'010, 9'000);
  EXPECT_EQ(watermarks.current(9'000), 2000) << "who was silent before is still";
}

TEST(SourceWatermarks, time_never_goes_back) {
  SourceWatermarks watermarks(100);
  watermarks.observe(1, 1000, 0, 0);
  EXPECT_EQ(watermarks.current(0), 1000);
  watermarks.observe(2, 10, 0, 0);  // a newcomer far behind
  EXPECT_EQ(watermarks.current(0), 1000);
  watermarks.observe(1, 900, 0, 0);
  EXPECT_EQ(watermarks.current(0), 1000);
  watermarks.close(2);
  watermarks.observe(1, 1100, 0, 0);
  EXPECT_EQ(watermarks.current(0), 1100);
}

TEST(SourceWatermarks, extreme_event_times_do_not_overflow) {
  SourceWatermarks watermarks(100);
  watermarks.observe(1, INT64_MIN, 1'000'000, 0);
  EXPECT_EQ(watermarks.current(0), INT64_MIN);
  watermarks.observe(1, INT64_MAX, 0, 0);
  EXPECT_LT(watermarks.current(0), wire::kFinalWatermark);
}

}  // namespace
}  // namespace wallaroo::flow
