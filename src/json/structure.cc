// Structs, names and text: the walk over an object's fields, and what is written.
#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>

#include "wallaroo/detail/json_value.h"

namespace wallaroo::detail {
namespace {

constexpr size_t kShownBytes = 40;

/// Text from outside, in quotes, as one may print it: bounded and without control characters.
std::string shown(std::string_view text) {
  std::string out = "'";
  size_t end = std::min(text.size(), kShownBytes);
  while (end < text.size() && end > 0 && (text[end] & 0xc0) == 0x80) --end;  // whole characters
  for (const char c : text.substr(0, end)) {
    out += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? '?' : c;
  }
  return out + (end < text.size() ? "...'" : "'");
}

std::string listed(std::span<const std::string_view> names) {
  std::string out;
  for (const std::string_view name : names) {
    if (out.size() > kShownBytes * 4) return out + ", ...";
    out += out.empty() ? "" : ", ";
    out += name;
  }
  return out;
}

/// The number of the field, looked for from `likely` on: mostly fields come in their order.
size_t find_field(std::span<const JsonFieldReader> fields, std::string_view name, size_t likely) {
  if (likely < fields.size() && fields[likely].name == name) return likely;
  for (size_t i = 0; i < fields.size(); ++i) {
    if (fields[i].name == name) return i;
  }
  return fields.size();
}

/// The bytes of `text` that stand for themselves in JSON, from its beginning.
size_t plain_bytes(std::string_view text) {
  constexpr uint64_t kOnes = 0x0101010101010101;
  constexpr uint64_t kHighs = kOnes << 7;
  size_t i = 0;
  for (; i + 8 <= text.size(); i += 8) {
    uint64_t eight = 0;
    std::memcpy(&eight, text.data() + i, sizeof eight);
    const uint64_t quote = eight ^ (kOnes * '"');
    const uint64_t backslash = eight ^ (kOnes * '\\');
    // High bits of bytes that are below 0x20, or zero after the exclusive or; a byte behind such a
    // one may be taken for one too, which the loop below looks at.
    const uint64_t special = ((eight - kOnes * 0x20) & ~eight) | ((quote - kOnes) & ~quote) |
                             ((backslash - kOnes) & ~backslash);
    if ((special & kHighs) != 0) break;
  }
  for (; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c < 0x20 || c == '"' || c == '\\') break;
  }
  return i;
}

void write_escape(char c, Bytes& out) {
  switch (c) {
    case '"':
      out << "\\\"";
      return;
    case '\\':
      out << "\\\\";
      return;
    case '\n':
      out << "\\n";
      return;
    case '\r':
      out << "\\r";
      return;
    case '\t':
      out << "\\t";
      return;
    default:
      break;
  }
  constexpr std::string_view kDigits = "0123456789abcdef";
  out << "\\u00" << kDigits[static_cast<unsigned char>(c) >> 4] << kDigits[c & 15];
}

// simdjson takes digits alone for an integer, which must fit in 64 bits and has no -0: such a
// number is written with a fraction.
template <class Real>
bool write_any_real(Real value, Bytes& out, JsonProblem& problem) {
  if (!std::isfinite(value)) {
    return problem.refuse(std::isnan(value) ? "nan has no form in JSON; make it a std::optional"
                                            : "infinity has no form in JSON");
  }
  const size_t begin = out.size();
  out << value;
  constexpr Real kSafe = 1e15F;
  const bool plain = value < kSafe && value > -kSafe && (value != 0 || !std::signbit(value));
  if (!plain && out.view().substr(begin).find_first_of(".e") == std::string_view::npos) {
    out << ".0";
  }
  return true;
}

}  // namespace

bool JsonProblem::refuse(std::string_view what) {
  what_ = what;
  return false;
}
bool JsonProblem::refuse_variant(std::span<const std::string_view> names) {
  return refuse("expected an object with exactly one field, named one of " + listed(names));
}
bool JsonProblem::in_field(std::string_view name) {
  path_.insert(0, "." + std::string(name));
  return false;
}
bool JsonProblem::in_element(size_t index) {
  path_.insert(0, "[" + std::to_string(index) + "]");
  return false;
}
bool JsonProblem::in_entry(std::string_view key) {
  path_.insert(0, "[" + shown(key) + "]");
  return false;
}
std::string JsonProblem::text() const {
  if (path_.empty()) return what_;
  return path_.substr(path_[0] == '.' ? 1 : 0) + ": " + what_;
}

bool read_struct(JsonCursor in, std::span<const JsonFieldReader> fields, void* object,
                 JsonProblem& problem) {
  JsonObject walk{};
  if (!open(in, walk, problem)) return false;
  uint64_t seen = 0;
  size_t likely = 0;
  std::string_view name;
  JsonCursor value{};
  while (walk.next(name, value)) {
    const size_t at = find_field(fields, name, likely);
    if (at == fields.size()) continue;
    likely = at + 1;
    if ((seen >> at & 1) != 0) return problem.refuse("comes twice") || problem.in_field(name);
    seen |= uint64_t{1} << at;
    if (!fields[at].read(value, object, problem)) return problem.in_field(name);
  }
  for (size_t i = 0; i < fields.size(); ++i) {
    if ((seen >> i & 1) != 0) continue;
    if (fields[i].clear == nullptr) {
      return problem.refuse("is missing") || problem.in_field(fields[i].name);
    }
    fields[i].clear(object);
  }
  return true;
}

bool write_struct(std::span<const JsonFieldWriter> fields, const void* object, Bytes& out,
                  JsonProblem& problem) {
  char before = '{';
  for (const JsonFieldWriter& field : fields) {
    if (field.is_absent != nullptr && field.is_absent(object)) continue;
    out << before << '"' << field.name << "\":";
    before = ',';
    if (!field.write(object, out, problem)) return problem.in_field(field.name);
  }
  if (before == '{') out << '{';
  out << '}';
  return true;
}

size_t find_name(std::span<const std::string_view> names, std::string_view name) {
  return static_cast<size_t>(std::find(names.begin(), names.end(), name) - names.begin());
}

bool read_name(JsonCursor in, std::span<const std::string_view> names, size_t& number,
               JsonProblem& problem) {
  std::string_view name;
  if (!read_text(in, name, problem)) return false;
  number = find_name(names, name);
  return number < names.size() || problem.refuse(shown(name) + " is none of " + listed(names));
}

bool write_text(std::string_view value, Bytes& out, JsonProblem& problem) {
  if (!is_utf8(value)) return problem.refuse("the text is not UTF-8");
  out << '"';
  while (true) {
    const size_t plain = plain_bytes(value);
    out << value.substr(0, plain);
    if (plain == value.size()) break;
    write_escape(value[plain], out);
    value.remove_prefix(plain + 1);
  }
  out << '"';
  return true;
}

bool write_real(double value, Bytes& out, JsonProblem& problem) {
  return write_any_real(value, out, problem);
}
bool write_real(float value, Bytes& out, JsonProblem& problem) {
  return write_any_real(value, out, problem);
}

}  // namespace wallaroo::detail
