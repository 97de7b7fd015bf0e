#include "flow/inputs.h"

#include <algorithm>

#include "base/assert.h"
#include "base/mutant.h"

namespace wallaroo::flow {

Inputs::Inputs(size_t channels, uint32_t credits_per_channel)
    : credits_(credits_per_channel), channels_(channels) {}

Inputs::~Inputs() {
  // Batches left by a stop without drain; their pools only count them.
  for (Channel& channel : channels_) {
    while (Batch* batch = channel.queue.pop()) ::operator delete(batch);
  }
}

void Inputs::push(size_t channel, Batch* batch) {
  Channel& to = channels_[channel];
  ASSERT(!to.ended, "a batch arrived in a channel that has ended");
  ASSERT(to.queue.size() < credits_, "a channel holds more batches than it has credits");
  to.queue.push(batch);
  ++waiting_;
}

int Inputs::next() {
  if (waiting_ == 0) return -1;
  for (size_t i = 0; i < channels_.size(); ++i) {
    const size_t at = turn_ + i < channels_.size() ? turn_ + i : turn_ + i - channels_.size();
    const bool held = channels_[at].barrier != 0 && !MUTANT(held_input_processed);
    if (channels_[at].queue.empty() || held) continue;
    turn_ = at + 1 < channels_.size() ? at + 1 : 0;
    return static_cast<int>(at);
  }
  return -1;
}

Batch* Inputs::finish(size_t channel) {
  Channel& from = channels_[channel];
  Batch* batch = from.queue.pop();
  --waiting_;
  const wire::BatchHeader& header = batch->header;
  if (header.watermark_ns != wire::kNoWatermark) from.watermark = header.watermark_ns;
  if (header.barrier != 0) from.barrier = header.barrier;
  if (header.ends) from.ended = true;
  return batch;
}

int64_t Inputs::watermark() const {
  int64_t lowest = wire::kIdleWatermark;
  bool live = false;
  bool final = true;
  for (const Channel& channel : channels_) {
    if (channel.ended) {
      final = final && (channel.watermark == wire::kFinalWatermark ||
                        channel.watermark == wire::kNoWatermark);
      continue;
    }
    live = true;
    const bool skipped = MUTANT(watermark_skips_input) && &channel == &channels_.front();
    if (!skipped) lowest = std::min(lowest, channel.watermark);
  }
  const bool any_final = std::any_of(
      channels_.begin(), channels_.end(),
      [](const Channel& channel) { return channel.watermark == wire::kFinalWatermark; });
  if (!live && final && any_final) return wire::kFinalWatermark;
  return lowest;
}

bool Inputs::take_aligned(uint64_t& barrier) {
  barrier = 0;
  for (const Channel& channel : channels_) {
    if (channel.ended && channel.barrier == 0) continue;
    if (channel.barrier == 0) return false;
    ASSERT(barrier == 0 || barrier == channel.barrier || MUTANT(held_input_processed),
           "two barriers are under way in one stage");
    barrier = channel.barrier;
  }
  if (barrier == 0) return false;
  for (Channel& channel : channels_) channel.barrier = 0;
  return true;
}

bool Inputs::all_ended() const {
  if (MUTANT(ends_with_first_input)) {
    return std::ranges::any_of(channels_, [](const Channel& channel) { return channel.ended; });
  }
  return std::all_of(channels_.begin(), channels_.end(),
                     [](const Channel& channel) { return channel.ended && channel.queue.empty(); });
}

}  // namespace wallaroo::flow
