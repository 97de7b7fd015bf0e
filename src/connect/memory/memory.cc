#include "connect/memory/memory.h"

namespace wallaroo::connect {

MemorySource::MemorySource(MemorySourceSpec spec, flow::CoreServices& core,
                           flow::SourceOutput& output, flow::SourceCounters& counters)
    : spec_(std::move(spec)),
      output_(output),
      counters_(counters),
      first_(core.core()),
      stride_(core.cores()),
      next_(first_) {
  if (first_ >= spec_.messages->size()) round_ = spec_.repeat;
}

void MemorySource::gather(io::Now now) {
  const auto& messages = *spec_.messages;
  at_ = 0;
  count_ = 0;
  uint64_t bytes = 0;
  while (count_ < records_.size() && round_ < spec_.repeat) {
    const std::string& message = messages[next_];
    Record& record = records_[count_++];
    record.payload = message.data();
    record.payload_bytes = static_cast<uint32_t>(message.size());
    record.event_time_ns = now.wall_ns;
    bytes += message.size();
    next_ += stride_;
    if (next_ >= messages.size()) {
      next_ = first_;
      ++round_;
    }
  }
  taken_ += count_;
  counters_.messages.add(count_);
  counters_.bytes.add(bytes);
}

io::Progress MemorySource::step(io::Now now, uint32_t batches) {
  io::Progress progress = io::Progress::none;
  for (uint32_t i = 0; i < batches; ++i) {
    if (output_.blocked() || ended()) break;
    if (at_ == count_) gather(now);
    progress = io::Progress::some;
    at_ = output_.run(records_.data(), at_, count_, now, {0, taken_ - count_ + 1});
  }
  return progress;
}

void MemorySink::commit(size_t) {
  Bytes& bytes = output_->by_core[core_];
  counters_.bytes.add(bytes.size() - seen_bytes_);
  seen_bytes_ = bytes.size();
  if (output_->keep) return;
  output_->discarded_bytes_by_core[core_] += bytes.size();
  bytes.clear();
  seen_bytes_ = 0;
}

}  // namespace wallaroo::connect
