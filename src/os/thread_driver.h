// Runs a core on the calling thread: step while there is work, spin a little, then sleep until the
// network, another core or a deadline wakes it.
#pragma once

#include <atomic>
#include <memory>
#include <vector>

#include "io/stepper.h"
#include "os/system_net.h"

namespace wallaroo::os {

/// Which cores are asleep, and how to wake them. Outlives the drivers; the nets outlive it.
class Parking final : public io::Wakeup {
 public:
  /// The net of core i stands at index i.
  explicit Parking(std::vector<SystemNet*> nets);

  /// What the caller published before is seen by the core's next step, asleep or not. One atomic
  /// exchange when the core is awake.
  void notify(base::CoreId core) override;

  void park(base::CoreId core);
  /// False once somebody has notified the core since park().
  bool is_parked(base::CoreId core) const;
  void unpark(base::CoreId core);

 private:
  struct alignas(64) Slot {
    std::atomic<bool> parked = false;
  };

  const std::vector<SystemNet*> nets_;
  const std::unique_ptr<Slot[]> slots_;
};

struct DriveOptions {
  /// How long to step in vain before sleeping: a wake-up costs about 30 us.
  int64_t spin_ns = 20'000;
  /// Never sleep: the lowest latency, at the price of the whole processor.
  bool busy_poll = false;
  /// When set from outside (then notify() the core), drive() returns after the step under way.
  const std::atomic<bool>* stop = nullptr;
};

/// Returns when a step reports `done` or when told to stop.
void drive(io::Stepper& stepper, SystemNet& net, Parking& parking, base::CoreId core,
           const DriveOptions& options = {});

}  // namespace wallaroo::os
