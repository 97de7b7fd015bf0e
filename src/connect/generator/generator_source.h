// A source whose messages a user function makes, on core 0, at a rate or as fast as they are taken.
#pragma once

#include <array>

#include "flow/connector.h"
#include "wallaroo/graph.h"
#include "wire/batch.h"

namespace wallaroo::connect {

class GeneratorSource final : public flow::SourceConnector {
 public:
  GeneratorSource(GeneratorSpec spec, flow::CoreServices& core, flow::SourceOutput& output,
                  flow::SourceCounters& counters)
      : spec_(spec), active_(core.core() == 0), output_(output), counters_(counters) {}

  io::Progress step(io::Now now, uint32_t batches) override;
  void drain() override { draining_ = true; }
  bool ended() const override { return draining_ || exhausted(); }
  bool exhausted() const override { return !active_ || output_.finished(); }
  int64_t deadline_ns() const override {
    return ended() || output_.blocked() ? io::kNever : due_ns_;
  }

 private:
  uint64_t allowed(io::Now now);

  const GeneratorSpec spec_;
  const bool active_;
  flow::SourceOutput& output_;
  flow::SourceCounters& counters_;
  std::array<Record, wire::kBatchRecordsMax> records_;
  uint64_t made_ = 0;
  int64_t started_ns_ = 0;
  bool started_ = false;
  int64_t due_ns_ = io::kNever;  // when the rate allows the next message
  bool draining_ = false;
};

}  // namespace wallaroo::connect
