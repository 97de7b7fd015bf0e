#include "base/json_text.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstddef>
#include <cstdio>

namespace wallaroo::base {
namespace {

constexpr std::string_view kBase64Digits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view kBase64Suffix = "_base64";

/// Length of the character that begins at text[at], 0 when it is not well-formed.
size_t character_bytes(std::string_view text, size_t at) {
  const auto byte = [&](size_t i) {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u;
  };
  const auto continues = [&](size_t i) { return (byte(i) & 0xc0) == 0x80; };
  const unsigned first = byte(at);
  if (first < 0x80) return 1;
  if (first >= 0xc2 && first <= 0xdf) return continues(at + 1) ? 2 : 0;
  const unsigned second = byte(at + 1);
  if (first >= 0xe0 && first <= 0xef) {
    const bool longer = first == 0xe0 && second < 0xa0;
    const bool surrogate = first == 0xed && second > 0x9f;
    return continues(at + 1) && continues(at + 2) && !longer && !surrogate ? 3 : 0;
  }
  if (first >= 0xf0 && first <= 0xf4) {
    const bool longer = first == 0xf0 && second < 0x90;
    const bool beyond = first == 0xf4 && second > 0x8f;
    const bool whole = continues(at + 1) && continues(at + 2) && continues(at + 3);
    return whole && !longer && !beyond ? 4 : 0;
  }
  return 0;
}

void append_escaped(std::string& out, char c) {
  switch (c) {
    case '"':
      out += "\\\"";
      return;
    case '\\':
      out += "\\\\";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    default:
      break;
  }
  if (static_cast<unsigned char>(c) >= 0x20) {
    out += c;
    return;
  }
  constexpr const char* kHex = "0123456789abcdef";
  out += "\\u00";
  out += kHex[c >> 4];
  out += kHex[c & 15];
}

}  // namespace

bool is_utf8(std::string_view text) {
  size_t at = 0;
  while (at < text.size()) {
    const size_t bytes = character_bytes(text, at);
    if (bytes == 0) return false;
    at += bytes;
  }
  return true;
}

void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  for (const char c : text) append_escaped(out, c);
  out += '"';
}

void append_json_bytes(std::string& out, std::string_view name, std::string_view bytes) {
  const bool text = is_utf8(bytes);
  append_json_string(out, std::string(name) + std::string(text ? "" : kBase64Suffix));
  out += ':';
  append_json_string(out, text ? bytes : base64(bytes));
}

std::string base64(std::string_view bytes) {
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (size_t at = 0; at < bytes.size(); at += 3) {
    uint32_t group = 0;
    for (size_t i = 0; i < 3; ++i) {
      group = group << 8 | (at + i < bytes.size() ? static_cast<unsigned char>(bytes[at + i]) : 0u);
    }
    for (size_t i = 0; i < 4; ++i) {
      const bool padding = at + i > bytes.size();
      text += padding ? '=' : kBase64Digits[group >> (18 - 6 * i) & 63];
    }
  }
  return text;
}

