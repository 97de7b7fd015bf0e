#include "child.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>

#include "measure.h"
#include "yardstick/net.h"

namespace wallaroo::bench {
namespace {

[[noreturn]] void become(const std::vector<std::string>& command, int core, bool quiet) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (core >= 0) {
    pin_to_core(core);
  } else {
    pin_to_any_core();
  }
  const int out = quiet ? open("/dev/null", O_WRONLY) : STDERR_FILENO;
  dup2(out, STDOUT_FILENO);
  if (quiet) dup2(out, STDERR_FILENO);
  std::vector<char*> arguments;
  for (const std::string& argument : command)
    arguments.push_back(const_cast<char*>(argument.c_str()));
  arguments.push_back(nullptr);
  execv(arguments[0], arguments.data());
  _exit(127);
}

}  // namespace

Child::Child(const std::vector<std::string>& command, int core, bool quiet) {
  std::fflush(nullptr);
  pid_ = fork();
  if (pid_ < 0) die("cannot start " + command[0] + ": fork failed");
  if (pid_ == 0) become(command, core, quiet);
}

Child::~Child() { stop(0); }

bool Child::running() {
  if (!reaped_ && waitpid(pid_, &status_, WNOHANG) == pid_) reaped_ = true;
  return !reaped_;
}

std::uint64_t Child::cpu_ns() const {
  std::uint64_t sum = 0;
  std::error_code gone;
  const std::filesystem::path tasks = "/proc/" + std::to_string(pid_) + "/task";
  for (const auto& task : std::filesystem::directory_iterator(tasks, gone)) {
    std::uint64_t on_core = 0;
    std::ifstream(task.path() / "schedstat") >> on_core;
    sum += on_core;
  }
  return sum;
}

std::uint64_t Child::resident_bytes() const {
  std::uint64_t total = 0, resident = 0;
  std::ifstream("/proc/" + std::to_string(pid_) + "/statm") >> total >> resident;
  return resident * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
}

int Child::stop(int timeout_ms) {
  if (running()) kill(pid_, SIGTERM);
  for (int waited_ms = 0; running() && waited_ms < timeout_ms; ++waited_ms) usleep(1000);
  if (running()) {
    kill(pid_, SIGKILL);
    waitpid(pid_, &status_, 0);
    reaped_ = true;
    return -1;
  }
  return WIFEXITED(status_) ? WEXITSTATUS(status_) : -1;
}

}  // namespace wallaroo::bench
