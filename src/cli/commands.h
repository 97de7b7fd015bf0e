// The sub-commands of the wallaroo program. stdout is data, stderr is talk.
#pragma once

#include <string>

#include "wallaroo/error.h"

namespace CLI {
class App;
}

namespace wallaroo::cli {

enum class ExitCode : uint8_t {
  done = 0,
  failed = 1,
  usage = 2,
  unreachable = 4,
  timed_out = 5,
  interrupted = 130,
};

/// What the whole program does with its arguments.
int run(int argc, char** argv);

// Each adds one sub-command, which leaves its outcome in `exit`.
void add_send(CLI::App& app, ExitCode& exit);
void add_receive(CLI::App& app, ExitCode& exit);
void add_status(CLI::App& app, ExitCode& exit);
void add_dead_letters(CLI::App& app, ExitCode& exit);
void add_go(CLI::App& app, ExitCode& exit);

/// Says on stderr what went wrong, and how the program shall end.
ExitCode report(const Error& error);

}  // namespace wallaroo::cli
