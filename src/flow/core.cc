#include "flow/core.h"

#include <algorithm>
#include <array>

#include "base/assert.h"
#include "base/bytes.h"

namespace wallaroo::flow {
namespace {

constexpr size_t kEventsPerPoll = 256;
constexpr size_t kCompletionsPerPoll = 16;
constexpr int64_t kRingRetryNs = 20'000;  // how soon to look again for room in a full ring

}  // namespace

CoreCounters::CoreCounters(const plan::Plan& plan) {
  for (const plan::Stage& stage : plan.stages) {
    stages.push_back(std::make_unique<StageCounters>());
    const bool source = plan.graph.nodes[stage.node].kind == NodeKind::source;
    sources.push_back(source ? std::make_unique<SourceCounters>() : nullptr);
  }
  for (const Node& node : plan.graph.nodes) {
    sinks.push_back(node.kind == NodeKind::sink ? std::make_unique<SinkCounters>() : nullptr);
  }
}

Core::Core(uint32_t core, const plan::Plan& plan, const Options& options, const Route& route,
           RingMatrix& rings, CorePorts ports, CoreCounters& counters, ConnectorFactory& connectors)
    : core_(core),
      plan_(plan),
      options_(options),
      ports_(ports),
      counters_(counters),
      pool_(options.batch_bytes_max),
      transport_(core, options.cores, rings, ports.wakeup),
      site_{plan, options, route, core, pool_, *this},
      failures_(plan, ports.log) {
  for (uint32_t node = 0; node < plan.graph.nodes.size(); ++node) {
    if (plan.graph.nodes[node].kind != NodeKind::sink) continue;
    sinks_.push_back(connectors.make_sink(node, *this, *counters.sinks[node]));
    sink_slots_.push_back({node, sinks_.back().get(), counters.sinks[node].get()});
  }
  if (auto letters = connectors.make_dead_letters(*this, counters.dead_letters)) {
    failures_.write_letters_to(*letters, counters.dead_letters);
    sinks_.push_back(std::move(letters));
  }
  for (uint32_t stage = 0; stage < plan.stages.size(); ++stage) {
    const uint32_t node = plan.stages[stage].node;
    StageCounters& stage_counters = *counters.stages[stage];
    sources_.emplace_back();
    stages_.emplace_back();
    if (plan.graph.nodes[node].kind == NodeKind::source) {
      sources_.back() = std::make_unique<SourceStage>(site_, stage, sink_slots_, stage_counters,
                                                      ports.log, failures_, ports.observer);
      sources_.back()->attach(
          connectors.make_source(node, stage, *this, *sources_.back(), *counters.sources[stage]));
    } else {
      stages_.back() = std::make_unique<Stage>(site_, stage, sink_slots_, stage_counters, ports.log,
                                               failures_, ports.observer);
    }
  }
}

Result<void> Core::start() {
  for (auto& sink : sinks_) TRY_VOID(sink->start());
  for (auto& source : sources_) {
    if (source != nullptr) TRY_VOID(source->connector().start());
  }
  return {};
}

io::Progress Core::step(io::Now now, Budget budget) {
  // Arrival times go on from the first step at the pace of the monotonic clock: a wall clock that
  // is set must neither stop event time nor part the cores' ideas of it.
  if (wall_ahead_ns_ == INT64_MIN) wall_ahead_ns_ = now.wall_ns - now.mono_ns;
  now.wall_ns = now.mono_ns + wall_ahead_ns_;
  counters_.steps.add(1);
  for (auto& source : sources_) {
    if (source != nullptr) source->fused().measure(now.mono_ns);
  }
  for (auto& stage : stages_) {
    if (stage != nullptr) stage->fused().measure(now.mono_ns);
  }
  bool worked = transport_.flush();
  worked |= receive(now);
  worked |= poll_net(now);
  if (!files_.empty()) worked |= poll_disk(now);
  for (uint32_t round = 0; round < budget.rounds && halt_ns_ == io::kNever; ++round) {
    if (!run_stages(now, budget.batches)) break;
    worked = true;
  }
  worked |= step_sinks(now);
  finish_when_ended(now);
  transport_.notify();
  counters_.ring_full.set(transport_.times_full());
  counters_.pool_refills.set(pool_.refills());
  counters_.pool_bytes.set(pool_.bytes());
  return worked ? io::Progress::some : io::Progress::none;
}

/// Empties the rings: a transport is always drained, whatever is held or blocked.
bool Core::receive(io::Now now) {
  bool worked = false;
  for (uint32_t from = 0; from < options_.cores; ++from) {
    if (from == core_) continue;
    while (Batch* batch = transport_.receive(from)) {
      take(batch, now);
      worked = true;
    }
  }
  return worked;
}

void Core::take(Batch* batch, io::Now now) {
  const wire::BatchHeader& header = batch->header;
  const bool home = header.from_core == core_;
  if (header.kind == wire::BatchKind::adopt_connection) {
    if (home) return pool_.give(batch);
    SourceConnector& source = sources_[header.edge]->connector();
    if (header.bytes == 0) {
      source.no_more_connections();
    } else {
      source.adopt({base::load<uint64_t>(batch->data())}, now);
    }
    return transport_.send(header.from_core, batch);
  }
  if (home) return credit(batch);
  stages_[plan_.edges[header.edge].to_stage]->receive(batch);
}

/// A batch of ours has been worked through.
void Core::credit(Batch* batch) {
  const wire::BatchHeader& header = batch->header;
  const uint32_t stage = plan_.edges[header.edge].from_stage;
  FusedChain& chain =
      sources_[stage] != nullptr ? sources_[stage]->fused() : stages_[stage]->fused();
  const uint32_t edge = header.edge;
  const uint32_t to_core = header.to_core;
  pool_.give(batch);
  chain.exchange(edge).credit(to_core);
}

void Core::deliver(Batch* batch) {
  if (batch->header.to_core != core_) return transport_.send(batch->header.to_core, batch);
  stages_[plan_.edges[batch->header.edge].to_stage]->receive(batch);
}

void Core::bring_home(Batch* batch) {
  if (batch->header.from_core != core_) return transport_.send(batch->header.from_core, batch);
  credit(batch);
}

bool Core::run_stages(io::Now now, uint32_t batches) {
  bool worked = false;
  for (size_t i = 0; i < stages_.size(); ++i) {
    if (sources_[i] != nullptr) {
      worked |= sources_[i]->step(now, batches);
      sources_[i]->fused().flush();
    } else {
      worked |= stages_[i]->step(now, batches);
      stages_[i]->fused().flush();
    }
  }
  return worked;
}

void Core::finish_when_ended(io::Now now) {
  if (counters_.ended.get() != 0) return;
  if (!finishing_) {
    for (size_t i = 0; i < stages_.size(); ++i) {
      if (!(sources_[i] != nullptr ? sources_[i]->ended() : stages_[i]->ended())) return;
    }
    finishing_ = true;
    for (auto& sink : sinks_) sink->finish();
  }
  const bool sent =
      std::all_of(sinks_.begin(), sinks_.end(), [](const auto& sink) { return sink->ended(); });
  if ((!sent || transport_.waiting()) && now.mono_ns < halt_ns_) return;
  counters_.ended.set(1);
  for (uint32_t core = 0; core < options_.cores; ++core) {
    if (core != core_) ports_.wakeup.notify(base::CoreId(core));
  }
}

bool Core::poll_net(io::Now now) {
  std::array<io::NetEvent, kEventsPerPoll> events;
  const size_t count = ports_.net.poll(events);
  for (size_t i = 0; i < count; ++i) {
    const io::NetEvent& event = events[i];
    const bool of_listener = event.kind == io::NetEventKind::accepted ||
                             event.kind == io::NetEventKind::accept_failed ||
                             event.kind == io::NetEventKind::listener_ended;
    const auto& handlers = of_listener ? listeners_ : connections_;
    const auto found = handlers.find(of_listener ? event.listener.value : event.connection.value);
    if (found != handlers.end()) found->second->on_net(event, now);
  }
  return count != 0;
}

bool Core::poll_disk(io::Now now) {
  std::array<io::DiskCompletion, kCompletionsPerPoll> completions;
  const size_t count = ports_.disk.poll(completions);
  for (size_t i = 0; i < count; ++i) {
    const auto found = files_.find(completions[i].file.value);
    ASSERT(found != files_.end(), "a file that nobody watches has no operations");
    found->second->on_disk(completions[i], now);
  }
  return count != 0;
}

bool Core::step_sinks(io::Now now) {
  bool worked = false;
  for (auto& sink : sinks_) worked |= sink->step(now) != io::Progress::none;
  for (auto& source : sources_) {
    if (source != nullptr) source->fused().refresh_sinks();
  }
  for (auto& stage : stages_) {
    if (stage != nullptr) stage->fused().refresh_sinks();
  }
  return worked;
}

int64_t Core::deadline_ns(io::Now now) const {
  int64_t deadline = transport_.waiting() ? now.mono_ns + kRingRetryNs : io::kNever;
  if (counters_.ended.get() == 0) deadline = std::min(deadline, halt_ns_);
  for (const auto& source : sources_) {
    if (source != nullptr) deadline = std::min(deadline, source->deadline_ns(now));
  }
  for (const auto& sink : sinks_) deadline = std::min(deadline, sink->deadline_ns());
  return deadline;
}

state::KeyedState* Core::state(uint32_t stage) {
  return stages_[stage] == nullptr ? nullptr : stages_[stage]->state();
}

void Core::drain() {
  for (auto& source : sources_) {
    if (source != nullptr) source->connector().drain();
  }
}

void Core::halt(io::Now now) {
  if (halt_ns_ != io::kNever) return;
  halt_ns_ = now.mono_ns + options_.sink_linger_ns;
  if (finishing_) return;
  finishing_ = true;
  for (auto& sink : sinks_) sink->finish();
}

void Core::barrier(uint64_t barrier) {
  for (auto& source : sources_) {
    if (source != nullptr) source->barrier(barrier);
  }
}

void Core::watch(io::ConnectionId connection, NetHandler& handler) {
  connections_[connection.value] = &handler;
}
void Core::watch(io::ListenerId listener, NetHandler& handler) {
  listeners_[listener.value] = &handler;
}
void Core::watch(io::FileId file, DiskHandler& handler) { files_[file.value] = &handler; }
void Core::forget(io::ConnectionId connection) { connections_.erase(connection.value); }

Batch* Core::connection_batch(uint32_t to_core, uint32_t stage) {
  Batch* batch = pool_.take(sizeof(uint64_t));
  batch->header.kind = wire::BatchKind::adopt_connection;
  batch->header.edge = stage;
  batch->header.from_core = static_cast<uint16_t>(core_);
  batch->header.to_core = static_cast<uint16_t>(to_core);
  return batch;
}

void Core::send_connection(uint32_t to_core, uint32_t stage, io::DetachedConnection connection) {
  Batch* batch = connection_batch(to_core, stage);
  batch->header.bytes = sizeof connection.value;
  base::store(batch->data(), connection.value);
  transport_.send(to_core, batch);
}

/// An empty batch of the same kind: behind all connections, because a ring keeps the order.
void Core::send_no_more_connections(uint32_t to_core, uint32_t stage) {
  transport_.send(to_core, connection_batch(to_core, stage));
}

std::string Core::audit() const {
  std::string found;
  for (size_t i = 0; i < stages_.size(); ++i) {
    const bool quiet = sources_[i] != nullptr ? sources_[i]->fused().quiet() : stages_[i]->quiet();
    if (!quiet) found += "stage '" + plan_.stages[i].name + "' holds batches or misses credits; ";
  }
  if (pool_.outside() != 0) found += std::to_string(pool_.outside()) + " batches are not home; ";
  if (transport_.waiting()) found += "batches wait for room in a ring; ";
  return found.empty() ? found : "core " + std::to_string(core_) + ": " + found;
}

}  // namespace wallaroo::flow
