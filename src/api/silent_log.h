// For a program that wants no lines.
#pragma once

#include "io/log.h"

namespace wallaroo::api {

class SilentLog final : public io::Log {
 public:
  void write(io::LogLevel, std::string_view) override {}
};

}  // namespace wallaroo::api
