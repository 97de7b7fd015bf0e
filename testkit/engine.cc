#include "testkit/engine.h"

#include <algorithm>
#include <bit>

#include "state/slice.h"

namespace wallaroo::testkit {
namespace {

constexpr uint32_t kCoresMax = 64;
constexpr uint32_t kPartitionsMax = 65'536;
constexpr uint32_t kTimersPerTurn = 4;  // few, so that a timer that never ends is found soon
constexpr size_t kSliceBytes = 64 * 1024;
constexpr int64_t kMomentsMax = 10'000;  // looked at while the clock moves
constexpr uint64_t kStepsMax = 250'000;  // without coming to rest; more for each message
constexpr uint64_t kStepsPerMessage = 1'000;

void check(bool good, const std::string& sentence) {
  if (!good) throw Mistake(sentence);
}

void check(const HarnessOptions& options) {
  const auto between = [](const char* what, uint32_t value, uint32_t low, uint32_t high) {
    check(value >= low && value <= high, std::string(what) + " must be between " +
                                             std::to_string(low) + " and " + std::to_string(high) +
                                             ", not " + std::to_string(value));
  };
  between("cores", options.cores, 1, kCoresMax);
  between("the most messages of a batch", options.batch_messages_max, 1, wire::kBatchRecordsMax);
  between("the credits of a channel", options.credits_per_channel, 1, 1u << 16);
  between("ring_slots", options.ring_slots, 1, 1u << 16);
  between("partitions", options.partitions, 1, kPartitionsMax);
  check(std::has_single_bit(options.ring_slots) && std::has_single_bit(options.partitions),
        "ring_slots and partitions must be powers of two");
}

std::string listed(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "'" : ", '") + name + "'";
  return text;
}

[[noreturn]] void unknown(const std::string& what, std::string_view name,
                          const std::vector<std::string>& names) {
  const std::string there = names.empty() ? "; there is none" : "; there are: " + listed(names);
  throw Mistake("the application has no " + what + " '" + std::string(name) + "'" + there);
}

flow::Options flow_options(const HarnessOptions& options) {
  flow::Options flow;
  flow.cores = options.cores;
  flow.partitions = options.partitions;
  flow.ring_slots = options.ring_slots;
  flow.credits_per_channel = options.credits_per_channel;
  flow.batch_records_max = flow.step_batch = options.batch_messages_max;
  flow.timers_per_turn = kTimersPerTurn;
  flow.seed = options.seed;
  return flow;
}

}  // namespace

Result<io::ListenerId> NoNet::listen(const io::Address&) {
  return fail(ErrorCode::io, "the harness has no network");
}
Result<io::ConnectionId> NoNet::connect(const io::Address&) {
  return fail(ErrorCode::io, "the harness has no network");
}

Result<io::ConnectionId> NoNet::listen_datagrams(const io::Address&, size_t) {
  return fail(ErrorCode::io, "the harness has no network");
}

Result<io::OpenedFile> NoDisk::open(const std::string&, io::OpenMode) {
  return fail(ErrorCode::io, "the harness has no disk");
}

Harness::Engine::Engine(const Graph& graph, const HarnessOptions& options)
    : options_(options), rng_(options.seed), graph_(graph), runnable_(options.cores, true) {
  check(options);
  const auto applied = plan::apply_flags(graph_, options.flags);
  check(applied.has_value(), applied ? "" : applied.error().message);
  auto plan = plan::build(graph_);
  check(plan.has_value(), plan ? "" : plan.error().message);
  connectors_ = std::make_unique<Connectors>(graph_, options.cores, options.batch_messages_max,
                                             options.sinks_push_back);
  worker::WorkerOptions worker_options;
  worker_options.flow = flow_options(options);
  worker::WorkerPorts ports{std::vector<io::Net*>(options.cores, &net_),
                            std::vector<io::Disk*>(options.cores, &disk_), *this, *this};
  ports.connectors = connectors_.get();
  worker_ = std::make_unique<worker::Worker>(*std::move(plan), std::move(worker_options),
                                             std::move(ports));
  const auto started = worker_->start();
  check(started.has_value(), started ? "" : started.error().message);
}

