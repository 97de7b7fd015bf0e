#include "cli/options.h"

#include <fmt/format.h>

#include <CLI/Validators.hpp>
#include <charconv>
#include <cmath>
#include <string_view>

namespace wallaroo::cli {
namespace {

/// Replaces "2k" by "2000" when a step between suffixes is 1,000. Returns what is wrong, or "".
std::string expand(std::string& text, double step, std::string_view unit) {
  constexpr std::string_view kSuffixes = "kMGT";
  std::string_view rest = text;
  double number = 0;
  const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), number);
  rest.remove_prefix(static_cast<size_t>(end - rest.data()));
  const size_t suffix = rest.empty() ? std::string_view::npos
                                     : kSuffixes.find(rest.front() == 'K' ? 'k' : rest.front());
  if (suffix != std::string_view::npos) {
    number *= std::pow(step, double(suffix + 1));
    rest.remove_prefix(1);
  }
  if (!unit.empty() && (rest == unit || (suffix != std::string_view::npos && rest == "iB")))
    rest = {};
  if (error != std::errc{} || !rest.empty() || !(number >= 0) || number >= 1e18)
    return fmt::format("'{}' is not a number; write it like 250, 100k or 2M", text);
  text = number == std::floor(number) ? fmt::format("{}", uint64_t(number))
                                      : fmt::format("{}", number);
  return {};
}

}  // namespace

void add_framing_flags(CLI::App& command, FramingFlags& framing) {
  CLI::Option* lines =
      command.add_flag("--lines", framing.lines, "Messages end with a newline (default)");
  command.add_flag("--framed", framing.framed, "Messages follow their length, 32 bits big-endian")
      ->excludes(lines);
}

void add_tls_flags(CLI::App& command, os::TlsFiles& files, bool listens) {
  const auto add = [&command](const char* name, std::string& file, const char* what) {
    command.add_option(name, file, what)->type_name("FILE");
  };
  add("--tls-certificate", files.certificate, "Certificate (PEM) to show, with tls://");
  add("--tls-key", files.key, "Its key (PEM), readable by its owner only");
  if (listens) {
    add("--tls-client-ca", files.client_ca, "Demand a client certificate of these (PEM)");
  } else {
    add("--tls-ca", files.ca, "Whom to trust (PEM); default: the system's authorities");
  }
}

CLI::Validator number_with_suffix() {
  return CLI::Validator([](std::string& text) { return expand(text, 1'000, ""); }, "");
}

CLI::Validator size_with_suffix() {
  return CLI::Validator([](std::string& text) { return expand(text, 1'024, "B"); }, "");
}

CLI::Validator seconds_up_to(double most) {
  return CLI::Validator(
      [most](std::string& text) -> std::string {
        double seconds = -1;
        const char* end = text.data() + text.size();
        const auto [stop, error] = std::from_chars(text.data(), end, seconds);
        const bool all = error == std::errc{} && stop == end;
        if (all && seconds >= 0 && seconds <= most) return {};
        return fmt::format("'{}' is not a time; write seconds, from 0 to {:g}", text, most);
      },
      "");
}

CLI::Validator at_least_one() {
  return CLI::Validator(
      [](std::string& text) -> std::string {
        return text == "0" ? "0 is too little; write at least 1" : "";
      },
      "");
}

CLI::Validator unnamed(CLI::Validator check) { return check.description(""); }

}  // namespace wallaroo::cli
