// What the data plane asks of sources and sinks, and what it offers them. One object of each source
// and sink lives on each core; all calls come from that core's step.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "flow/counters.h"
#include "io/disk.h"
#include "io/log.h"
#include "io/net.h"
#include "io/now.h"
#include "state/keyed_state.h"
#include "wallaroo/step.h"

namespace wallaroo::flow {

/// Receives the network events of the connections and listeners it watches.
class NetHandler {
 public:
  virtual ~NetHandler() = default;
  virtual void on_net(const io::NetEvent& event, io::Now now) = 0;
};

/// Receives the completions of the files it watches.
class DiskHandler {
 public:
  virtual ~DiskHandler() = default;
  virtual void on_disk(const io::DiskCompletion& done, io::Now now) = 0;
};

/// What a core offers to the connectors that live on it.
class CoreServices {
 public:
  virtual ~CoreServices() = default;
  virtual io::Net& net() = 0;
  virtual io::Disk& disk() = 0;
  virtual io::Log& log() = 0;
  virtual uint32_t core() const = 0;
  virtual uint32_t cores() const = 0;
  virtual void watch(io::ConnectionId connection, NetHandler& handler) = 0;
  virtual void watch(io::ListenerId listener, NetHandler& handler) = 0;
  virtual void forget(io::ConnectionId connection) = 0;
  virtual void watch(io::FileId file, DiskHandler& handler) = 0;
  /// The worker cannot go on; it stops, and this is why.
  virtual void fail(Error why) = 0;
  /// Hands an accepted connection to the same source on another core.
  virtual void send_connection(uint32_t to_core, uint32_t stage,
                               io::DetachedConnection connection) = 0;
  /// Tells the same source on another core that no further connection will be handed to it.
  virtual void send_no_more_connections(uint32_t to_core, uint32_t stage) = 0;
};

/// Where a source's messages come from.
struct Origin {
  uint64_t id = 0;             // tells the connections of a source on a core apart, for watermarks
  uint64_t first_message = 1;  // number, within it, of records[0]
};

/// A source's way into its chain.
class SourceOutput {
 public:
  virtual ~SourceOutput() = default;
  /// Works on records[from..count) that arrived at `now`; returns the first not taken (no room).
  virtual size_t run(const Record* records, size_t from, size_t count, io::Now now,
                     Origin origin) = 0;
  virtual bool blocked() const = 0;
  /// The chain made its last value (generators).
  virtual bool finished() const = 0;
  virtual void close_origin(uint64_t origin) = 0;
};

class SourceConnector : public NetHandler, public DiskHandler {
 public:
  /// Begins to listen and so on; called once before the first step.
  virtual Result<void> start() { return {}; }
  /// Reads and runs up to about `batches` batches.
  virtual io::Progress step(io::Now now, uint32_t batches) = 0;
  /// Take nothing new in; what has been accepted is still to be run.
  virtual void drain() = 0;
  /// Everything is run and nothing more will come.
  virtual bool ended() const = 0;
  /// Ended by itself (not by drain): remaining timers are due.
  virtual bool exhausted() const { return false; }
  virtual int64_t deadline_ns() const { return io::kNever; }
  /// Of the connection or file, for people; empty: its number says it all.
  virtual std::string origin_name(uint64_t) const { return {}; }
  virtual void adopt(io::DetachedConnection, io::Now) {}
  virtual void no_more_connections() {}
  void on_net(const io::NetEvent&, io::Now) override {}
  void on_disk(const io::DiskCompletion&, io::Now) override {}
};

class SinkConnector : public SinkPort, public NetHandler, public DiskHandler {
 public:
  virtual Result<void> start() { return {}; }
  virtual io::Progress step(io::Now now) = 0;
  /// No room for another batch: the chain must wait.
  virtual bool full() const = 0;
  /// The last message has been committed.
  virtual void finish() = 0;
  /// Everything is on its way after finish().
  virtual bool ended() const = 0;
  virtual int64_t deadline_ns() const { return io::kNever; }
  void on_net(const io::NetEvent&, io::Now) override {}
  void on_disk(const io::DiskCompletion&, io::Now) override {}
};

/// Makes the connectors of a core; implemented by connect, so that flow knows none of them.
class ConnectorFactory {
 public:
  virtual ~ConnectorFactory() = default;
  virtual std::unique_ptr<SourceConnector> make_source(uint32_t node, uint32_t stage,
                                                       CoreServices& core, SourceOutput& output,
                                                       SourceCounters& counters) = 0;
  virtual std::unique_ptr<SinkConnector> make_sink(uint32_t node, CoreServices& core,
                                                   SinkCounters& counters) = 0;
  /// Where dead letters go; null when the application keeps none.
  virtual std::unique_ptr<SinkConnector> make_dead_letters(CoreServices& core,
                                                           SinkCounters& counters) = 0;
};

/// Told when a stage on a core has aligned a barrier: the place where its state may be read.
class BarrierObserver {
 public:
  virtual ~BarrierObserver() = default;
  /// `state` is null for a stage that keeps none.
  virtual void on_aligned(uint32_t stage, uint32_t core, uint64_t barrier,
                          state::KeyedState* state) = 0;
};

}  // namespace wallaroo::flow