// ---- names -------------------------------------------------------------------------------------

std::vector<std::string> Harness::Engine::names(NodeKind kind) const {
  std::vector<std::string> found;
  for (const Node& node : graph_.nodes) {
    if (node.kind == kind) found.push_back(node.name);
  }
  return found;
}

std::vector<std::string> Harness::Engine::stages_with_state() const {
  std::vector<std::string> found;
  for (const plan::Stage& stage : plan().stages) {
    if (graph_.nodes[stage.node].kind == NodeKind::state) found.push_back(stage.name);
  }
  return found;
}

uint32_t Harness::Engine::source(std::string_view name) const {
  for (uint32_t i = 0; i < graph_.nodes.size(); ++i) {
    if (graph_.nodes[i].kind == NodeKind::source && graph_.nodes[i].name == name) return i;
  }
  unknown("source", name, names(NodeKind::source));
}

uint32_t Harness::Engine::sink(std::string_view name) const {
  for (uint32_t i = 0; i < graph_.nodes.size(); ++i) {
    if (graph_.nodes[i].kind == NodeKind::sink && graph_.nodes[i].name == name) return i;
  }
  unknown("sink", name, names(NodeKind::sink));
}

/// By the name of the stage or, where a state is shared, of one of its computations.
uint32_t Harness::Engine::stage_with_state(std::string_view name) const {
  for (uint32_t i = 0; i < plan().stages.size(); ++i) {
    const plan::Stage& stage = plan().stages[i];
    if (graph_.nodes[stage.node].kind != NodeKind::state) continue;
    const bool entry = std::any_of(stage.entries.begin(), stage.entries.end(),
                                   [&](uint32_t node) { return graph_.nodes[node].name == name; });
    if (stage.name == name || entry) return i;
  }
  unknown("stage with state called", name, stages_with_state());
}

std::string Harness::Engine::key_type(uint32_t stage) const {
  const Node& entry = graph_.nodes[plan().stages[stage].node];
  return graph_.nodes[entry.inputs.front()].key_type;
}

Feed& Harness::Engine::feed_of(std::string_view source, uint32_t core) {
  return connectors_->feed(this->source(source), core);
}

// ---- running -----------------------------------------------------------------------------------

void Harness::Engine::write(io::LogLevel, std::string_view line) { lines_.emplace_back(line); }

void Harness::Engine::wake_all() { runnable_.assign(runnable_.size(), true); }

/// One step of a core that has something to do. False when none has.
bool Harness::Engine::step_one() {
  const auto cores = static_cast<uint32_t>(runnable_.size());
  const uint32_t first = options_.seed == 0 ? turn_ : static_cast<uint32_t>(rng_.below(cores));
  for (uint32_t i = 0; i < cores; ++i) {
    const uint32_t core = (first + i) % cores;
    if (!runnable_[core]) continue;
    runnable_[core] = false;
    turn_ = (core + 1) % cores;
    flow::Budget budget;
    if (options_.seed != 0) {
      budget.rounds = static_cast<uint32_t>(rng_.between(1, budget.rounds));
      budget.batches = static_cast<uint32_t>(rng_.between(1, budget.batches));
    }
    const io::Now now{now_ns_, wall_ns()};
    if (worker_->step(base::CoreId(core), now, budget) == io::Progress::some) {
      runnable_[core] = true;
    }
    return true;
  }
  return false;
}

void Harness::Engine::run_until_parked() {
  while (step_one()) {
    if (++steps_ < kStepsMax + fed_ * kStepsPerMessage) continue;
    throw Mistake("the application does not come to rest after " + std::to_string(steps_) +
                  " steps; does a timer set itself for a time that has passed?");
  }
}

