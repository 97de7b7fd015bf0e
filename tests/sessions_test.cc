// The sessions example on one to three cores, with clicks out of order within the lateness, against
// sessions found by sorting all clicks.
#include "sessions/sessions.h"

#include <gtest/gtest.h>
#include <wallaroo/testkit.h>

#include <map>

namespace {

using wl::Duration;
using wl::Time;

std::string told(const std::string& user, uint64_t clicks, int64_t seconds) {
  return user + " => " + std::to_string(clicks) + " clicks in " + std::to_string(seconds) + " s";
}

// Sorted lines of output.
std::vector<std::string> run(uint32_t cores, const std::vector<std::string>& lines) {
  wl::Application app("sessions");
  const auto clicks = app.pipeline("clicks").source(
      "clicks", wl::tcp::listen(":0", wl::framing::lines, read_click));
  find_sessions(clicks).sink("sessions", wl::tcp::connect(":0", wl::framing::lines, write_session));
  wl::testkit::Harness harness(app, {.cores = cores});
  for (uint32_t i = 0; i < lines.size(); ++i) harness.feed("clicks", lines[i], i % cores);
  harness.finish();
  std::vector<std::string> found = harness.output("sessions");
  std::sort(found.begin(), found.end());
  return found;
}

struct Draw {
  uint64_t state = 7;
  int64_t operator()(int64_t below) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    return static_cast<int64_t>((state >> 33) % static_cast<uint64_t>(below));
  }
};

class Sessions : public testing::TestWithParam<uint32_t> {};

TEST_P(Sessions, end_half_an_hour_after_the_last_click) {
  EXPECT_EQ(run(GetParam(),
                {"ann 100", "bob 100", "ann 1899", "rubbish", "ann 3699", "ann x", "bob 9000"}),
            (std::vector<std::string>{told("ann", 1, 0), told("ann", 2, 1799), told("bob", 1, 0),
                                      told("bob", 1, 0)}));
}

TEST_P(Sessions, of_the_readme_are_as_it_says) {
  EXPECT_EQ(run(GetParam(), {"ann 100", "bob 160", "ann 130", "ann 9000", "bob 9060"}),
            (std::vector<std::string>{told("ann", 1, 0), told("ann", 2, 30), told("bob", 1, 0),
                                      told("bob", 1, 0)}));
}

TEST_P(Sessions, are_those_of_the_sorted_clicks) {
  Draw draw;
  std::vector<std::string> lines;
  std::map<std::string, std::vector<int64_t>> by_user;
  for (int64_t now = 100; lines.size() < 4000; now += draw(40)) {
    const std::string user = "user" + std::to_string(draw(25));
    const int64_t at = now - draw(60);  // at most kLateness behind the newest
    lines.push_back(user + ' ' + std::to_string(at));
    by_user[user].push_back(at);
  }
  std::vector<std::string> expected;
  for (auto& [user, times] : by_user) {
    std::sort(times.begin(), times.end());
    size_t first = 0;
    for (size_t i = 1; i <= times.size(); ++i) {
      if (i < times.size() && times[i] - times[i - 1] < 1800) continue;
      expected.push_back(told(user, i - first, times[i - 1] - times[first]));
      first = i;
    }
  }
  std::sort(expected.begin(), expected.end());
  ASSERT_GT(expected.size(), 100u);
  EXPECT_EQ(run(GetParam(), lines), expected);
}

INSTANTIATE_TEST_SUITE_P(OnCores, Sessions, testing::Values(1, 2, 3));

}  // namespace
