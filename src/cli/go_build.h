// Makes programs of the Go API of 2018 executable. Their main is empty: what runs them is a file
// that only the compiler sees (an overlay of go build), in their own package.
#pragma once

#include <string>
#include <vector>

#include "cli/go_modules.h"

namespace wallaroo::cli {

struct GoBuild {
  std::string directory = ".";     // of package main
  std::string output;              // file or directory; empty: here, called as the directory
  std::vector<std::string> flags;  // of go build
};

/// Takes the words behind `wallaroo go build`: [DIR] [-o FILE] [FLAG...].
Result<GoBuild> parse_go_build(const std::vector<std::string>& words);

/// What go build of a program is run with. Files are in `scratch`, an empty directory.
struct GoCommand {
  std::vector<std::string> words;
  std::string directory;
  std::vector<std::pair<std::string, std::string>> variables;
};
/// `variable` finds one of the environment; empty when there is none.
Result<GoCommand> prepare_go_build(const GoBuild& build, const GoModules& modules,
                                   const std::string& scratch,
                                   std::string (*variable)(const std::string& name));

/// Builds; the result is the exit code of go.
Result<int> go_build(const GoBuild& build);

}  // namespace wallaroo::cli
