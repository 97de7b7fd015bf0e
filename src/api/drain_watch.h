// Looks how long a drain takes: says what it waits for, and gives it up when its time is over.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <string>

#include "io/log.h"
#include "io/now.h"

namespace wallaroo::api {

class DrainWatch {
 public:
  static constexpr int64_t kPauseNs = 5'000'000'000;

  /// `limit_ns`: give up after so long; io::kNever: never.
  explicit DrainWatch(int64_t limit_ns) : limit_ns_(limit_ns) {}

  /// To be called again and again during the drain; `waits_for()` says for what. True once, when
  /// the worker is to be stopped.
  template <class WaitsFor>
  bool look(io::Now now, io::Log& log, const WaitsFor& waits_for) {
    if (began_ns_ == io::kNever) {
      began_ns_ = now.mono_ns;
      next_ns_ = began_ns_ + kPauseNs;
    }
    if (given_up_) return false;
    const double seconds = static_cast<double>(now.mono_ns - began_ns_) / 1e9;
    if (limit_ns_ != io::kNever && now.mono_ns - began_ns_ >= limit_ns_) {
      given_up_ = true;
      log.write(io::LogLevel::warning,
                fmt::format("the drain is not done after {:g} s (--drain-timeout){}; stopping at "
                            "once, what is under way is lost",
                            static_cast<double>(limit_ns_) / 1e9, because(waits_for())));
      return true;
    }
    if (now.mono_ns < next_ns_) return false;
    next_ns_ = now.mono_ns + kPauseNs;
    log.write(io::LogLevel::warning,
              fmt::format("still draining after {:.0f} s{}; a second signal stops at once", seconds,
                          because(waits_for())));
    return false;
  }

  /// When it wants to be looked at again.
  int64_t deadline_ns() const {
    if (began_ns_ == io::kNever) return 0;
    if (given_up_) return io::kNever;
    return limit_ns_ == io::kNever ? next_ns_ : std::min(next_ns_, began_ns_ + limit_ns_);
  }

 private:
  static std::string because(const std::string& waits_for) {
    return waits_for.empty() ? std::string() : ": " + waits_for;
  }

  const int64_t limit_ns_;
  int64_t began_ns_ = io::kNever;
  int64_t next_ns_ = io::kNever;
  bool given_up_ = false;
};

}  // namespace wallaroo::api
