#include "os/thread_disk.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <sstream>

namespace wallaroo::os {
namespace {

using io::DiskOperationKind;
using io::OpenMode;

class NoWakeup final : public io::Wakeup {
 public:
  void notify(base::CoreId) override { woken.store(true); }
  std::atomic<bool> woken = false;
};

class ThreadDiskTest : public testing::Test {
 protected:
  ThreadDiskTest() {
    std::string pattern = testing::TempDir() + "disk-XXXXXX";
    EXPECT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }
  ~ThreadDiskTest() override {
    for (const std::string& name : made_) ::unlink(name.c_str());
    ::rmdir(folder_.c_str());
  }

  std::string path(const std::string& name) {
    made_.push_back(folder_ + "/" + name);
    return made_.back();
  }
  std::string write_file(const std::string& name, const std::string& content) {
    const std::string at = path(name);
    std::ofstream(at, std::ios::binary) << content;
    return at;
  }
  static std::string content(const std::string& at) {
    std::stringstream text;
    text << std::ifstream(at, std::ios::binary).rdbuf();
    return text.str();
  }
  static io::DiskCompletion wait(ThreadDisk& disk) {
    io::DiskCompletion done[1];
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (disk.poll(done) == 0 && std::chrono::steady_clock::now() < end) {
      std::this_thread::sleep_for(std::chrono::microseconds(50));
    }
    return done[0];
  }
  /// The completion can be polled a moment before its core is woken.
  bool is_woken() const {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (!wakeup_.woken.load() && std::chrono::steady_clock::now() < end) {
      std::this_thread::sleep_for(std::chrono::microseconds(50));
    }
    return wakeup_.woken.load();
  }
  static io::DiskCompletion append(ThreadDisk& disk, io::FileId file, std::string_view text) {
    disk.submit({.kind = DiskOperationKind::append,
                 .file = file,
                 .from = text.data(),
                 .bytes = text.size()});
    return wait(disk);
  }
  void expect_refused(const std::string& at, OpenMode mode, std::string_view why) {
    const auto opened = disk_.open(at, mode);
    ASSERT_FALSE(opened.has_value()) << at;
    EXPECT_NE(opened.error().message.find(why), std::string::npos) << opened.error().message;
  }

  std::string folder_;
  NoWakeup wakeup_;
  DiskThread thread_{wakeup_};
  ThreadDisk& disk_ = thread_.add_core(base::CoreId(0));

