#include "worker_process.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <array>
#include <fstream>

#include "sockets.h"

namespace wallaroo::e2e {
namespace {

constexpr double kStartSeconds = 10;

struct Child {
  pid_t pid;
  int output;
};

Child spawn(const std::vector<std::string>& arguments, bool stdout_too) {
  std::array<int, 2> pipe{};
  EXPECT_EQ(::pipe2(pipe.data(), O_CLOEXEC), 0);
  std::vector<char*> argv = {const_cast<char*>(WORKER_APP)};
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  const pid_t pid = ::fork();
  if (pid == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // a test that dies leaves no worker behind
    ::dup2(pipe[1], STDERR_FILENO);
    if (stdout_too) ::dup2(pipe[1], STDOUT_FILENO);
    ::execv(WORKER_APP, argv.data());
    ::_exit(98);
  }
  EXPECT_GT(pid, 0);
  ::close(pipe[1]);
  ::fcntl(pipe[0], F_SETFL, O_NONBLOCK);
  return {pid, pipe[0]};
}

int exit_code(int status) {
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

void read_all(int fd, std::string& into) {
  std::array<char, 4096> part{};
  ssize_t count = 0;
  while ((count = ::read(fd, part.data(), part.size())) > 0)
    into.append(part.data(), static_cast<size_t>(count));
}

}  // namespace

void sleep_ms(int ms) {
  const timespec pause{ms / 1000, ms % 1000 * 1'000'000L};
  ::nanosleep(&pause, nullptr);
}

int64_t now_ms() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1000 + now.tv_nsec / 1'000'000;
}

WorkerProcess::WorkerProcess(const WorkerSettings& settings) {
  std::vector<std::string> arguments = settings.limits;
  const std::string to =
      settings.to.empty() ? "127.0.0.1:" + std::to_string(settings.out) : settings.to;
  for (const std::string& fixed :
       {std::string("--"), std::string("--in"), settings.in, std::string("--http"),
        std::string("127.0.0.1:0"), std::string("--cores"), std::to_string(settings.cores),
        std::string("--out"), to})
    arguments.push_back(fixed);
  arguments.insert(arguments.end(), settings.flags.begin(), settings.flags.end());
  const Child child = spawn(arguments, false);
  pid_ = child.pid;
  stderr_ = child.output;
  const bool up = eventually(kStartSeconds, [this] {
    in_ = port_in_log("source 'text' listens on ");
    if (in_ == 0) in_ = port_in_log("source 'text' receives datagrams on ");
    http_ = port_in_log("status at http:");
    return (in_ != 0 && http_ != 0) || !running();
  });
  EXPECT_TRUE(up && in_ != 0 && http_ != 0) << "the worker did not start: " << log();
}

WorkerProcess::~WorkerProcess() {
  if (running()) {
    signal(SIGKILL);
    (void)wait(10);
  }
  ::close(stderr_);
}

uint16_t WorkerProcess::port_in_log(const std::string& before) {
  const size_t at = log().find(before);
  const size_t end = at == std::string::npos ? at : log_.find('\n', at);
  if (end == std::string::npos) return 0;
  return static_cast<uint16_t>(std::stoi(log_.substr(log_.rfind(':', end) + 1)));
}

const std::string& WorkerProcess::log() {
  read_all(stderr_, log_);
  return log_;
}

std::string WorkerProcess::get(const std::string& path) const {
  Client client(http_);
  client.send("GET " + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  const std::string answer = client.read_to_end();
  const size_t body = answer.find("\r\n\r\n");
  if (!answer.starts_with("HTTP/1.1 200 ") || body == std::string::npos) return "";
  return answer.substr(body + 4);
}

boost::json::object WorkerProcess::status() const {
  boost::system::error_code error;
  const auto parsed = boost::json::parse(get("/status"), error);
  EXPECT_FALSE(error) << "/status is not JSON";
  return parsed.is_object() ? parsed.as_object() : boost::json::object();
}

uint64_t WorkerProcess::source(const char* counter) const {
  return status().at("sources").as_array().at(0).as_object().at(counter).to_number<uint64_t>();
}

uint64_t WorkerProcess::sink(const char* counter) const {
  return status().at("sinks").as_array().at(0).as_object().at(counter).to_number<uint64_t>();
}

void WorkerProcess::signal(int number) const { EXPECT_EQ(::kill(pid_, number), 0); }

void WorkerProcess::limit_files(uint64_t bytes) const {
  const rlimit limit{bytes, RLIM_INFINITY};
  EXPECT_EQ(::prlimit(pid_, RLIMIT_FSIZE, &limit, nullptr), 0);
}

bool WorkerProcess::running() {
  int status = 0;
  if (!ended_ && ::waitpid(pid_, &status, WNOHANG) == pid_) {
    ended_ = true;
    exit_ = exit_code(status);
  }
  return !ended_;
}

int WorkerProcess::wait(double seconds) {
  return eventually(seconds,
                    [this] {
                      (void)log();  // so that it never waits for room in the pipe
                      return !running();
                    })
             ? exit_
             : -1;
}

size_t WorkerProcess::resident_bytes() const {
  std::ifstream statm("/proc/" + std::to_string(pid_) + "/statm");
  size_t total = 0;
  size_t resident = 0;
  statm >> total >> resident;
  return resident * static_cast<size_t>(::sysconf(_SC_PAGESIZE));
}

Ended run_to_end(const std::vector<std::string>& arguments, int sigterm_after_ms) {
  const Child child = spawn(arguments, true);
  if (sigterm_after_ms >= 0) {
    sleep_ms(sigterm_after_ms);
    EXPECT_EQ(::kill(child.pid, SIGTERM), 0);
  }
  Ended ended{-1, {}};
  int status = 0;
  const bool done = eventually(10, [&] {
    read_all(child.output, ended.said);
    return ::waitpid(child.pid, &status, WNOHANG) == child.pid;
  });
  if (!done) {
    ::kill(child.pid, SIGKILL);
    ::waitpid(child.pid, &status, 0);
  }
  read_all(child.output, ended.said);
  ::close(child.output);
  ended.exit = done ? exit_code(status) : -1;
  return ended;
}

}  // namespace wallaroo::e2e
