#include "os/thread_driver.h"

#include <algorithm>

#include "base/assert.h"
#include "os/clock.h"

namespace wallaroo::os {
namespace {

using io::Progress;

bool must_stop(const DriveOptions& options) {
  return options.stop != nullptr && options.stop->load();
}

/// Steps until nothing has happened for the length of the spin. `none` means: time to sleep.
Progress step_while_busy(io::Stepper& stepper, const DriveOptions& options) {
  int64_t idle_since = -1;
  while (!must_stop(options)) {
    const io::Now now = os::read_clock();
    switch (stepper.step(now)) {
      case Progress::done:
        return Progress::done;
      case Progress::some:
        idle_since = -1;
        break;
      case Progress::none:
        if (idle_since < 0) idle_since = now.mono_ns;
        if (!options.busy_poll && now.mono_ns - idle_since >= options.spin_ns)
          return Progress::none;
    }
  }
  return Progress::done;
}

}  // namespace

Parking::Parking(std::vector<SystemNet*> nets)
    : nets_(std::move(nets)), slots_(std::make_unique<Slot[]>(nets_.size())) {}

// No wake-up is lost: both sides read and write the same flag in one operation, so one of them is
// first. If notify() is first, park() sees its write, hence all that was published before it, and
// the step after park() finds the work. If park() is first, notify() sees the flag and wakes.
void Parking::notify(base::CoreId core) {
  ASSERT(core.value < nets_.size(), "notify of an unknown core");
  if (slots_[core.value].parked.exchange(false)) nets_[core.value]->wake();
}

void Parking::park(base::CoreId core) { (void)slots_[core.value].parked.exchange(true); }
bool Parking::is_parked(base::CoreId core) const { return slots_[core.value].parked.load(); }
void Parking::unpark(base::CoreId core) { slots_[core.value].parked.store(false); }

void drive(io::Stepper& stepper, SystemNet& net, Parking& parking, base::CoreId core,
           const DriveOptions& options) {
  while (step_while_busy(stepper, options) == Progress::none) {
    parking.park(core);
    const io::Now now = read_clock();
    const Progress last_look = must_stop(options) ? Progress::done : stepper.step(now);
    // A wake-up that came between the last look at the rings and that at the network is gone: the
    // look at the network took it, as one takes an event. The flag still tells.
    if (last_look == Progress::none && parking.is_parked(core)) {
      const int64_t deadline = stepper.deadline_ns();
      net.wait(deadline == io::kNever ? -1 : std::max<int64_t>(0, deadline - now.mono_ns));
    }
    parking.unpark(core);
    if (last_look == Progress::done) return;
  }
}

}  // namespace wallaroo::os
