#include "os/log.h"

#include <fmt/format.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/stdout_color_sinks.h>

#include <cstdlib>

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

/// The inside of a JSON string. Bytes outside ASCII may be no UTF-8, which JSON demands.
std::string escaped(std::string_view line) {
  std::string text;
  for (const char c : line) {
    if (c == '"' || c == '\\') {
      text += '\\';
      text += c;
    } else if (c >= ' ' && c <= '~') {
      text += c;
    } else {
      text += fmt::format("\\u{:04x}", static_cast<unsigned char>(c));
    }
  }
  return text;
}

class StderrLog final : public io::Log {
 public:
  explicit StderrLog(const LogOptions& options)
      : logger_("wallaroo", make_sink()), json_(options.json) {
    logger_.set_pattern(json_ ? R"({"time":"%Y-%m-%dT%H:%M:%S.%e%z","level":"%l","message":"%v"})"
                              : "%Y-%m-%d %H:%M:%S.%e %^%l%$ %v");
    logger_.set_level(to_spdlog(options.level));
  }

  void write(io::LogLevel level, std::string_view line) override {
    const std::string text = json_ ? escaped(line) : std::string();
    if (json_) line = text;
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
