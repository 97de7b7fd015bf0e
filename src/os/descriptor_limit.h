// How many files the process may have open.
#pragma once

namespace wallaroo::os {

/// Raises the limit of open files to what the process is allowed (ulimit -Hn): every connection
/// needs one. For programs; a library leaves the limits of its process alone.
void raise_descriptor_limit();

}  // namespace wallaroo::os
