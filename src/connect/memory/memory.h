// Source and sink in the program's own memory: for tests, benchmarks and embedding.
#pragma once

#include <array>
#include <memory>

#include "flow/connector.h"
#include "wallaroo/graph.h"
#include "wire/batch.h"

namespace wallaroo::connect {

/// Every core takes the messages whose number falls to it.
class MemorySource final : public flow::SourceConnector {
 public:
  MemorySource(MemorySourceSpec spec, flow::CoreServices& core, flow::SourceOutput& output,
               flow::SourceCounters& counters);

  io::Progress step(io::Now now, uint32_t batches) override;
  void drain() override { draining_ = true; }
  bool ended() const override { return exhausted() || (draining_ && at_ == count_); }
  bool exhausted() const override { return at_ == count_ && round_ == spec_.repeat; }

 private:
  void gather(io::Now now);

  const MemorySourceSpec spec_;
  flow::SourceOutput& output_;
  flow::SourceCounters& counters_;
  const size_t first_;   // number of this core's first message
  const size_t stride_;  // cores
  size_t next_;
  uint64_t round_ = 0;
  std::array<Record, wire::kBatchRecordsMax> records_;
  size_t at_ = 0;
  size_t count_ = 0;
  uint64_t taken_ = 0;  // messages, on this core
  bool draining_ = false;
};

/// Appends to this core's part of the output.
class MemorySink final : public flow::SinkConnector {
 public:
  MemorySink(std::shared_ptr<MemoryOutput> output, flow::CoreServices& core,
             flow::SinkCounters& counters)
      : output_(std::move(output)), core_(core.core()), counters_(counters) {}

  Bytes& buffer() override { return output_->by_core[core_]; }
  void commit(size_t messages) override;
  io::Progress step(io::Now) override { return io::Progress::none; }
  bool full() const override { return false; }
  void finish() override { finished_ = true; }
  bool ended() const override { return finished_; }

 private:
  const std::shared_ptr<MemoryOutput> output_;
  const uint32_t core_;
  flow::SinkCounters& counters_;
  size_t seen_bytes_ = 0;
  bool finished_ = false;
};

}  // namespace wallaroo::connect
