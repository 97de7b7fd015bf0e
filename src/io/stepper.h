// What a driver turns: something active that does bounded work in a step and then returns.
#pragma once

#include "io/now.h"

namespace wallaroo::io {

class Stepper {
 public:
  virtual ~Stepper() = default;
  virtual Progress step(Now now) = 0;
  /// When it wants the next step even if nothing happens; monotonic, kNever for no wish. Asked
  /// after a step that returned `none`.
  virtual int64_t deadline_ns() const = 0;
};

}  // namespace wallaroo::io
