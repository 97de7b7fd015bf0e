#include "os/log.h"

#include <spdlog/logger.h>
#include <spdlog/sinks/stdout_color_sinks.h>

#include <cstdlib>

#include "base/json_text.h"
#include "base/printable.h"

namespace wallaroo::os {
namespace {

spdlog::level::level_enum to_spdlog(io::LogLevel level) {
  switch (level) {
    case io::LogLevel::info:
      return spdlog::level::info;
    case io::LogLevel::warning:
      return spdlog::level::warn;
    case io::LogLevel::error:
      return spdlog::level::err;
  }
  return spdlog::level::info;
}

spdlog::sink_ptr make_sink() {
  const char* no_color = std::getenv("NO_COLOR");
  const bool plain = no_color != nullptr && *no_color != '\0';
  return std::make_shared<spdlog::sinks::stderr_color_sink_mt>(
      plain ? spdlog::color_mode::never : spdlog::color_mode::automatic);
}

class StderrLog final : public io::Log {
 public:
  explicit StderrLog(const LogOptions& options)
      : logger_("wallaroo", make_sink()), json_(options.json) {
    logger_.set_pattern(json_ ? R"({"time":"%Y-%m-%dT%H:%M:%S.%e%z","level":"%l","message":%v})"
                              : "%Y-%m-%d %H:%M:%S.%e %^%l%$ %v");
    logger_.set_level(to_spdlog(options.level));
  }

  void write(io::LogLevel level, std::string_view line) override {
    std::string text;
    if (json_) {
      // JSON demands UTF-8; other bytes are shown as they are in a line for people.
      base::append_json_string(text,
                               base::is_utf8(line) ? line : base::printable(line, line.size()));
      line = text;
    }
    logger_.log(to_spdlog(level), spdlog::string_view_t(line.data(), line.size()));
  }

 private:
  spdlog::logger logger_;
  const bool json_;
};

}  // namespace

std::unique_ptr<io::Log> make_stderr_log(const LogOptions& options) {
  return std::make_unique<StderrLog>(options);
}

}  // namespace wallaroo::os
