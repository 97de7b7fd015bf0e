// A network port on the machine: what a core's thread can sleep on. The low half of a connection's
// id counts slots from 0, so that what belongs to connections may stand in an array.
#pragma once

#include <cstdint>

#include "io/net.h"

namespace wallaroo::os {

class SystemNet : public io::Net {
 public:
  /// Blocks until something can be polled, wake() is called or the time is over; negative waits
  /// without end. May return early.
  virtual void wait(int64_t timeout_ns) = 0;
  /// Ends the present or the next wait(). Any thread.
  virtual void wake() = 0;
};

}  // namespace wallaroo::os
