#include "connect/generator/generator_source.h"

#include <algorithm>

namespace wallaroo::connect {
namespace {

constexpr double kNsPerSecond = 1e9;

}  // namespace

/// How many messages may have been made by `now`.
uint64_t GeneratorSource::allowed(io::Now now) {
  if (spec_.per_second == 0) return UINT64_MAX;
  if (!started_) {
    started_ = true;
    started_ns_ = now.mono_ns;
  }
  const auto elapsed = static_cast<double>(now.mono_ns - started_ns_);
  return static_cast<uint64_t>(elapsed * static_cast<double>(spec_.per_second) / kNsPerSecond) + 1;
}

io::Progress GeneratorSource::step(io::Now now, uint32_t batches) {
  io::Progress progress = io::Progress::none;
  const uint64_t limit = allowed(now);
  for (uint32_t i = 0; i < batches; ++i) {
    if (ended() || output_.blocked() || made_ >= limit) break;
    const size_t count = std::min<uint64_t>(records_.size(), limit - made_);
    for (size_t k = 0; k < count; ++k) {
      records_[k].hash = made_ + k;
      records_[k].event_time_ns = now.wall_ns;
    }
    const size_t taken = output_.run(records_.data(), 0, count, now, {0, made_ + 1});
    made_ += taken;
    counters_.messages.add(taken);
    progress = io::Progress::some;
  }
  if (spec_.per_second != 0) {
    due_ns_ = started_ns_ + static_cast<int64_t>(static_cast<double>(made_) * kNsPerSecond /
                                                 static_cast<double>(spec_.per_second));
  }
  return progress;
}

}  // namespace wallaroo::connect
