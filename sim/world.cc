#include "sim/world.h"

#include <algorithm>
#include <ostream>
#include <utility>

#include "state/slice.h"

namespace wallaroo::sim {
namespace {

constexpr int64_t kSettleNs = 2'500'000'000;      // longer than a silent source holds time back
constexpr int64_t kPatienceNs = 120'000'000'000;  // for each phase without faults
constexpr uint64_t kStepsMax = 30'000'000;
// What timers by the clock may cost in that time, 250 ticks on every core, and data still under
// way.
constexpr uint64_t kSettleSteps = 200'000;
constexpr int64_t kPauseMaxNs = 30'000'000;
constexpr int64_t kAbsenceMaxNs = 30'000'000;
constexpr uint64_t kFaultScale = 100'000;
constexpr uint64_t kBarrierEverySteps = 2'000;
constexpr size_t kSliceBytes = 4'096;
constexpr uint64_t kSinkOvershootBytes = 64 * 1024;  // what was on its way when it became full

io::Address parse_address(const std::string& text) {
  const size_t colon = text.rfind(':');
  return {text.substr(0, colon), static_cast<uint16_t>(std::stoi(text.substr(colon + 1)))};
}

io::Address address_of(const Node& node) {
  const Setting* setting = plan::address_of(node);
  return setting == nullptr ? io::Address() : parse_address(setting->value);
}

std::vector<Bytes> store(state::KeyedState& state, state::PartitionId partition) {
  std::vector<Bytes> slices;
  for (state::SnapshotCursor cursor; !cursor.finished;) {
    Bytes slice;
    const auto stored = state.snapshot(partition, cursor, kSliceBytes, slice);
    ASSERT(stored.has_value(), "a state cannot be encoded");
    if (slice.size() != 0) slices.push_back(std::move(slice));
  }
  return slices;
}

/// As if the partition came from somewhere else: nothing may depend on where its states lie.
void reload(state::KeyedState& state, state::PartitionId partition,
            const std::vector<Bytes>& slices) {
  state.drop(partition);
  for (const Bytes& slice : slices) {
    const auto loaded = state.load(partition, slice.view());
    ASSERT(loaded.has_value(), "a state cannot be loaded that was stored");
  }
}

}  // namespace

World::Draw World::draw(uint64_t seed) {
  base::Rng rng(seed * 0x9e3779b97f4a7c15ULL + 1);
  const size_t kind = seed % workload_kinds();
  auto workload = make_workload(kind, rng);
  const Setup setup = draw_setup(rng.next(), kind, workload->wants_smallest_sizes());
  return {rng, std::move(workload), setup};
}

World::World(uint64_t seed, std::ostream* trace) : World(seed, draw(seed), trace) {}

World::World(uint64_t seed, const Setup& setup, std::unique_ptr<Workload> workload)
    : World(seed, Draw{base::Rng(seed), std::move(workload), setup}, nullptr) {}

World::World(uint64_t seed, Draw draw, std::ostream* trace)
    : seed_(seed),
      trace_(trace),
      rng_(draw.rng),
      workload_(std::move(draw.workload)),
      setup_(draw.setup),
      app_("simulated"),
      network_(rng_.next(), setup_.network, verdict_.reach),
      files_(rng_.next(), setup_.disk, verdict_.reach) {
  verdict_.workload = workload_->name();
  verdict_.cores = setup_.options.cores;
  faults_end_ns_ = now_ns_ + setup_.faults_end_ns;
  drain_at_ns_ =
      now_ns_ + static_cast<int64_t>(rng_.below(static_cast<uint64_t>(setup_.faults_end_ns) * 2));
  inputs_ = workload_->inputs();
  outputs_ = workload_->outputs();
}

World::~World() = default;

Verdict World::run() {
  say("seed " + std::to_string(seed_) + ", workload " + verdict_.workload + ", " +
      describe(setup_));
  make_files();
  if (build()) {
    add_senders();
    loop();
    gather();
  }
  worker_.reset();
  if (std::string left = workload_->check_left(); !left.empty()) wrong("left behind", left);
  verdict_.virtual_ns = now_ns_;
  fold(static_cast<uint64_t>(now_ns_));
  return verdict_;
}

bool World::build() {
  network_.advance(now_ns_);
  workload_->build(app_);
  std::vector<io::Net*> nets;
  std::vector<io::Disk*> disks;
  for (uint32_t core = 0; core < setup_.options.cores; ++core) {
    cores_.push_back({&network_.add_host(), &files_.add_core()});
    nets.push_back(cores_.back().net);
    disks.push_back(cores_.back().disk);
  }
  Graph graph = workload_->graph(app_);
  for (Node& node : graph.nodes) {
    auto* tcp = std::get_if<TcpSourceSpec>(&node.source);
    if (tcp == nullptr) continue;
    tcp->connections_per_peer_max = setup_.connections_per_peer_max;
    tcp->idle_ns_max = setup_.idle_ns_max;
  }
  auto plan = plan::build(graph);
  if (!plan) {
    wrong("build", plan.error().message);
    return false;
  }
  for (const plan::Stage& stage : plan->stages) {
    if (graph.nodes[stage.node].kind == NodeKind::state) ++state_stages_;
  }
  std::vector<io::Address> addresses;
  for (const Node& node : graph.nodes) addresses.push_back(address_of(node));
  worker_ = std::make_unique<worker::Worker>(
      *std::move(plan), worker::WorkerOptions{setup_.options, setup_.budget_max, addresses},
      worker::WorkerPorts{nets, disks, *this, *this, this});
  const auto started = worker_->start();
  if (!started) wrong("start", started.error().message);
  // As a driver does: every core takes its first step at once.
  for (uint32_t core = 0; started && core < cores_.size(); ++core) step_core(core);
  return started.has_value();
}

void World::add_senders() {
  for (const Output& output : outputs_) {
    if (!output.file.empty()) continue;
    receivers_.push_back(std::make_unique<Receiver>(network_.add_host(), output.address,
                                                    setup_.receivers, rng_.next(), verdict_.reach));
  }
  uint32_t senders = 0;
  for (const Input& input : inputs_) senders += input.senders;
  for (size_t input = 0; input < inputs_.size(); ++input) {
    for (uint32_t i = 0; i < inputs_[input].senders && inputs_[input].file.empty(); ++i) {
      std::vector<std::string> messages;
      const auto number = static_cast<uint32_t>(senders_.size());
      for (uint32_t n = 0; n <= setup_.messages / senders; ++n) {
        messages.push_back(workload_->message(rng_, number, n));
      }
      add_sender(input, std::move(messages), setup_.senders);
    }
  }
  for (uint32_t i = 0; i < setup_.hostile_senders; ++i) add_hostile_sender();
}

/// `tail` is sent behind the messages as it is.
void World::add_sender(size_t input, std::vector<std::string> messages, const PeerHabits& habits,
                       const std::string& tail) {
  std::vector<std::string> on_wire;
  for (const std::string& message : messages) {
    const bool whole = inputs_[input].datagrams;
    on_wire.push_back(whole ? message : framed(inputs_[input].framing, message));
  }
  if (!tail.empty()) on_wire.push_back(tail);
  auto sender =
      std::make_unique<Sender>(network_.add_host(), inputs_[input].address, std::move(on_wire),
                               habits, rng_.next(), verdict_.reach, inputs_[input].datagrams);
  senders_.push_back({std::move(sender), std::move(messages), input, !tail.empty()});
}

/// Sends messages that nobody can decode, empty ones among them, and then what no frame may be: one
/// that announces 4 GiB, a line without end, or half a message and silence.
void World::add_hostile_sender() {
  const size_t input = rng_.below(inputs_.size());
  if (!inputs_[input].file.empty()) return;
  const Framing& framing = inputs_[input].framing;
  verdict_.reach.hit(Row::hostile_sender);
  const bool lines = framing == Framing::lines;
  std::vector<std::string> messages;
  for (uint64_t n = rng_.below(20); n > 0; --n) {
    std::string garbage;
    for (uint64_t bytes = rng_.below(40); bytes > 0; --bytes) {
      garbage += static_cast<char>(rng_.between(128, 255));
    }
    messages.push_back(std::move(garbage));
  }
  std::string tail = lines ? std::string(kFrameBytesMax + 100, 'x')
                           : std::string(framing.header_bytes, '\xff') + " and more";
  if (rng_.chance(1, 3)) {
    tail = framed(framing, "half a message");
    tail.resize(tail.size() - 5);
  }
  add_sender(input, std::move(messages), setup_.senders, tail);
}

// ---- the run -----------------------------------------------------------------------------------

void World::loop() {
  while (phase_ != Phase::over && verdict_.wrong.empty()) {
    if (setup_.stop_early && now_ns_ >= drain_at_ns_) {
      verdict_.reach.hit(Row::stopped_early);
      return;
    }
    if (++verdict_.steps > kStepsMax) return wrong("convergence", "too many steps");
    if (phase_ == Phase::faults) inject();
    if (!act()) rest();
    advance_phase();
  }
}

/// Lets one of those act who can. False when nobody can before time moves.
bool World::act() {
  std::vector<size_t>& able = able_;
  able.clear();
  for (size_t i = 0; i < cores_.size(); ++i) {
    const CoreSlot& core = cores_[i];
    if (core.done || core.paused_until_ns > now_ns_) continue;
    if (core.runnable || core.net->has_events() || core.disk->has_completions() ||
        core.deadline_ns <= now_ns_)
      able.push_back(i);
  }
  for (size_t i = 0; i < senders_.size(); ++i) {
    if (senders_[i].sender->ready(now_ns_)) able.push_back(cores_.size() + i);
  }
  for (size_t i = 0; i < receivers_.size(); ++i) {
    if (receivers_[i]->ready(now_ns_)) able.push_back(cores_.size() + senders_.size() + i);
  }
  if (able.empty()) return false;
  // For a while one of them is preferred: long runs of one core find what even turns do not.
  if (rng_.chance(1, 200)) favourite_ = rng_.below(cores_.size() + 2);
  size_t chosen = able[rng_.below(able.size())];
  if (rng_.chance(1, 2) && std::ranges::binary_search(able, favourite_)) chosen = favourite_;
  if (chosen < cores_.size()) {
    step_core(static_cast<uint32_t>(chosen));
  } else if (chosen < cores_.size() + senders_.size()) {
    senders_[chosen - cores_.size()].sender->step(now_ns_);
    fold(chosen);
  } else {
    receivers_[chosen - cores_.size() - senders_.size()]->step(now_ns_);
    fold(chosen);
  }
  move_time(now_ns_ + 1 +
            static_cast<int64_t>(rng_.below(static_cast<uint64_t>(setup_.step_cost_ns))));
  return true;
}

void World::step_core(uint32_t index) {
  CoreSlot& core = cores_[index];
  core.runnable = false;
  core.deadline_ns = io::kNever;
  workload_->on_core(index);
  const flow::Budget budget{
      .rounds = static_cast<uint32_t>(rng_.between(1, setup_.budget_max.rounds)),
      .batches = static_cast<uint32_t>(rng_.between(1, setup_.budget_max.batches))};
  const io::Progress progress = worker_->step(base::CoreId(index), now(), budget);
  fold(index * 4 + static_cast<uint64_t>(progress));
  fold(static_cast<uint64_t>(now_ns_));
  if (progress == io::Progress::some) core.runnable = true;
  if (progress == io::Progress::done) core.done = true;
  note_repeats(index);
  for (const auto& sink : worker_->counters(index).sinks) {
    if (sink != nullptr &&
        sink->buffered_bytes.get() > setup_.options.sink_buffer_bytes_max + kSinkOvershootBytes) {
      wrong("bounds", "a sink holds " + std::to_string(sink->buffered_bytes.get()) +
                          " unsent bytes, far over its limit");
    }
  }
  if (progress == io::Progress::none) {
    core.deadline_ns = worker_->deadline_ns(base::CoreId(index), now());
    if (!core.runnable) verdict_.reach.hit(Row::core_parked);
  }
  if (trace_ != nullptr) {
    static constexpr const char* kNames[] = {"nothing to do", "worked", "done"};
    say("core " + std::to_string(index) + " (" + std::to_string(budget.rounds) + " rounds of " +
        std::to_string(budget.batches) + " batches): " + kNames[static_cast<size_t>(progress)]);
  }
}

void World::rest() {
  if (phase_ == Phase::healed && senders_sent() && files_read()) return;  // nothing to wait for
  int64_t next = std::min(network_.next_ns(), files_.next_ns());
  for (const CoreSlot& core : cores_) {
    if (core.done) continue;
    const bool waits = core.runnable || core.net->has_events() || core.disk->has_completions();
    next = std::min(
        next, waits ? core.paused_until_ns : std::max(core.paused_until_ns, core.deadline_ns));
  }
  for (const SenderSlot& slot : senders_) next = std::min(next, slot.sender->next_ns());
  for (const auto& receiver : receivers_) next = std::min(next, receiver->next_ns());
  if (phase_ == Phase::faults) next = std::min(next, faults_end_ns_);
  if (phase_ == Phase::settling || (phase_ == Phase::last_messages && senders_sent())) {
    next = std::min(next, phase_began_ns_ + kSettleNs);
  }
  if (next == io::kNever) return wrong("liveness", "everything sleeps although work is left");
  move_time(std::max(next, now_ns_ + 1));
}

void World::move_time(int64_t to_ns) {
  now_ns_ = to_ns;
  network_.advance(now_ns_);
  files_.advance(now_ns_);
}

void World::advance_phase() {
  if (worker_->halted() && phase_ < Phase::draining) {
    if (!workload_->may_stop()) return wrong("halt", "the worker stopped by itself");
    enter(Phase::draining);
  }
  const bool patient = phase_ == Phase::faults || now_ns_ - phase_began_ns_ < kPatienceNs;
  if (!patient) return wrong("liveness", "no convergence although all faults have ended");
  switch (phase_) {
    case Phase::faults:
      if (now_ns_ >= faults_end_ns_) heal();
      break;
    case Phase::healed:
      if (senders_sent() && files_read()) enter(Phase::settling);
      break;
    case Phase::settling:
      if (verdict_.steps - phase_began_steps_ > kSettleSteps) {
        return wrong("rest", "the worker does not come to rest although nothing happens");
      }
      if (now_ns_ - phase_began_ns_ >= kSettleNs) begin_last_messages();
      break;
    case Phase::last_messages:
      if (now_ns_ - phase_began_ns_ >= kSettleNs && senders_sent()) {
        evidence_.settled = true;
        begin_drain();
      }
      break;
    case Phase::draining:
      if (std::ranges::all_of(cores_, &CoreSlot::done)) enter(Phase::over);
      break;
    case Phase::over:
      break;
  }
  if (setup_.drain_early && phase_ < Phase::settling && drain_at_ns_ <= now_ns_) {
    if (phase_ == Phase::faults) heal();
    verdict_.reach.hit(Row::drained_early);
    begin_drain();
  }
  if (setup_.barriers && phase_ < Phase::draining && rng_.chance(1, kBarrierEverySteps)) cut();
}

void World::enter(Phase phase) {
  phase_ = phase;
  phase_began_ns_ = now_ns_;
  phase_began_steps_ = verdict_.steps;
  static constexpr const char* kNames[] = {"faults",        "healed",   "settling",
                                           "last messages", "draining", "over"};
  say(std::string("phase: ") + kNames[static_cast<size_t>(phase)]);
}

bool World::senders_sent() const {
  return std::ranges::all_of(senders_, [](const auto& slot) { return slot.sender->sent(); });
}

void World::heal() {
  if (!senders_sent()) verdict_.reach.hit(Row::healed);
  NetConditions calm = setup_.network;
  calm.refused_connects = calm.failed_accepts = calm.spurious_edges = 0;
  calm.lost_datagrams = calm.doubled_datagrams = calm.overtaking_datagrams = 0;
  calm.buffer_bytes_min = std::max<size_t>(calm.buffer_bytes_min, 1'024);
  calm.buffer_bytes_max = std::max(calm.buffer_bytes_max, calm.buffer_bytes_min);
  calm.transfer_bytes_max = std::max<size_t>(calm.transfer_bytes_max, 512);
  network_.heal(calm);
  files_.heal();
  grow_files(true);
  for (auto& slot : senders_) slot.sender->heal();
  for (auto& receiver : receivers_) receiver->heal();
  for (CoreSlot& core : cores_) core.paused_until_ns = 0;
  enter(Phase::healed);
}

/// Time has stood still: one more sender for each input says the last word.
void World::begin_last_messages() {
  enter(Phase::last_messages);
  for (size_t input = 0; input < inputs_.size(); ++input) {
    const std::string message = workload_->last_message(static_cast<uint32_t>(senders_.size()));
    if (!message.empty() && inputs_[input].file.empty()) add_sender(input, {message}, {});
  }
}

void World::begin_drain() {
  enter(Phase::draining);
  const bool release = rng_.chance(1, 2) && !setup_.drain_early;
  for (auto& slot : senders_) {
    slot.sender->connect_no_more();
    if (release && !slot.hostile) slot.sender->release();
  }
  worker_->drain();
  for (uint32_t core = 0; core < cores_.size(); ++core) notify(base::CoreId(core));
}

/// Sends the next barrier once the last one has passed everywhere.
void World::cut() {
  if (states_at_barrier_ < state_stages_ * cores_.size() && barrier_ > 0) return;
  states_at_barrier_ = 0;
  verdict_.reach.hit(Row::cut);
  say("barrier " + std::to_string(barrier_ + 1));
  for (uint32_t core = 0; core < cores_.size(); ++core) notify(base::CoreId(core));
  worker_->barrier(++barrier_);
}

// ---- faults ------------------------------------------------------------------------------------

void World::inject() {
  const Faults& faults = setup_.faults;
  const auto happens = [this](uint32_t chance) { return rng_.chance(chance, kFaultScale); };
  if (happens(faults.reset_sender)) break_one(inputs_[rng_.below(inputs_.size())].address, false);
  if (happens(faults.reset_receiver)) {
    break_one(outputs_[rng_.below(outputs_.size())].address, false);
  }
  if (happens(faults.vanish_sender)) break_one(inputs_[rng_.below(inputs_.size())].address, true);
  if (happens(faults.vanish_receiver)) {
    break_one(outputs_[rng_.below(outputs_.size())].address, true);
  }
  if (happens(faults.file_shrinks)) shrink_one_file();
  if (rng_.chance(1, 100)) grow_files(false);
  if (happens(faults.receiver_leaves) && !receivers_.empty()) {
    say("the receiver goes away");
    receivers_[rng_.below(receivers_.size())]->leave(
        now_ns_ + static_cast<int64_t>(rng_.below(kAbsenceMaxNs)));
  }
  if (happens(faults.core_pauses)) {
    verdict_.reach.hit(Row::core_paused);
    const size_t core = rng_.below(cores_.size());
    say("core " + std::to_string(core) + " is paused");
    cores_[core].paused_until_ns = now_ns_ + static_cast<int64_t>(rng_.below(kPauseMaxNs));
  }
  if (happens(faults.clock_jumps)) {
    verdict_.reach.hit(Row::clock_jumped);
    constexpr int64_t kHourNs = 3'600'000'000'000;
    wall_offset_ns_ += static_cast<int64_t>(rng_.below(2 * kHourNs)) - kHourNs;
    say("the wall clock jumps");
  }
}

/// Resets one of the connections made to `address`, or lets its other end vanish.
void World::break_one(const io::Address& address, bool vanish) {
  std::vector<io::ConnectionId> candidates = network_.made_to(address);
  std::erase_if(candidates, [&](io::ConnectionId id) { return !network_.is_open(id); });
  if (candidates.empty()) return;
  const io::ConnectionId chosen = candidates[rng_.below(candidates.size())];
  say(std::string(vanish ? "silence falls on" : "reset of") + " connection " +
      std::to_string(chosen.value) + " to port " + std::to_string(address.port));
  if (vanish) {
    network_.vanish(chosen);
  } else {
    network_.reset(chosen);
  }
}

// ---- what the engine calls ---------------------------------------------------------------------

void World::notify(base::CoreId core) {
  if (!cores_[core.value].runnable) verdict_.reach.hit(Row::core_woken);
  cores_[core.value].runnable = true;
}

void World::write(io::LogLevel, std::string_view line) { say("log: " + std::string(line)); }

void World::on_aligned(uint32_t stage, uint32_t core, uint64_t barrier, state::KeyedState* state) {
  const plan::Plan& plan = worker_->plan();
  const std::string& name = plan.stages[stage].name;
  say("barrier " + std::to_string(barrier) + " at " + name + " on core " + std::to_string(core));
  workload_->on_cut(barrier, name);
  if (state == nullptr) return;
  ++states_at_barrier_;
  for (uint32_t partition = 0; partition < setup_.options.partitions; ++partition) {
    const state::PartitionId id(partition);
    const std::vector<Bytes> slices = store(*state, id);
    for (const Bytes& slice : slices) {
      auto reader = state::SliceReader::open(id, slice.view());
      ASSERT(reader.has_value(), "a snapshot slice cannot be opened");
      state::SliceReader::Item item;
      for (auto more = reader->next(item); more.has_value() && *more; more = reader->next(item)) {
        workload_->on_cut_state(barrier, name, item.key, item.state);
      }
    }
    if (barrier % 2 == 0) reload(*state, id, slices);
  }
}

void World::wrong(const std::string& oracle, const std::string& what) {
  if (!verdict_.wrong.empty()) return;
  verdict_.oracle = oracle;
  verdict_.wrong = what;
  say("WRONG: " + what);
}

void World::fold(uint64_t value) {
  verdict_.hash = (verdict_.hash ^ value) * 0x9e3779b97f4a7c15ULL;
  verdict_.hash ^= verdict_.hash >> 31;
}

void World::say(const std::string& what) {
  if (trace_ == nullptr) return;
  *trace_ << (now_ns_ - 1'000'000'000) / 1'000 << " us  " << what << '\n';
}

}  // namespace wallaroo::sim
