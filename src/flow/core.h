// One core: its stages, connectors, channels and batches. A step does bounded work and returns; who
// calls it, on which thread and how often, is the driver's business.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "flow/batch_pool.h"
#include "flow/connector.h"
#include "flow/stage.h"
#include "flow/transport.h"

namespace wallaroo::flow {

/// The counters of one core; addresses are stable for the life of the worker.
struct CoreCounters {
  std::vector<std::unique_ptr<StageCounters>> stages;    // by stage
  std::vector<std::unique_ptr<SourceCounters>> sources;  // by stage; null where it is no source
  std::vector<std::unique_ptr<SinkCounters>> sinks;      // by node; null where it is no sink
  SinkCounters dead_letters;
  Counter ended;  // 1: this core has nothing left to do
  Counter steps;
  Counter ring_full;
  Counter pool_refills;
  Counter pool_bytes;

  explicit CoreCounters(const plan::Plan& plan);
};

/// The ports a core runs on; all outlive it.
struct CorePorts {
  io::Net& net;
  io::Disk& disk;
  io::Wakeup& wakeup;
  io::Log& log;
  BarrierObserver* observer = nullptr;
};

class Core final : public Carrier, public CoreServices {
 public:
  Core(uint32_t core, const plan::Plan& plan, const Options& options, const Route& route,
       RingMatrix& rings, CorePorts ports, CoreCounters& counters, ConnectorFactory& connectors);

  /// Listens, begins to connect. Once, before the first step.
  Result<void> start();

  /// `none`: nothing to do until an event, a notify or deadline_ns(). Whether everything on this
  /// core has ended is in CoreCounters::ended; the core must be stepped until all cores have.
  io::Progress step(io::Now now, Budget budget);
  int64_t deadline_ns(io::Now now) const;

  void drain();
  /// A failure of this core that stops the worker.
  const std::optional<Error>& fatal() const { return failures_.fatal(); }
  /// Run nothing further; give the sinks a moment to pass on what they hold, then end.
  void halt(io::Now now);
  /// Cuts the sources of this core with barrier k.
  void barrier(uint64_t barrier);

  /// The state of a stage on this core, or null; see Stage::state().
  state::KeyedState* state(uint32_t stage);

  /// Empty when nothing is under way and every batch and credit is home; else what is not.
  std::string audit() const;

 private:
  void deliver(Batch* batch) override;
  void bring_home(Batch* batch) override;
  io::Net& net() override { return ports_.net; }
  io::Disk& disk() override { return ports_.disk; }
  io::Log& log() override { return ports_.log; }
  uint32_t core() const override { return core_; }
  uint32_t cores() const override { return options_.cores; }
  void watch(io::ConnectionId connection, NetHandler& handler) override;
  void watch(io::ListenerId listener, NetHandler& handler) override;
  void forget(io::ConnectionId connection) override;
  void watch(io::FileId file, DiskHandler& handler) override;
  void fail(Error why) override { failures_.stop(std::move(why)); }
  void send_connection(uint32_t to_core, uint32_t stage,
                       io::DetachedConnection connection) override;
  void send_no_more_connections(uint32_t to_core, uint32_t stage) override;

  Batch* connection_batch(uint32_t to_core, uint32_t stage);
  bool receive(io::Now now);
  void take(Batch* batch, io::Now now);
  void credit(Batch* batch);
  bool poll_net(io::Now now);
  bool poll_disk(io::Now now);
  bool run_stages(io::Now now, uint32_t batches);
  bool step_sinks(io::Now now);
  void finish_when_ended(io::Now now);

  const uint32_t core_;
  const plan::Plan& plan_;
  const Options& options_;
  const CorePorts ports_;
  CoreCounters& counters_;
  BatchPool pool_;
  Transport transport_;
  ChainSite site_;
  int64_t wall_ahead_ns_ = INT64_MIN;  // of the monotonic clock
  Failures failures_;
  bool finishing_ = false;        // the sinks know that nothing more will come
  int64_t halt_ns_ = io::kNever;  // monotonic; when a halted core ends whatever its sinks hold
  std::map<uint64_t, NetHandler*> connections_;
  std::map<uint64_t, NetHandler*> listeners_;
  std::map<uint64_t, DiskHandler*> files_;
  std::vector<std::unique_ptr<SinkConnector>> sinks_;
  std::vector<SinkSlot> sink_slots_;
  std::vector<std::unique_ptr<SourceStage>> sources_;  // by stage, or null
  std::vector<std::unique_ptr<Stage>> stages_;         // by stage, or null
};

}  // namespace wallaroo::flow
