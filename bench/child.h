#pragma once
// A program under measurement: started on its own core, watched through /proc, ended with us.
#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

namespace wallaroo::bench {

class Child {
 public:
  /// Core -1 leaves the program on all cores. Its output goes to our standard error, or nowhere.
  Child(const std::vector<std::string>& command, int core, bool quiet = true);
  ~Child();
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  pid_t pid() const { return pid_; }
  bool running();
  /// CPU time of all its threads so far.
  std::uint64_t cpu_ns() const;
  std::uint64_t resident_bytes() const;
  /// SIGTERM, and SIGKILL after the time is over. The exit status, or -1 when it had to be killed.
  int stop(int timeout_ms);

 private:
  pid_t pid_ = -1;
  int status_ = -1;
  bool reaped_ = false;
};

}  // namespace wallaroo::bench
