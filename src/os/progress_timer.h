// Tells a watcher how a transfer goes, at its interval.
#pragma once

#include "os/clock.h"
#include "os/transfer.h"

namespace wallaroo::os {

class ProgressTimer {
 public:
  explicit ProgressTimer(const TransferWatch& watch) : watch_(watch) { start(); }

  void start() {
    begin_ns_ = read_clock().mono_ns;
    next_ns_ = begin_ns_ + watch_.progress_ns;
  }
  double seconds() const { return double(read_clock().mono_ns - begin_ns_) * 1e-9; }

  void tick(TransferStatus status) {
    if (!watch_.on_progress || read_clock().mono_ns < next_ns_) return;
    next_ns_ += watch_.progress_ns;
    status.seconds = seconds();
    watch_.on_progress(status);
  }

 private:
  const TransferWatch& watch_;
  int64_t begin_ns_ = 0;
  int64_t next_ns_ = 0;
};

}  // namespace wallaroo::os
