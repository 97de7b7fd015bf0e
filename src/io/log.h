// Where the engine's few lines for humans go. One event a line; never called per record.
#pragma once

#include <cstdint>
#include <string_view>

namespace wallaroo::io {

enum class LogLevel : uint8_t { info, warning, error };

/// Thread-safe in os; a recorder in the simulator.
class Log {
 public:
  virtual ~Log() = default;
  virtual void write(LogLevel level, std::string_view line) = 0;
};

}  // namespace wallaroo::io
