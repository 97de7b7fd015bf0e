// A worker in a child process: started, watched through its HTTP answers and its log, and ended by
// its process id.
#pragma once

#include <sys/types.h>

#include <boost/json.hpp>
#include <cstdint>
#include <string>
#include <vector>

namespace wallaroo::e2e {

struct WorkerSettings {
  int cores = 2;
  uint16_t out = 1;  // port of the sink's receiver
  std::string in = "127.0.0.1:0";
  std::string to{};                   // where the sink connects to, instead of `out`
  std::vector<std::string> limits{};  // arguments of worker_app before the --
  std::vector<std::string> flags{};   // further flags of the worker
};

class WorkerProcess {
 public:
  /// Waits until it says where it listens; a worker that does not is a failure of the test.
  explicit WorkerProcess(const WorkerSettings& settings);
  ~WorkerProcess();
  WorkerProcess(const WorkerProcess&) = delete;
  WorkerProcess& operator=(const WorkerProcess&) = delete;

  uint16_t in() const { return in_; }
  uint16_t http() const { return http_; }

  /// Body of an answer, "" when there is none with status 200.
  std::string get(const std::string& path) const;
  boost::json::object status() const;
  /// A number of the only source (or sink).
  uint64_t source(const char* counter) const;
  uint64_t sink(const char* counter) const;

  void signal(int number) const;
  /// No file that it writes may become longer.
  void limit_files(uint64_t bytes) const;
  /// The exit code; -1 when it did not exit in time, 1000 + number when a signal ended it.
  int wait(double seconds);
  bool running();
  size_t resident_bytes() const;
  /// Everything it has written to stderr.
  const std::string& log();

 private:
  /// The port at the end of the address that follows `before`.
  uint16_t port_in_log(const std::string& before);

  pid_t pid_ = -1;
  int stderr_ = -1;
  int exit_ = -1;
  bool ended_ = false;
  uint16_t in_ = 0;
  uint16_t http_ = 0;
  std::string log_;
};

/// A worker that is expected to end by itself.
struct Ended {
  int exit;
  std::string said;  // on stderr and stdout
};
/// With `sigterm_after_ms` it gets that signal so long after its start.
Ended run_to_end(const std::vector<std::string>& arguments, int sigterm_after_ms = -1);

/// Tries until `condition` holds; false when it does not within `seconds`.
template <class Condition>
bool eventually(double seconds, Condition condition);

void sleep_ms(int ms);
int64_t now_ms();

template <class Condition>
bool eventually(double seconds, Condition condition) {
  const int64_t end = now_ms() + static_cast<int64_t>(seconds * 1000);
  while (!condition()) {
    if (now_ms() > end) return false;
    sleep_ms(2);
  }
  return true;
}

}  // namespace wallaroo::e2e
