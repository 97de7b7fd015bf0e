// Runs another program and waits for it.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "os/environment.h"

namespace wallaroo::os {

struct Command {
  std::vector<std::string> words;   // the program, which is looked for in PATH, and its arguments
  std::string directory;            // where it runs
  std::vector<Variable> variables;  // of its environment, beside those of this program
};

/// Its exit code, 128 and the signal when one ended it. It reads and writes what this program does,
/// and an interrupt from the terminal ends it alone. Only while no other thread runs.
Result<int> run_command(const Command& command);

}  // namespace wallaroo::os