 private:
  std::vector<std::string> made_;
};

TEST_F(ThreadDiskTest, reads_what_is_there_and_says_where_it_ends) {
  const auto opened = disk_.open(write_file("in", "0123456789"), OpenMode::read);
  ASSERT_TRUE(opened.has_value());
  EXPECT_EQ(opened->bytes, 10u);
  std::array<char, 8> into{};
  disk_.submit({.file = opened->file, .offset = 1, .into = into.data(), .bytes = 8});
  EXPECT_EQ(wait(disk_).bytes, 8u);
  EXPECT_EQ(std::string_view(into.data(), 8), "12345678");
  EXPECT_TRUE(is_woken());
  disk_.submit({.file = opened->file, .offset = 9, .into = into.data(), .bytes = 8});
  const io::DiskCompletion rest = wait(disk_);
  EXPECT_EQ(rest.bytes, 1u);
  EXPECT_EQ(rest.file_bytes, 10u);
  disk_.submit({.file = opened->file, .offset = 20, .into = into.data(), .bytes = 8});
  EXPECT_EQ(wait(disk_).bytes, 0u);
  disk_.close(opened->file);
}

TEST_F(ThreadDiskTest, appends_replaces_and_syncs) {
  const std::string at = write_file("out", "old");
  const auto behind = disk_.open(at, OpenMode::append);
  ASSERT_TRUE(behind.has_value());
  EXPECT_EQ(behind->bytes, 3u);
  EXPECT_FALSE(behind->ends_line);
  EXPECT_EQ(append(disk_, behind->file, " and new\n").bytes, 9u);
  EXPECT_EQ(content(at), "old and new\n");
  EXPECT_TRUE(disk_.open(at, OpenMode::append)->ends_line);
  const auto replaced = disk_.open(at, OpenMode::replace);
  ASSERT_TRUE(replaced.has_value());
  EXPECT_TRUE(append(disk_, replaced->file, "only\n").error.empty());
  disk_.submit({.kind = DiskOperationKind::sync, .file = replaced->file});
  EXPECT_TRUE(wait(disk_).error.empty());
  EXPECT_EQ(content(at), "only\n");
}

TEST_F(ThreadDiskTest, appends_of_several_cores_stay_whole) {
  const std::string at = path("shared");
  ThreadDisk& other = thread_.add_core(base::CoreId(1));
  const auto first = disk_.open(at, OpenMode::replace);
  const auto second = other.open(at, OpenMode::append);
  ASSERT_TRUE(first.has_value() && second.has_value());
  const std::string a(1000, 'a');
  const std::string b(1000, 'b');
  for (int i = 0; i < 50; ++i) {
    disk_.submit({.kind = DiskOperationKind::append,
                  .file = first->file,
                  .from = a.data(),
                  .bytes = a.size()});
    other.submit({.kind = DiskOperationKind::append,
                  .file = second->file,
                  .from = b.data(),
                  .bytes = b.size()});
  }
  thread_.finish();
  const std::string all = content(at);
  ASSERT_EQ(all.size(), 100'000u);
  for (size_t i = 0; i < all.size(); i += 1000) {
    EXPECT_EQ(all.substr(i, 1000), std::string(1000, all[i]));
  }
}

TEST_F(ThreadDiskTest, a_full_device_is_an_error_of_the_append) {
  const auto opened = disk_.open("/dev/full", OpenMode::append);
  ASSERT_TRUE(opened.has_value()) << opened.error().message;
  const io::DiskCompletion done = append(disk_, opened->file, "text");
  EXPECT_EQ(done.error, "No space left on device");
  EXPECT_EQ(done.bytes, 0u);
}

TEST_F(ThreadDiskTest, what_was_written_of_an_append_that_fails_is_cut_off) {
  const std::string at = write_file("limited", "0123456789");
  const auto opened = disk_.open(at, OpenMode::append);
  ASSERT_TRUE(opened.has_value());
  std::signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  const rlimit small{15, before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  const io::DiskCompletion done = append(disk_, opened->file, "too much");
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
  EXPECT_EQ(done.error, "File too large");
  EXPECT_EQ(content(at), "0123456789");
}

TEST_F(ThreadDiskTest, says_what_is_wrong_with_a_path) {
  expect_refused("", OpenMode::read, "cannot open '' for reading: the path is empty");
  expect_refused(folder_ + "/none", OpenMode::read, "No such file or directory");
  expect_refused(folder_ + "/none/out", OpenMode::append, "for writing: No such file or directory");
  expect_refused(folder_, OpenMode::read, "it is a directory");
  expect_refused(folder_, OpenMode::replace, "Is a directory");
  const std::string pipe = path("pipe");
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  expect_refused(pipe, OpenMode::read, "it is not a regular file");
  expect_refused("/dev/null", OpenMode::read, "it is not a regular file");
}

TEST_F(ThreadDiskTest, finishes_what_was_submitted_before_it_ends) {
  const std::string at = path("late");
  const auto opened = disk_.open(at, OpenMode::replace);
  ASSERT_TRUE(opened.has_value());
  disk_.submit({.kind = DiskOperationKind::append, .file = opened->file, .from = "x", .bytes = 1});
  thread_.finish();
  EXPECT_EQ(content(at), "x");
  thread_.finish();
}

}  // namespace
}  // namespace wallaroo::os
