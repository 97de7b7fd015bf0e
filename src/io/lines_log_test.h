// A log for tests: keeps what is written to it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "io/log.h"

namespace wallaroo::io {

class LinesLog final : public Log {
 public:
  void write(LogLevel level, std::string_view line) override {
    levels.push_back(level);
    lines.emplace_back(line);
  }
  std::vector<LogLevel> levels;
  std::vector<std::string> lines;
};

}  // namespace wallaroo::io
