#include "cli/status.h"

#include <gtest/gtest.h>

namespace wallaroo::cli {
namespace {

TEST(Status, lays_out_whatever_is_there) {
  const auto text = format_status(R"({
    "application": "word_count", "cores": 2, "uptime_seconds": 1.5, "healthy": true,
    "pipelines": [{"name": "count", "latency_seconds": {"p50": 0.00025, "max": 0.5}}],
    "limits": {"frame_bytes_max": 1048576},
    "sinks": [{"name": "out", "bytes": 10}, {"name": "longer name", "address": ":1"}],
    "nothing": [], "tags": ["a", 1]})");
  ASSERT_TRUE(text.has_value());
  EXPECT_EQ(*text,
            "application             word_count\n"
            "cores                   2\n"
            "uptime_seconds          1.5\n"
            "healthy                 true\n"
            "limits.frame_bytes_max  1048576\n"
            "tags                    [\"a\",1]\n"
            "\n"
            "pipelines\n"
            "  name   latency_seconds.p50  latency_seconds.max\n"
            "  count              0.00025                  0.5\n"
            "\n"
            "sinks\n"
            "  name         bytes  address\n"
            "  out             10  -\n"
            "  longer name      -  :1\n");
}

TEST(Status, refuses_what_is_not_a_status) {
  for (const char* bad : {"", "<html>", "[1]", "{\"a\":", "12"})
    EXPECT_FALSE(format_status(bad).has_value()) << bad;
}

}  // namespace
}  // namespace wallaroo::cli
