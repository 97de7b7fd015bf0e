// Says something again and again, so that nobody forgets it.
#pragma once

#include <string>
#include <utility>

#include "io/log.h"
#include "io/now.h"

namespace wallaroo::api {

class Reminder {
 public:
  static constexpr int64_t kPauseNs = 60'000'000'000;

  /// `what` may be empty: then it is silent.
  void set(std::string what) { what_ = std::move(what); }

  void look(io::Now now, io::Log& log) {
    if (what_.empty() || now.mono_ns < next_ns_) return;
    next_ns_ = now.mono_ns + kPauseNs;
    log.write(io::LogLevel::warning, what_);
  }
  /// When it wants to be looked at again.
  int64_t deadline_ns() const { return what_.empty() ? io::kNever : next_ns_; }

 private:
  std::string what_;
  int64_t next_ns_ = 0;
};

}  // namespace wallaroo::api
