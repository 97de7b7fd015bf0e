#include "os/core_threads.h"

#include <thread>

namespace wallaroo::os {

void CoreThreads::run(const std::vector<io::Stepper*>& steppers) {
  std::vector<std::thread> threads;
  for (uint32_t core = 1; core < steppers.size(); ++core) {
    threads.emplace_back([this, &steppers, core] { run_core(*steppers[core], core); });
  }
  run_core(*steppers[0], 0);
  for (std::thread& thread : threads) thread.join();
}

void CoreThreads::run_core(io::Stepper& stepper, uint32_t core) {
  DriveOptions options;
  options.busy_poll = busy_poll_;
  options.stop = &stop_;
  drive(stepper, *nets_[core], parking_, base::CoreId(core), options);
}

void CoreThreads::stop() {
  stop_.store(true);
  for (uint32_t core = 0; core < nets_.size(); ++core) parking_.notify(base::CoreId(core));
}

}  // namespace wallaroo::os
