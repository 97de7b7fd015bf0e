// Ctrl-C for a program that looks now and then whether it has to end.
#pragma once

#include <atomic>
#include <memory>

#include "os/signals.h"

namespace wallaroo::os {

class Interrupt {
 public:
  /// From now on the first SIGINT or SIGTERM sets the flag, the second ends the process with
  /// status 130. Where signals cannot be watched they keep their usual effect.
  Interrupt();

  const std::atomic<bool>& requested() const { return requested_; }

 private:
  std::atomic<bool> requested_ = false;
  std::unique_ptr<SignalWatcher> watcher_;
};

}  // namespace wallaroo::os
