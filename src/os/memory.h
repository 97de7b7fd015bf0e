// What the process occupies.
#pragma once

#include <cstdint>

namespace wallaroo::os {

/// Resident set size in bytes; 0 when /proc cannot be read.
uint64_t resident_bytes();

}  // namespace wallaroo::os
