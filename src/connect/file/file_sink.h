// File sink on one core: appends whole messages to a file that the other cores append to as well.
//
// While one append is under way the next messages gather. One that fails, say because the disk is
// full, is tried again until it succeeds; until then the sink fills up and pushes back.
#pragma once

#include <string>

#include "flow/connector.h"
#include "flow/options.h"
#include "wallaroo/graph.h"

namespace wallaroo::connect {

struct FileSinkSetup {
  std::string what;  // "sink 'counts'": how it calls itself in the log
  FileSinkSpec spec;
  const flow::Options& options;
};

class FileSink final : public flow::SinkConnector {
 public:
  FileSink(FileSinkSetup setup, flow::CoreServices& core, flow::SinkCounters& counters);
  ~FileSink() override;

  Result<void> start() override;
  Bytes& buffer() override { return gathering_; }
  void commit(size_t) override {}
  io::Progress step(io::Now now) override;
  bool full() const override {
    return gathering_.size() + appending_.size() >= setup_.options.sink_buffer_bytes_max;
  }
  void finish() override { finishing_ = true; }
  bool ended() const override { return state_ == State::ended; }
  int64_t deadline_ns() const override {
    return state_ == State::waiting ? wake_at_ns_ : io::kNever;
  }
  void on_disk(const io::DiskCompletion& done, io::Now now) override;

 private:
  enum class State : uint8_t {
    idle,
    working,  // an append or sync is under way
    waiting,  // one failed and is tried again later
    ended,
  };

  void submit(io::DiskOperationKind kind);
  void fail(const io::DiskCompletion& done, io::Now now);

  const FileSinkSetup setup_;
  flow::CoreServices& core_;
  flow::SinkCounters& counters_;
  State state_ = State::idle;
  io::FileId file_;
  Bytes gathering_;
  Bytes appending_;  // under way, or failed and to be tried again
  bool finishing_ = false;
  bool synced_ = true;
  bool told_ = false;                   // the present failure has been logged
  int64_t told_at_ns_ = INT64_MIN / 2;  // long ago
  int64_t wake_at_ns_ = 0;
  int64_t backoff_ns_ = 0;
};

}  // namespace wallaroo::connect
