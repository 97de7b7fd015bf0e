// The program itself, run as a user runs it, for its tests.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include "os/descriptor.h"

extern char** environ;

namespace wallaroo::cli {

namespace fs = std::filesystem;
using os::Descriptor;

constexpr int kTimeoutMs = 30'000;

/// Of the program `wallaroo` that was built.
const char* program_path();

/// A run of the program; its outputs are read when it is asked for them.
class Program {
 public:
  explicit Program(std::vector<std::string> arguments, const std::string& input = "/dev/null") {
    arguments.insert(arguments.begin(), program_path());
    std::vector<char*> argv;
    for (auto& argument : arguments) argv.push_back(argument.data());
    argv.push_back(nullptr);
    std::array<int, 2> out_ends{};
    std::array<int, 2> err_ends{};
    EXPECT_EQ(pipe2(out_ends.data(), O_CLOEXEC), 0);
    EXPECT_EQ(pipe2(err_ends.data(), O_CLOEXEC), 0);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 0, input.c_str(), O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, out_ends[1], 1);
    posix_spawn_file_actions_adddup2(&actions, err_ends[1], 2);
    EXPECT_EQ(posix_spawn(&pid_, argv[0], &actions, nullptr, argv.data(), environ), 0);
    posix_spawn_file_actions_destroy(&actions);
    close(out_ends[1]);
    close(err_ends[1]);
    out_.reset(out_ends[0]);
    err_.reset(err_ends[0]);
  }
  ~Program() {
    if (pid_ > 0) {
      kill(pid_, SIGKILL);
      waitpid(pid_, nullptr, 0);
    }
  }

  /// Reads both outputs to their ends, then the exit status; -1 when it takes too long.
  int wait() {
    std::array<pollfd, 2> open{pollfd{out_.get(), POLLIN, 0}, pollfd{err_.get(), POLLIN, 0}};
    while (open[0].fd >= 0 || open[1].fd >= 0) {
      if (poll(open.data(), open.size(), kTimeoutMs) <= 0) return -1;
      take(open[0], out);
      take(open[1], err);
    }
    int status = 0;
    waitpid(pid_, &status, 0);
    pid_ = 0;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  }

  /// The address of "listening on ADDRESS".
  std::string listening() {
    std::array<pollfd, 1> open{pollfd{err_.get(), POLLIN, 0}};
    while (err.find('\n') == std::string::npos) {
      if (poll(open.data(), 1, kTimeoutMs) <= 0 || open[0].fd < 0) return "nowhere:1";
      take(open[0], err);
    }
    const std::string_view prefix = "listening on ";
    EXPECT_TRUE(err.starts_with(prefix)) << err;
    return err.substr(prefix.size(), err.find('\n') - prefix.size());
  }

  void signal(int number) { kill(pid_, number); }
  /// Until SIGCONT.
  void halt() {
    signal(SIGSTOP);
    EXPECT_EQ(waitpid(pid_, nullptr, WUNTRACED), pid_);
  }
  void close_out() { out_.reset(); }

  std::string out;
  std::string err;

 private:
  static void take(pollfd& from, std::string& to) {
    if (from.fd < 0 || from.revents == 0) return;
    std::array<char, 65'536> buffer;
    const ssize_t count = read(from.fd, buffer.data(), buffer.size());
    if (count > 0)
      to.append(buffer.data(), size_t(count));
    else
      from.fd = -1;
  }

  pid_t pid_ = 0;
  Descriptor out_;
  Descriptor err_;
};

class ProgramTest : public testing::Test {
 protected:
  ProgramTest() { fs::create_directories(scratch_); }
  ~ProgramTest() override { fs::remove_all(scratch_); }

  std::string write(const std::string& name, std::string_view text) {
    const std::string path = scratch_ / name;
    std::ofstream(path, std::ios::binary) << text;
    return path;
  }

  fs::path scratch_ = fs::temp_directory_path() / ("wallaroo_cli." + std::to_string(getpid()));
};

}  // namespace wallaroo::cli
