#include "os/interrupt.h"

#include <cstdlib>

namespace wallaroo::os {
namespace {

constexpr int kInterrupted = 130;

}  // namespace

Interrupt::Interrupt() {
  auto watcher = SignalWatcher::start([this](int count) {
    if (count > 1) std::_Exit(kInterrupted);
    requested_ = true;
  });
  if (watcher) watcher_ = std::move(*watcher);
}

}  // namespace wallaroo::os
