// The log of a real process: one line an event, on stderr.
#pragma once

#include <memory>

#include "io/log.h"

namespace wallaroo::os {

struct LogOptions {
  io::LogLevel level = io::LogLevel::info;  // and above
  bool json = false;                        // each line an object with time, level and message
};

/// Coloured on a terminal unless NO_COLOR is set.
std::unique_ptr<io::Log> make_stderr_log(const LogOptions& options = {});

}  // namespace wallaroo::os
