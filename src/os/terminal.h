// Whether a person sits at the other end.
#pragma once

namespace wallaroo::os {

bool is_stdin_terminal();
bool is_stderr_terminal();

}  // namespace wallaroo::os
