// What stands in for the sources and sinks of a program on the harness: queues that a test fills,
// and the record of what came out.
#pragma once

#include <array>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "flow/connector.h"
#include "plan/plan.h"
#include "wire/batch.h"

namespace wallaroo::testkit {

/// What a test gave to one source on one core.
struct Feed {
  struct Message {
    std::string bytes;
    uint32_t connection;
  };
  std::deque<Message> messages;
  std::map<uint32_t, uint64_t> taken;  // by connection: how many messages are behind us
  uint64_t to_make = 0;                // of a generator
  bool closed = false;
};

/// Takes runs of messages of one connection, as a source reads them.
class FedSource final : public flow::SourceConnector {
 public:
  FedSource(Feed& feed, uint32_t batch_messages_max, flow::SourceOutput& output,
            flow::SourceCounters& counters)
      : feed_(feed), batch_max_(batch_messages_max), output_(output), counters_(counters) {}

  io::Progress step(io::Now now, uint32_t batches) override;
  void drain() override { feed_.closed = true; }
  bool ended() const override { return feed_.closed && feed_.messages.empty(); }
  bool exhausted() const override { return ended(); }

 private:
  void gather(io::Now now);

  Feed& feed_;
  const uint32_t batch_max_;
  flow::SourceOutput& output_;
  flow::SourceCounters& counters_;
  std::array<Record, wire::kBatchRecordsMax> records_;
  size_t at_ = 0;
  size_t count_ = 0;  // the first messages of the feed are the records
};

/// Calls the program's generator as often as the test allowed.
class FedGenerator final : public flow::SourceConnector {
 public:
  FedGenerator(Feed& feed, uint32_t batch_messages_max, bool active, flow::SourceOutput& output,
               flow::SourceCounters& counters)
      : feed_(feed),
        batch_max_(batch_messages_max),
        active_(active),
        output_(output),
        counters_(counters) {}

  io::Progress step(io::Now now, uint32_t batches) override;
  void drain() override { feed_.closed = true; }
  bool ended() const override {
    return !active_ || output_.finished() || (feed_.closed && feed_.to_make == 0);
  }
  bool exhausted() const override { return ended(); }

 private:
  Feed& feed_;
  const uint32_t batch_max_;
  const bool active_;  // on core 0
  flow::SourceOutput& output_;
  flow::SourceCounters& counters_;
  std::array<Record, wire::kBatchRecordsMax> records_;
  uint64_t made_ = 0;
};

/// What one sink was given on all cores together.
struct Gathered {
  Framing framing{};
  std::string bytes{};
  std::vector<std::string> messages{};  // empty when the framing is raw
  size_t taken = 0;                     // of messages, by take_output()
};

class GatheringSink final : public flow::SinkConnector {
 public:
  GatheringSink(Gathered& gathered, bool pushes_back, flow::SinkCounters& counters)
      : gathered_(gathered), pushes_back_(pushes_back), counters_(counters) {}

  Bytes& buffer() override { return buffer_; }
  void commit(size_t messages) override;
  io::Progress step(io::Now now) override;
  bool full() const override { return full_; }
  void finish() override { finished_ = true; }
  bool ended() const override { return finished_; }

 private:
  Gathered& gathered_;
  const bool pushes_back_;
  flow::SinkCounters& counters_;
  Bytes buffer_;
  bool full_ = false;
  bool finished_ = false;
};

/// Makes them for all nodes of a plan, and keeps what goes in and what came out.
class Connectors final : public flow::ConnectorFactory {
 public:
  Connectors(const Graph& graph, uint32_t cores, uint32_t batch_messages_max, bool pushes_back);

  std::unique_ptr<flow::SourceConnector> make_source(uint32_t node, uint32_t stage,
                                                     flow::CoreServices& core,
                                                     flow::SourceOutput& output,
                                                     flow::SourceCounters& counters) override;
  std::unique_ptr<flow::SinkConnector> make_sink(uint32_t node, flow::CoreServices& core,
                                                 flow::SinkCounters& counters) override;
  std::unique_ptr<flow::SinkConnector> make_dead_letters(flow::CoreServices& core,
                                                         flow::SinkCounters& counters) override;

  Feed& feed(uint32_t node, uint32_t core) { return feeds_[node * cores_ + core]; }
  Gathered& gathered(uint32_t node) { return gathered_[node]; }
  const Gathered& letters() const { return letters_; }

 private:
  const Graph& graph_;
  const uint32_t cores_;
  const uint32_t batch_max_;
  const bool pushes_back_;
  std::vector<Feed> feeds_;         // by node and core
  std::vector<Gathered> gathered_;  // by node
  Gathered letters_{.framing = Framing::lines};
};

}  // namespace wallaroo::testkit