std::optional<std::string> from_base64(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  const size_t padding = text.ends_with("==") ? 2 : text.ends_with("=") ? 1 : 0;
  std::string bytes;
  uint32_t group = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool pad = i >= text.size() - padding;
    const size_t digit = pad ? 0 : kBase64Digits.find(text[i]);
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

namespace {

void skip_spaces(std::string_view& from) {
  from.remove_prefix(std::min(from.find_first_not_of(" \t\r\n"), from.size()));
}

bool take(std::string_view& from, char c) {
  skip_spaces(from);
  if (!from.starts_with(c)) return false;
  from.remove_prefix(1);
  return true;
}

void append_utf8(std::string& out, unsigned code) {
  const auto add = [&out](unsigned byte) { out += static_cast<char>(byte); };
  const auto add_rest = [&](unsigned shift) { add(0x80 | (code >> shift & 0x3f)); };
  if (code < 0x80) return add(code);
  if (code < 0x800) {
    add(0xc0 | code >> 6);
  } else {
    if (code < 0x10000) {
      add(0xe0 | code >> 12);
    } else {
      add(0xf0 | code >> 18);
      add_rest(12);
    }
    add_rest(6);
  }
  add_rest(0);
}

/// Reads the digits behind a \u at text[at - 1]; moves `at` to the last of them.
bool take_code(std::string_view text, size_t& at, unsigned& code) {
  if (text.size() - at < 5) return false;
  const char* const end = text.data() + at + 5;
  const auto digits = std::from_chars(text.data() + at + 1, end, code, 16);
  at += 4;
  return digits.ec == std::errc() && digits.ptr == end;
}

/// Characters beyond 16 bits are written as two of them.
bool take_character(std::string_view text, size_t& at, std::string& out) {
  unsigned code = 0, second = 0;
  if (!take_code(text, at, code) || (code >= 0xdc00 && code <= 0xdfff)) return false;
  if (code >= 0xd800 && code <= 0xdbff) {
    if (text.substr(at + 1, 2) != "\\u") return false;
    at += 2;
    if (!take_code(text, at, second) || second < 0xdc00 || second > 0xdfff) return false;
    code = 0x10000 + ((code - 0xd800) << 10) + (second - 0xdc00);
  }
  append_utf8(out, code);
  return true;
}

/// Reads a string of JSON, with its quotes.
bool take_string(std::string_view& from, std::string& text) {
  skip_spaces(from);
  if (!from.starts_with('"')) return false;
  for (size_t at = 1; at < from.size(); ++at) {
    if (from[at] == '"') {
      from.remove_prefix(at + 1);
      return true;
    }
    if (from[at] != '\\') {
      text += from[at];
      continue;
    }
    if (++at == from.size()) return false;
    const size_t known = std::string_view("\"\\/bfnrt").find(from[at]);
    if (known != std::string_view::npos) {
      text += "\"\\/\b\f\n\r\t"[known];
    } else if (from[at] != 'u' || !take_character(from, at, text)) {
      return false;
    }
  }
  return false;
}

/// Reads a whole number as it is written.
bool take_number(std::string_view& from, std::string& text) {
  const size_t sign = from.starts_with('-') ? 1 : 0;
  const size_t end = std::min(from.find_first_not_of("0123456789", sign), from.size());
  text = from.substr(0, end);
  from.remove_prefix(end);
  return end > sign;
}

bool take_field(std::string_view& from, JsonField& field) {
  if (!take_string(from, field.name) || !take(from, ':')) return false;
  skip_spaces(from);
  if (!from.starts_with('"')) return take_number(from, field.value);
  if (!take_string(from, field.value)) return false;
  if (!field.name.ends_with(kBase64Suffix)) return true;
  const auto bytes = from_base64(field.value);
  if (!bytes) return false;
  field.value = *bytes;
  field.name.resize(field.name.size() - kBase64Suffix.size());
  return true;
}

}  // namespace

std::optional<std::vector<JsonField>> parse_flat_json(std::string_view line) {
  std::vector<JsonField> fields;
  if (!take(line, '{')) return std::nullopt;
  const bool empty = take(line, '}');
  for (bool more = !empty; more;) {
    if (!take_field(line, fields.emplace_back())) return std::nullopt;
    more = take(line, ',');
    if (!more && !take(line, '}')) return std::nullopt;
  }
  skip_spaces(line);
  return line.empty() ? std::optional(std::move(fields)) : std::nullopt;
}

std::string utc_text(int64_t wall_ns) {
  using namespace std::chrono;
  const sys_time<nanoseconds> time{nanoseconds(wall_ns)};
  const auto day = floor<days>(time);
  const year_month_day date{day};
  const hh_mm_ss<nanoseconds> clock{time - day};
  char text[64];
  std::snprintf(
      text, sizeof text, "%04d-%02u-%02uT%02d:%02d:%02d.%09dZ", static_cast<int>(date.year()),
      static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
      static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
      static_cast<int>(clock.seconds().count()), static_cast<int>(clock.subseconds().count()));
  return text;
}

}  // namespace wallaroo::base
