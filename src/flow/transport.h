// Moves batches between cores: a ring for each ordered pair, always drained, and behind it a queue
// of what did not fit. A batch that comes back to its own core is a credit.
#pragma once

#include <memory>
#include <vector>

#include "base/id.h"
#include "base/ring.h"
#include "flow/batch_pool.h"
#include "io/net.h"

namespace wallaroo::flow {

using BatchRing = base::Ring<Batch*>;

/// The rings of all ordered pairs of cores of one worker.
class RingMatrix {
 public:
  RingMatrix(uint32_t cores, uint32_t slots);
  ~RingMatrix();

  /// From core `from` to core `to`; from != to.
  BatchRing& ring(uint32_t from, uint32_t to) { return *rings_[from * cores_ + to]; }

 private:
  uint32_t cores_;
  std::vector<std::unique_ptr<BatchRing>> rings_;
};

/// One core's end of all its rings.
class Transport {
 public:
  Transport(uint32_t core, uint32_t cores, RingMatrix& rings, io::Wakeup& wakeup);
  ~Transport();

  /// Sends now or as soon as the ring has room; keeps the order.
  void send(uint32_t to, Batch* batch);
  /// Pushes what waits for room. True when something moved.
  bool flush();
  /// Wakes the cores that were sent something since the last call.
  void notify();
  /// The next batch that arrived from `from`, or null.
  Batch* receive(uint32_t from);
  bool waiting() const { return waiting_ != 0; }
  uint64_t times_full() const { return times_full_; }

 private:
  const uint32_t core_;
  const uint32_t cores_;
  RingMatrix& rings_;
  io::Wakeup& wakeup_;
  std::vector<BatchQueue> queues_;
  std::vector<char> sent_;
  size_t waiting_ = 0;
  uint64_t times_full_ = 0;
};

}  // namespace wallaroo::flow
