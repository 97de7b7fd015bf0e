#include "api/configuration.h"

// Debian's library is built with exceptions; from its headers alone it works without.
#define TOML_HEADER_ONLY 1
#define TOML_EXCEPTIONS 0
// Some of its assertions fail on files that it then refuses as it should, such as an opening
// bracket and the end of its line; they must not end the program.
#define TOML_ASSERT(condition) static_assert(true)
#include <toml++/toml.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <optional>

#include "base/nearest.h"
#include "base/printable.h"
#include "base/result.h"

namespace wallaroo::api {
namespace {

constexpr size_t kShownBytesMax = 200;  // of a name or a sentence of the parser

using Flags = std::vector<KnownFlag>;

/// The end of a sentence about a name that is none of `names`.
std::string guess(std::string_view name, const std::vector<std::string>& names) {
  const std::string_view meant = base::nearest(name, names);
  if (meant.empty()) return "; --help lists the flags";
  return "; did you mean " + std::string(meant) + "?";
}

const char* wanted(FlagForm form) {
  switch (form) {
    case FlagForm::number:
      return "a whole number";
    case FlagForm::yes_or_no:
      return "true or false, without quotes";
    case FlagForm::text:
      break;
  }
  return "a text in quotes";
}

/// The text a command line would have, nothing when the type is not that of the flag.
std::optional<std::string> text_of(const toml::node& node, FlagForm form) {
  if (form == FlagForm::number && node.is_integer())
    return std::to_string(node.as_integer()->get());
  if (form == FlagForm::yes_or_no && node.is_boolean())
    return node.as_boolean()->get() ? "true" : "false";
  if (form == FlagForm::text && node.is_string()) return node.as_string()->get();
  return {};
}

const KnownFlag* find(const Flags& flags, std::string_view name) {
  const auto at = std::find_if(flags.begin(), flags.end(),
                               [&](const KnownFlag& flag) { return flag.name == name; });
  return at == flags.end() ? nullptr : &*at;
}

/// Flags that a file may set.
std::vector<std::string> keys_of(const Flags& flags) {
  std::vector<std::string> keys;
  for (const KnownFlag& flag : flags)
    if (flag.name != kConfigFlag) keys.push_back(flag.name);
  return keys;
}

tl::unexpected<Error> mistake(const std::string& origin, const std::string& what) {
  return fail(ErrorCode::bad_option, origin + ": " + what);
}

Result<ConfiguredValue> value_of(const std::string& key, const toml::node& node,
                                 const std::string& origin, const Flags& flags) {
  if (key == kConfigFlag)
    return mistake(origin, "a file cannot name another file by 'config'; take that line out");
  const std::string shown = base::printable(key, kShownBytesMax);
  const KnownFlag* flag = find(flags, key);
  if (flag == nullptr)
    return mistake(origin, "the program has no flag '" + shown + "'" + guess(key, keys_of(flags)));
  const auto text = text_of(node, flag->form);
  if (!text) return mistake(origin, "the value of '" + shown + "' must be " + wanted(flag->form));
  if (text->empty())
    return mistake(origin,
                   "the value of '" + shown + "' is empty; take the line out to use the default");
  if (text->find('\0') != std::string::npos)
    return mistake(origin, "the value of '" + shown + "' has a zero byte in it; take it out");
  return ConfiguredValue{key, *text, origin};
}

/// The line of what is wrong in `text`. For bytes that are no UTF-8 the parser, which reads ahead,
/// names an earlier one; as a comment, a line has no other mistake than such bytes.
size_t line_of(const toml::parse_error& error, std::string_view text) {
  const size_t told = error.source().begin.line;
  size_t line = 1;
  for (; !text.empty(); ++line) {
    const size_t end = std::min(text.find('\n'), text.size());
    const toml::parse_result alone = toml::parse("#" + std::string(text.substr(0, end)));
    if (line >= told && !alone && alone.error().description() == error.description()) return line;
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return told;
}

}  // namespace

std::string variable_of(std::string_view flag) {
  std::string name(kVariablePrefix);
  for (const char c : flag)
    name += c == '-' ? '_' : c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return name;
}

Result<FromEnvironment> from_environment(const std::vector<os::Variable>& variables,
                                         const Flags& flags) {
  FromEnvironment found;
  std::vector<std::string> names;
  for (const KnownFlag& flag : flags) names.push_back(variable_of(flag.name));
  for (const os::Variable& variable : variables) {
    const auto at = std::find(names.begin(), names.end(), variable.name);
    if (at == names.end()) {
      found.warnings.push_back("the program has no flag for the variable " +
                               base::printable(variable.name, kShownBytesMax) +
                               guess(variable.name, names));
      continue;
    }
    const KnownFlag& flag = flags[static_cast<size_t>(at - names.begin())];
    const std::string& value = variable.value;
    if (value.empty())
      return mistake(variable.name,
                     "the value is empty; unset it to use the default of --" + flag.name);
    if (flag.form == FlagForm::yes_or_no && value != "true" && value != "false")
      return mistake(variable.name, "the value must be true or false");
    found.values.push_back({flag.name, value, variable.name});
  }
  return found;
}

Result<std::vector<ConfiguredValue>> from_toml(std::string_view text, const std::string& file,
                                               const Flags& flags) {
  const auto at_line = [&](size_t line) { return file + ":" + std::to_string(line); };
  const toml::parse_result parsed = toml::parse(text);
  if (!parsed) {
    const toml::parse_error& error = parsed.error();
    return mistake(at_line(line_of(error, text)),
                   "not TOML: " + base::printable(error.description(), kShownBytesMax));
  }
  std::vector<ConfiguredValue> values;
  for (const auto& [key, node] : parsed.table()) {
    TRY(value, value_of(std::string(key.str()), node, at_line(key.source().begin.line), flags));
    values.push_back(std::move(value));
  }
  return values;
}

Result<std::vector<ConfiguredValue>> from_file(const std::string& file, const Flags& flags) {
  const std::string what = "cannot read the configuration file '" + file + "' (--config): ";
  std::error_code error;
  const auto status = std::filesystem::status(file, error);
  if (!std::filesystem::exists(status))
    return fail(ErrorCode::bad_option, what + "it does not exist; check the name");
  if (std::filesystem::is_directory(status))
    return fail(ErrorCode::bad_option, what + "it is a folder; name a file in it");
  std::ifstream in(file, std::ios::binary);
  if (!in) return fail(ErrorCode::bad_option, what + "it cannot be opened; check its permissions");
  std::string text(kFileBytesMax + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (in.bad()) return fail(ErrorCode::bad_option, what + "it cannot be read to its end");
  text.resize(static_cast<size_t>(in.gcount()));
  if (text.size() > kFileBytesMax)
    return fail(ErrorCode::bad_option, what + "it has more than 1 MiB; is it the right file?");
  return from_toml(text, file, flags);
}

}  // namespace wallaroo::api
