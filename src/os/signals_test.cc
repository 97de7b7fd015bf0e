#include "os/signals.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <mutex>

namespace wallaroo::os {
namespace {

TEST(SignalWatcher, counts_the_signals_on_its_own_thread) {
  std::mutex mutex;
  std::condition_variable changed;
  int last = 0;
  std::thread::id where;
  auto watcher = SignalWatcher::start([&](int count) {
    const std::lock_guard lock(mutex);
    last = count;
    where = std::this_thread::get_id();
    changed.notify_all();
  });
  ASSERT_TRUE(watcher.has_value());
  const std::array<int, 3> signals{SIGTERM, SIGINT, SIGTERM};
  for (int i = 0; i < 3; ++i) {
    std::this_thread::sleep_for(std::chrono::nanoseconds(2 * SignalWatcher::kTogetherNs));
    kill(getpid(), signals[size_t(i)]);
    std::unique_lock lock(mutex);
    ASSERT_TRUE(changed.wait_for(lock, std::chrono::seconds(20), [&] { return last == i + 1; }));
  }
  EXPECT_NE(where, std::this_thread::get_id());
}

TEST(SignalWatcher, takes_what_comes_together_for_one) {
  std::atomic<int> last = 0;
  auto watcher = SignalWatcher::start([&](int count) { last = count; });
  ASSERT_TRUE(watcher.has_value());
  kill(getpid(), SIGTERM);
  while (last == 0) std::this_thread::yield();
  kill(getpid(), SIGTERM);  // as timeout(1) does
  std::this_thread::sleep_for(std::chrono::nanoseconds(2 * SignalWatcher::kTogetherNs));
  EXPECT_EQ(last, 1);
  kill(getpid(), SIGINT);
  for (int i = 0; i < 2000 && last == 1; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  EXPECT_EQ(last, 2);
}

TEST(SignalWatcher, survives_a_broken_pipe_and_ends_at_once) {
  auto watcher = SignalWatcher::start([](int) {});
  std::array<int, 2> ends{};
  ASSERT_EQ(pipe(ends.data()), 0);
  close(ends[0]);
  EXPECT_EQ(write(ends[1], "x", 1), -1);
  close(ends[1]);
}

}  // namespace
}  // namespace wallaroo::os
