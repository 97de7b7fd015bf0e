// Tells messages apart in received bytes. Pure: no allocation, no copy; lengths are checked here
// before anybody believes them.
#pragma once

#include <cstddef>
#include <cstdint>

#include "wallaroo/graph.h"
#include "wallaroo/step.h"

namespace wallaroo::connect {

struct Frames {
  size_t count = 0;         // messages found
  size_t consumed = 0;      // bytes they took
  bool over_limit = false;  // what follows announces, or already is, more than the limit
  bool senseless = false;   // what follows is a header of which its function makes no sense
};

/// Finds up to `records_max` complete messages at the start of data[0..bytes) and sets payload and
/// payload_bytes of `records`.
Frames find_frames(const Framing& framing, uint32_t frame_bytes_max, const char* data, size_t bytes,
                   Record* records, size_t records_max);

}  // namespace wallaroo::connect
