// The receiving side of a stage on one core: a queue for each input channel, alignment of barriers,
// and the minimum of the watermarks. A queue never holds more batches than its channel has credits.
#pragma once

#include <cstdint>
#include <vector>

#include "flow/batch_pool.h"

namespace wallaroo::flow {

class Inputs {
 public:
  Inputs(size_t channels, uint32_t credits_per_channel);
  ~Inputs();

  /// A channel that nothing will ever arrive in.
  void mark_unused(size_t channel) { channels_[channel].ended = true; }

  void push(size_t channel, Batch* batch);

  /// The next channel, in turn, with a batch that may be worked on; -1 when there is none. A
  /// channel that has delivered the current barrier is held until all others have.
  int next();
  Batch* front(size_t channel) { return channels_[channel].queue.front(); }
  /// Takes the front batch off and applies its watermark, barrier and end mark.
  Batch* finish(size_t channel);

  /// Minimum over live channels; kIdleWatermark when none of them has a say; kFinalWatermark when
  /// all ended after their sources were exhausted.
  int64_t watermark() const;
  /// Whether all live channels have delivered a barrier; its number, and they are released.
  bool take_aligned(uint64_t& barrier);
  bool all_ended() const;
  bool empty() const { return waiting_ == 0; }

 private:
  struct Channel {
    BatchQueue queue;
    int64_t watermark = wire::kNoWatermark;
    uint64_t barrier = 0;  // delivered and not yet aligned
    bool ended = false;
  };

  const uint32_t credits_;
  std::vector<Channel> channels_;
  size_t turn_ = 0;
  size_t waiting_ = 0;
};

}  // namespace wallaroo::flow
