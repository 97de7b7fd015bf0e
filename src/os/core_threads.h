// A worker's cores on threads: core 0 on the caller's, the others on threads of their own.
#pragma once

#include <atomic>
#include <vector>

#include "os/thread_driver.h"

namespace wallaroo::os {

class CoreThreads {
 public:
  CoreThreads(std::vector<SystemNet*> nets, Parking& parking, bool busy_poll)
      : nets_(std::move(nets)), parking_(parking), busy_poll_(busy_poll) {}

  /// Drives steppers[i] as core i; returns when all are done or stop() was called.
  void run(const std::vector<io::Stepper*>& steppers);
  /// Drives core `core` on the calling thread until it is done or stop() was called.
  void run_core(io::Stepper& stepper, uint32_t core);
  /// From any thread: every core ends after the step under way.
  void stop();

 private:
  const std::vector<SystemNet*> nets_;
  Parking& parking_;
  const bool busy_poll_;
  std::atomic<bool> stop_ = false;
};

}  // namespace wallaroo::os
