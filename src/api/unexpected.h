// Arguments of a command line that nobody takes, for the programs of applications and for wallaroo.
#pragma once

#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace wallaroo::api {

/// "did not expect --coress 2; did you mean --cores?": `extras` are the arguments that were left,
/// in their order, and `command` has the flags that may have been meant.
std::string describe_unexpected(const std::vector<std::string>& extras, const CLI::App& command);

}  // namespace wallaroo::api
