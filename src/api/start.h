// From a command line to a worker that is ready to run: what every program does first, in whatever
// language it is written.
#pragma once

#include <memory>

#include "api/command_line.h"
#include "api/runtime.h"

namespace wallaroo::api {

/// The exit code that tells what kind of error it was.
int exit_code_of(const Error& error);

/// Takes flags from command line, environment and file, and makes the worker. `graph` was checked.
tl::expected<std::unique_ptr<Runtime>, NotStarted> start(const Graph& graph, int argc,
                                                         const char* const* argv);

}  // namespace wallaroo::api
