#include "flow/key_text.h"

#include <charconv>

#include "base/bytes.h"
#include "base/printable.h"

namespace wallaroo::flow {
namespace {

/// Reads a value beside its description. Both are followed from the left; false when they part.
class ValueText {
 public:
  ValueText(std::string_view type, std::string_view bytes, size_t text_max)
      : type_(type), bytes_(bytes), text_max_(text_max) {}

  std::optional<std::string> take_all() {
    if (!value() || !type_.empty() || !bytes_.empty()) return std::nullopt;
    return std::move(text_);
  }

 private:
  bool value() {
    if (text_.size() > text_max_) return false;
    if (took("struct(")) return fields();
    if (took("optional(")) return optional();
    if (took("list(")) return list();
    if (took("array ")) return array();
    if (took("string")) return string();
    if (took("bool")) return boolean();
    if (took("time(")) return value() && took(")");
    if (took("duration ")) return took_up_to('(') && value() && took(")");
    (void)took("enum ");
    return number();
  }

  bool fields() {
    text_ += '{';
    for (bool first = true; !took(")"); first = false) {
      if (!first) {
        if (!took(",")) return false;
        text_ += ", ";
      }
      if (!value()) return false;
    }
    text_ += '}';
    return true;
  }

  bool optional() {
    const auto there = raw(1);
    if (!there.has_value()) return false;
    if (there->front() != '\0') return value() && took(")");
    text_ += "none";
    skip_type();
    return took(")");
  }

  bool array() {
    size_t count = 0;
    const auto read = std::from_chars(type_.data(), type_.data() + type_.size(), count);
    type_.remove_prefix(static_cast<size_t>(read.ptr - type_.data()));
    return read.ec == std::errc() && took("(") && elements(count);
  }

  bool list() {
    const auto count = length();
    return count.has_value() && elements(*count);
  }

  bool elements(size_t count) {
    const std::string_view element = type_;
    text_ += '[';
    for (size_t i = 0; i < count; ++i) {
      type_ = element;
      if (i != 0) text_ += ", ";
      if (!value()) return false;
    }
    if (count == 0) skip_type();
    text_ += ']';
    return took(")");
  }

  bool string() {
    const auto bytes = length();
    const auto text = bytes.has_value() ? raw(*bytes) : std::nullopt;
    if (!text.has_value()) return false;
    text_ += '"' + base::printable(*text, text_max_) + '"';
    return true;
  }

  bool boolean() {
    const auto byte = raw(1);
    if (byte.has_value()) text_ += byte->front() != '\0' ? "true" : "false";
    return byte.has_value();
  }

  bool number() {
    if (took("u8")) return digits<uint8_t>();
    if (took("u16")) return digits<uint16_t>();
    if (took("u32")) return digits<uint32_t>();
    if (took("u64")) return digits<uint64_t>();
    if (took("i8")) return digits<int8_t>();
    if (took("i16")) return digits<int16_t>();
    if (took("i32")) return digits<int32_t>();
    return took("i64") && digits<int64_t>();
  }

  template <class Number>
  bool digits() {
    const auto bytes = raw(sizeof(Number));
    if (bytes.has_value()) text_ += std::to_string(base::load<Number>(bytes->data()));
    return bytes.has_value();
  }

  std::optional<size_t> length() {
    const auto bytes = raw(sizeof(uint32_t));
    if (!bytes.has_value()) return std::nullopt;
    return base::load<uint32_t>(bytes->data());
  }

  std::optional<std::string_view> raw(size_t count) {
    if (bytes_.size() < count) return std::nullopt;
    const std::string_view taken = bytes_.substr(0, count);
    bytes_.remove_prefix(count);
    return taken;
  }

  bool took(std::string_view word) {
    if (!type_.starts_with(word)) return false;
    type_.remove_prefix(word.size());
    return true;
  }

  bool took_up_to(char end) {
    const size_t at = type_.find(end);
    if (at == std::string_view::npos) return false;
    type_.remove_prefix(at + 1);
    return true;
  }

  /// Up to what ends or divides the type around it.
  void skip_type() {
    size_t depth = 0;
    while (!type_.empty() && (depth != 0 || (type_.front() != ',' && type_.front() != ')'))) {
      if (type_.front() == '(') ++depth;
      if (type_.front() == ')') --depth;
      type_.remove_prefix(1);
    }
  }

  std::string_view type_;
  std::string_view bytes_;
  const size_t text_max_;
  std::string text_;
};

}  // namespace

std::optional<std::string> key_number(std::string_view type, std::string_view key) {
  const bool is_signed = type.starts_with("i") || type.starts_with("enum i");
  const bool number =
      is_signed || type.starts_with("u") || type.starts_with("enum ") || type == "bool";
  if (!number || key.size() != sizeof(uint64_t)) return std::nullopt;
  return is_signed ? std::to_string(base::load<int64_t>(key.data()))
                   : std::to_string(base::load<uint64_t>(key.data()));
}

std::string key_text(std::string_view type, std::string_view key, size_t bytes_max) {
  if (auto number = key_number(type, key)) return *number;
  if (type.ends_with(')')) {  // made of others
    if (auto text = ValueText(type, key, bytes_max).take_all()) return *text;
  }
  return base::printable(key, bytes_max);
}

}  // namespace wallaroo::flow
