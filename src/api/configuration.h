// Values of flags that come from the environment or a TOML file. Checks here what a command line
// cannot get wrong: names, types, emptiness. Ranges and members are checked as those of flags.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "os/environment.h"
#include "wallaroo/error.h"

namespace wallaroo::api {

constexpr std::string_view kVariablePrefix = "WALLAROO_";
/// The flag that names the file; a file cannot name another.
constexpr std::string_view kConfigFlag = "config";
/// Of a configuration file.
constexpr size_t kFileBytesMax = 1 << 20;

enum class FlagForm : uint8_t {
  text,
  number,     ///< a whole number
  yes_or_no,  ///< true or false
};

struct KnownFlag {
  std::string name;  // without dashes
  FlagForm form = FlagForm::text;
};

struct ConfiguredValue {
  std::string flag;
  std::string value;
  std::string origin;  // for people: "WALLAROO_CORES", "app.toml:3"
};

/// "WALLAROO_ON_ERROR" of "on-error".
std::string variable_of(std::string_view flag);

struct FromEnvironment {
  std::vector<ConfiguredValue> values;
  std::vector<std::string> warnings;  // variables that are no flag's
};

/// Of the `variables` with the prefix. Fails at an empty one, and at one of a flag that is either
/// given or not and that is neither true nor false.
Result<FromEnvironment> from_environment(const std::vector<os::Variable>& variables,
                                         const std::vector<KnownFlag>& flags);

/// Of a TOML `text`; `file` stands in the errors. Fails at its first mistake: syntax, a key that is
/// no flag, a value of another type than the flag's, an empty one.
Result<std::vector<ConfiguredValue>> from_toml(std::string_view text, const std::string& file,
                                               const std::vector<KnownFlag>& flags);

/// The same of the file itself.
Result<std::vector<ConfiguredValue>> from_file(const std::string& file,
                                               const std::vector<KnownFlag>& flags);

}  // namespace wallaroo::api
