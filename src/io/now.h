// Time and progress. Nothing outside os reads a clock: the driver reads it once a step and passes
// it.
#pragma once

#include <cstdint>

namespace wallaroo::io {

struct Now {
  int64_t mono_ns = 0;  // for intervals and deadlines; never goes back
  int64_t wall_ns = 0;  // since 1970 UTC; may jump
};

constexpr int64_t kNever = INT64_MAX;

/// What a step reports. `none`: nothing was done and nothing will be until an event or a deadline.
enum class Progress : uint8_t { none, some, done };

}  // namespace wallaroo::io