/// A core that waits for room in a ring looks again only after a while; here it is told to.
void Harness::Engine::run() {
  steps_ = 0;
  do {
    wake_all();
    run_until_parked();
  } while (!worker_->halted() && !worker_->audit().empty());
}

int64_t Harness::Engine::next_deadline_ns() const {
  int64_t next = io::kNever;
  for (uint32_t core = 0; core < options_.cores; ++core) {
    next = std::min(next, worker_->deadline_ns(base::CoreId(core), {now_ns_, wall_ns()}));
  }
  return next;
}

void Harness::Engine::advance_to(int64_t to_wall_ns) {
  check(to_wall_ns >= wall_ns(), "the clock cannot go back: it stands at " +
                                     std::to_string(wall_ns()) + " ns and was told to go to " +
                                     std::to_string(to_wall_ns) + " ns");
  const int64_t target_ns = to_wall_ns - options_.start.ns + kBeginNs;
  const int64_t stride_ns = std::max<int64_t>(1, (target_ns - now_ns_) / kMomentsMax);
  run();
  while (now_ns_ < target_ns) {
    const int64_t earliest_ns = std::min(target_ns, now_ns_ + stride_ns);
    now_ns_ = std::clamp(next_deadline_ns(), earliest_ns, target_ns);
    run();
  }
}

void Harness::Engine::finish() {
  for (uint32_t node = 0; node < graph_.nodes.size(); ++node) {
    if (graph_.nodes[node].kind != NodeKind::source) continue;
    for (uint32_t core = 0; core < options_.cores; ++core) {
      connectors_->feed(node, core).closed = true;
    }
  }
  run();
  check(worker_->ended(), "the worker does not end although all its sources have; this is a bug");
}

// ---- state -------------------------------------------------------------------------------------

std::vector<std::string> Harness::Engine::slices_of(uint32_t stage, uint32_t core,
                                                    uint32_t partition) const {
  state::KeyedState& state = *worker_->state(stage, base::CoreId(core));
  std::vector<std::string> slices;
  state::SnapshotCursor cursor;
  while (!cursor.finished) {
    Bytes slice;
    const auto stored = state.snapshot(state::PartitionId(partition), cursor, kSliceBytes, slice);
    check(stored.has_value(),
          "stage '" + plan().stages[stage].name + "': " + (stored ? "" : stored.error().message));
    if (slice.size() != 0) slices.emplace_back(slice.view());
  }
  return slices;
}

void Harness::Engine::visit_states(uint32_t stage, const Visit& visit) {
  for (uint32_t core = 0; core < options_.cores; ++core) {
    for (uint32_t partition = 0; partition < options_.partitions; ++partition) {
      for (const std::string& slice : slices_of(stage, core, partition)) {
        auto reader = state::SliceReader::open(state::PartitionId(partition), slice);
        check(reader.has_value(), "a snapshot cannot be read");
        state::SliceReader::Item item;
        for (auto more = reader->next(item); more.has_value() && *more; more = reader->next(item)) {
          visit(item.key, item.state);
        }
      }
    }
  }
}

void Harness::Engine::reload(uint32_t stage) {
  const std::string& name = plan().stages[stage].name;
  for (uint32_t core = 0; core < options_.cores; ++core) {
    state::KeyedState& state = *worker_->state(stage, base::CoreId(core));
    for (uint32_t partition = 0; partition < options_.partitions; ++partition) {
      const std::vector<std::string> slices = slices_of(stage, core, partition);
      state.drop(state::PartitionId(partition));
      for (const std::string& slice : slices) {
        const auto loaded = state.load(state::PartitionId(partition), slice);
        check(loaded.has_value(), "stage '" + name + "' cannot load a state that it stored: " +
                                      (loaded ? "" : loaded.error().message));
      }
    }
  }
}

}  // namespace wallaroo::testkit
