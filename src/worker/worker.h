// A worker: the plan made flesh on a number of cores. An object like any other: main makes one, the
// simulator many. It starts no thread; whoever owns it steps its cores.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/ring.h"
#include "flow/core.h"
#include "worker/connectors.h"

namespace wallaroo::worker {

struct WorkerOptions {
  flow::Options flow;
  flow::Budget budget;
  std::vector<io::Address> addresses;  // of TCP nodes, by node; numeric
};

/// What the worker runs on. All outlive it.
struct WorkerPorts {
  std::vector<io::Net*> nets;    // by core
  std::vector<io::Disk*> disks;  // by core
  io::Wakeup& wakeup;
  io::Log& log;
  flow::BarrierObserver* observer = nullptr;
  flow::ConnectorFactory* connectors = nullptr;  // null: those that the plan names
};

class Worker {
 public:
  Worker(plan::Plan plan, WorkerOptions options, WorkerPorts ports);
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  /// Listens and connects, on the calling thread, before any core is stepped.
  Result<void> start();

  /// One step of one core; each core by one thread at a time. `done` when all cores have ended.
  io::Progress step(base::CoreId core, io::Now now);
  io::Progress step(base::CoreId core, io::Now now, flow::Budget budget);
  /// When the core wants its next step at the latest; asked after a step that returned `none`.
  int64_t deadline_ns(base::CoreId core, io::Now now) const;

  /// Take nothing new in; run and send what has been accepted; then all cores end. From one thread.
  void drain();
  /// Cuts all sources with barrier `number`: greater than the one before, which must be aligned.
  void barrier(uint64_t number);

  uint32_t cores() const { return options_.flow.cores; }
  const plan::Plan& plan() const { return plan_; }
  const flow::CoreCounters& counters(uint32_t core) const { return *counters_[core]; }
  /// The state of a stage on a core, or null: what that core owns of it. Between steps only.
  state::KeyedState* state(uint32_t stage, base::CoreId core) {
    return cores_[core.value]->state(stage);
  }
  bool draining() const { return draining_.get() != 0; }
  bool ended() const;
  /// A message failed where the policy is to stop: the cores end without finishing their work.
  bool halted() const { return halted_.get() != 0; }
  /// Why; for use when all cores have ended.
  std::optional<Error> failure() const;

  /// Empty when every batch and credit is home; for use when all cores have ended.
  std::string audit() const;

 private:
  struct Command {
    enum class Kind : uint8_t { drain, barrier } kind = Kind::drain;
    uint64_t barrier = 0;
  };

  void send(Command command);
  void halt();

  const plan::Plan plan_;
  const WorkerOptions options_;
  const WorkerPorts ports_;
  const flow::Route route_;
  flow::RingMatrix rings_;
  Connectors connectors_;
  std::vector<std::unique_ptr<base::Ring<Command>>> commands_;  // by core; one producer
  std::vector<std::unique_ptr<flow::CoreCounters>> counters_;
  std::vector<std::unique_ptr<flow::Core>> cores_;
  base::Counter draining_;
  base::Counter halted_;
};

}  // namespace wallaroo::worker
