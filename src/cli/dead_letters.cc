#include "cli/dead_letters.h"

#include <algorithm>
#include <boost/json.hpp>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <optional>
#include <string_view>

namespace wallaroo::cli {
namespace {

namespace json = boost::json;

constexpr std::string_view kBase64 = "_base64";

/// Nothing when it is not base64 with padding.
std::optional<std::string> from_base64(std::string_view text) {
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  if (text.size() % 4 != 0) return std::nullopt;
  const size_t padding = text.ends_with("==") ? 2 : text.ends_with("=") ? 1 : 0;
  std::string bytes;
  uint32_t group = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool pad = i >= text.size() - padding;
    const size_t digit = pad ? 0 : kDigits.find(text[i]);
    if (digit == std::string_view::npos) return std::nullopt;
    group = group << 6 | static_cast<uint32_t>(digit);
    if (i % 4 != 3) continue;
    bytes += static_cast<char>(group >> 16);
    bytes += static_cast<char>(group >> 8);
    bytes += static_cast<char>(group);
    group = 0;
  }
  bytes.resize(bytes.size() - padding);
  return bytes;
}

/// What is wrong with the line; empty when it is a letter.
std::string parse(std::string_view line, DeadLetter& letter) {
  boost::system::error_code error;
  const json::value value = json::parse(json::string_view(line.data(), line.size()), error);
  if (error || !value.is_object()) return "it is not an object of JSON";
  for (const auto& [key, field] : value.get_object()) {
    std::string name(key);
    std::string text = field.is_string() ? std::string(field.get_string()) : json::serialize(field);
    if (name.ends_with(kBase64)) {
      const auto bytes = from_base64(text);
      if (!bytes) return "its " + name + " is not base64";
      name.resize(name.size() - kBase64.size());
      text = *bytes;
    }
    letter.fields.emplace_back(std::move(name), std::move(text));
  }
  return letter.field("stage").empty() || letter.field("error").empty()
             ? "it has no stage or no error"
             : "";
}

}  // namespace

std::string DeadLetter::field(const std::string& name) const {
  const auto found = std::ranges::find(fields, name, [](const auto& field) { return field.first; });
  return found == fields.end() ? "" : found->second;
}

Result<DeadLetters> read_dead_letters(const std::string& path, const std::string& stage) {
  std::ifstream file(path, std::ios::binary);
  if (!file || file.peek() == std::ifstream::traits_type::eof()) {
    // An empty file holds no letters; a directory opens, but cannot be read.
    if (file.is_open() && file.eof() && !file.bad()) return DeadLetters{};
    return fail(ErrorCode::io, "cannot read '" + path + "': " + std::strerror(errno) +
                                   "; name the file that the worker was given by --dead-letters");
  }
  DeadLetters found;
  std::string line;
  for (uint64_t number = 1; std::getline(file, line); ++number) {
    DeadLetter letter{.line = number, .fields = {}};
    const std::string wrong = parse(line, letter);
    if (!wrong.empty()) {
      found.unreadable.push_back("line " + std::to_string(number) + " is no dead letter: " + wrong);
    } else if (stage.empty() || letter.field("stage") == stage) {
      found.letters.push_back(std::move(letter));
    }
  }
  return found;
}

}  // namespace wallaroo::cli
