// Configuration files: what a program's flags are set to in TOML.
#include <algorithm>
#include <charconv>

#include "api/configuration.h"
#include "base/json_text.h"
#include "fuzz/targets.h"

namespace wallaroo::fuzz {
namespace {

using api::FlagForm;
using Values = std::vector<api::ConfiguredValue>;

constexpr std::string_view kFile = "app.toml";

const std::vector<api::KnownFlag>& flags() {
  static const std::vector<api::KnownFlag> kFlags = {
      {"cores", FlagForm::number},
      {"sink", FlagForm::text},
      {"pin", FlagForm::yes_or_no},
      {std::string(api::kConfigFlag), FlagForm::text}};
  return kFlags;
}

/// The line in front of the rest of an origin or error, which begins with the file's name.
size_t line_of(std::string_view text) {
  ASSERT(text.starts_with(kFile) && text.substr(kFile.size()).starts_with(':'),
         "an origin names the file");
  text.remove_prefix(kFile.size() + 1);
  size_t line = 0;
  const auto number = std::from_chars(text.data(), text.data() + text.size(), line);
  ASSERT(number.ec == std::errc() && line > 0, "and the line in it");
  return line;
}

void check_value(const api::ConfiguredValue& value) {
  const auto flag = std::ranges::find(flags(), value.flag, &api::KnownFlag::name);
  ASSERT(flag != flags().end() && value.flag != api::kConfigFlag, "only such flags are set");
  ASSERT(!value.value.empty() && value.value.find('\0') == std::string::npos,
         "a value can stand on a command line");
  ASSERT(base::is_utf8(value.value), "TOML is UTF-8");
  if (flag->form == FlagForm::yes_or_no) {
    ASSERT(value.value == "true" || value.value == "false", "one or the other");
  }
  if (flag->form == FlagForm::number) {
    int64_t number = 0;
    const char* const end = value.value.data() + value.value.size();
    const auto read = std::from_chars(value.value.data(), end, number);
    ASSERT(read.ec == std::errc() && read.ptr == end, "a whole number");
  }
}

/// The same settings in the plainest TOML. Of JSON's texts only the bare DEL is none of TOML's.
std::string written(const Values& values) {
  std::string text;
  for (const api::ConfiguredValue& value : values) {
    text += value.flag + " = ";
    if (value.flag == "sink") {
      std::string quoted;
      base::append_json_string(quoted, value.value);
      for (const char c : quoted) c == '\x7f' ? text += "\\u007f" : text += c;
    } else {
      text += value.value;
    }
    text += '\n';
  }
  return text;
}

bool same(const Values& left, const Values& right) {
  return std::ranges::equal(left, right, [](const auto& one, const auto& other) {
    return one.flag == other.flag && one.value == other.value;
  });
}

void check_mistake(const std::string& sentence, size_t lines) {
  ASSERT(line_of(sentence) <= lines, "a mistake is in a line of the file");
  ASSERT(sentence.size() < 1024, "a sentence quotes a bounded part of the file");
  ASSERT(std::ranges::all_of(sentence, [](char c) { return c >= ' ' && c <= '~'; }),
         "a sentence is safe to print");
}

}  // namespace

void fuzz_settings(const uint8_t* data, size_t bytes) {
  const std::string_view text(reinterpret_cast<const char*>(data), bytes);
  const size_t lines = 1 + static_cast<size_t>(std::ranges::count(text, '\n'));
  Result<Values> values;
  {
    const MemoryLimit limit(256 * 1024 + 4096 * bytes);
    values = api::from_toml(text, std::string(kFile), flags());
  }
  if (!values.has_value()) return check_mistake(values.error().message, lines);
  std::vector<std::string> names;
  for (const api::ConfiguredValue& value : *values) {
    ASSERT(line_of(value.origin) <= lines, "a value stands in a line of the file");
    check_value(value);
    names.push_back(value.flag);
  }
  std::ranges::sort(names);
  ASSERT(std::ranges::adjacent_find(names) == names.end(), "a flag is set once");
  const auto again = api::from_toml(written(*values), std::string(kFile), flags());
  ASSERT(again.has_value() && same(*again, *values), "what is written is read");
  const auto longer = api::from_toml(std::string(text) + "\n# end", std::string(kFile), flags());
  ASSERT(longer.has_value() && same(*longer, *values), "a comment changes nothing");
}

std::vector<std::string> settings_seeds() {
  return {"cores = 4\npin = true\nsink = \"127.0.0.1:7000\"\n",
          "# comment\n\"cores\" = 0x1f # hex\nsink = '''\na\nb'''\n",
          "sink = \"\\u00e4\\t\\\"\\u0001\"\r\ncores = -1_000\n",
          "cores = 1.5\n",
          "[table]\npin = false\n",
          "sink = [1, {a = 1979-05-27T07:32:00Z}]\n",
          "config = \"other.toml\"\n",
          "sinks.a = \"\"\n"};
}

}  // namespace wallaroo::fuzz
