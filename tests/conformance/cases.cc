#include "conformance/cases.h"

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>

namespace conformance {
namespace {

namespace json = boost::json;

constexpr std::string_view kDigits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr size_t kShownMax = 100;

std::string text(const json::value& value) { return std::string(value.as_string()); }

std::string replaced(std::string pattern, int64_t number) {
  const std::string digits = std::to_string(number);
  for (size_t at = 0; (at = pattern.find('#', at)) != std::string::npos; at += digits.size()) {
    pattern.replace(at, 1, digits);
  }
  return pattern;
}

std::string_view key_of(std::string_view message) { return message.substr(0, message.find(' ')); }

}  // namespace

std::string from_base64(std::string_view digits) {
  std::string bytes;
  uint32_t bits = 0;
  int held = 0;
  for (const char c : digits) {
    if (c == '=') break;
    const size_t value = kDigits.find(c);
    if (value == std::string_view::npos) throw std::runtime_error("this is no base64");
    bits = bits << 6 | static_cast<uint32_t>(value);
    held += 6;
    if (held < 8) continue;
    held -= 8;
    bytes += static_cast<char>(bits >> held & 0xff);
  }
  return bytes;
}

std::string to_base64(std::string_view bytes) {
  std::string digits;
  for (size_t at = 0; at < bytes.size(); at += 3) {
    uint32_t bits = 0;
    for (size_t i = 0; i < 3; ++i) {
      bits = bits << 8 | (at + i < bytes.size() ? static_cast<uint8_t>(bytes[at + i]) : 0u);
    }
    for (size_t i = 0; i < 4; ++i) {
      digits += at + i > bytes.size() ? '=' : kDigits[bits >> (18 - 6 * i) & 63];
    }
  }
  return digits;
}

std::string to_hex(std::string_view bytes) {
  std::string digits;
  for (const char c : bytes) {
    for (const int shift : {4, 0}) {
      digits += "0123456789abcdef"[static_cast<uint8_t>(c) >> shift & 15];
    }
  }
  return digits;
}

std::string text_of_message(const json::value& message) {
  if (message.is_string()) return text(message);
  const json::object& described = message.as_object();
  if (described.contains("base64")) return from_base64(described.at("base64").as_string());
  const std::string part = text(described.at("text"));
  std::string whole;
  for (int64_t i = described.at("times").as_int64(); i > 0; --i) whole += part;
  return whole;
}

Texts texts_of(const json::value& messages) {
  Texts texts;
  for (const json::value& message : messages.as_array()) {
    if (!message.is_object() || !message.as_object().contains("numbered")) {
      texts.push_back(text_of_message(message));
      continue;
    }
    const json::object& many = message.as_object();
    for (int64_t i = many.at("from").as_int64(); i <= many.at("to").as_int64(); ++i) {
      texts.push_back(replaced(text(many.at("numbered")), i));
    }
  }
  return texts;
}

std::string shown(std::string_view text) {
  std::string escaped = "'";
  for (const char c : text.substr(0, kShownMax)) {
    const bool plain = c >= 0x20 && c < 0x7f && c != '\\';
    escaped += plain ? std::string(1, c) : "\\x" + to_hex({&c, 1});
  }
  if (text.size() > kShownMax) escaped += "... of " + std::to_string(text.size()) + " bytes";
  return escaped + "'";
}

Texts ordered(Texts texts, std::string_view order) {
  if (order == "any") {
    std::sort(texts.begin(), texts.end());
  } else if (order == "by_key") {
    std::stable_sort(texts.begin(), texts.end(), [](const std::string& a, const std::string& b) {
      return key_of(a) < key_of(b);
    });
  } else if (order != "exact") {
    throw std::runtime_error("there is no order " + shown(order));
  }
  return texts;
}

std::string difference(const std::string& what, const Texts& wanted, const Texts& found) {
  if (wanted == found) return {};
  const auto said = [](const Texts& texts, size_t at) {
    return at < texts.size() ? shown(texts[at]) : std::string("nothing");
  };
  size_t at = 0;
  while (at < wanted.size() && at < found.size() && wanted[at] == found[at]) ++at;
  return what + ": " + std::to_string(wanted.size()) + " wanted, " + std::to_string(found.size()) +
         " found; at number " + std::to_string(at + 1) + " " + said(wanted, at) + " wanted, " +
         said(found, at) + " found\n";
}

std::vector<Case> cases_in(const std::string& folder) {
  std::vector<Case> cases;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() != ".json") continue;
    std::ifstream in(entry.path());
    const std::string content{std::istreambuf_iterator<char>(in), {}};
    cases.push_back({entry.path().stem().string(), json::parse(content).as_object()});
  }
  std::sort(cases.begin(), cases.end(),
            [](const Case& a, const Case& b) { return a.name < b.name; });
  return cases;
}

}  // namespace conformance
