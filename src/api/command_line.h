// The flags of an application, and where their values come from: the command line, else the
// environment, else a file, else the default.
#pragma once

#include <string>
#include <tl/expected.hpp>
#include <vector>

#include "os/environment.h"
#include "wallaroo/application.h"

namespace wallaroo::api {

struct CommandLine {
  RunOptions options;
  std::string explanation;            // what --explain asks for; empty: run
  std::vector<std::string> warnings;  // about the environment
};

/// Why nothing runs.
struct NotStarted {
  int exit_code = 0;    // 0: the command line asked for a text, which has been printed
  std::string message;  // to be told; empty when the code is 0
};

/// Help that was asked for goes to stdout. `variables` are those that begin with kVariablePrefix.
tl::expected<CommandLine, NotStarted> parse_command_line(
    const Graph& graph, int argc, const char* const* argv,
    const std::vector<os::Variable>& variables);

}  // namespace wallaroo::api
