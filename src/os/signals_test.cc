#include "os/signals.h"

#include <gtest/gtest.h>

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
    kill(getpid(), signals[size_t(i)]);
    std::unique_lock lock(mutex);
    ASSERT_TRUE(changed.wait_for(lock, std::chrono::seconds(20), [&] { return last == i + 1; }));
  }
  EXPECT_NE(where, std::this_thread::get_id());
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
