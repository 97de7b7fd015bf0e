#include "os/terminal.h"

#include <unistd.h>

namespace wallaroo::os {

bool is_stdin_terminal() { return ::isatty(STDIN_FILENO) == 1; }
bool is_stderr_terminal() { return ::isatty(STDERR_FILENO) == 1; }

}  // namespace wallaroo::os
