#include "flow/stage.h"

#include <algorithm>

#include "base/assert.h"
#include "base/mutant.h"
#include "base/rng.h"
#include "state/table.h"

namespace wallaroo::flow {
namespace {

const plan::Stage& plan_of(const ChainSite& site, uint32_t stage) {
  return site.plan.stages[stage];
}

const Node& node_of(const ChainSite& site, uint32_t stage) {
  return site.plan.graph.nodes[plan_of(site, stage).node];
}

void configure(StageChain& chain, const Options& options) {
  chain.step_batch = options.step_batch;
  chain.outputs_per_record_max = options.outputs_per_record_max;
}

}  // namespace

Stage::Stage(const ChainSite& site, uint32_t stage, const std::vector<SinkSlot>& sinks,
             StageCounters& counters, io::Log& log, Failures& failures, BarrierObserver* observer)
    : site_(site),
      stage_(stage),
      counters_(counters),
      observer_(observer),
      chain_(plan_of(site, stage).name, *this, counters, log, failures),
      fused_(site, stage, chain_, sinks),
      inputs_(plan_of(site, stage).in_edges.size() * site.options.cores,
              site.options.credits_per_channel),
      timers_(base::Rng(~(site.options.seed + stage)).next()) {
  configure(chain_, site.options);
  const auto& in_edges = plan_of(site, stage).in_edges;
  for (size_t i = 0; i < in_edges.size(); ++i) {
    if (site.plan.edges[in_edges[i]].routing != plan::Routing::own_core) continue;
    for (uint32_t core = 0; core < site.options.cores; ++core) {
      if (core != site.core) inputs_.mark_unused(i * site.options.cores + core);
    }
  }
  const state::KeyedStateSite place{site.core, site.options.partitions,
                                    base::Rng(site.options.seed + stage).next(),
                                    site.options.state_memory};
  const StepFactory& factory = *node_of(site, stage).factory;
  state_ = factory.make_state(place);
  if (const StateType* type = factory.state_type(); type != nullptr && state_ == nullptr) {
    state_ = std::make_unique<state::InlineTable>(*type, place.partitions, place.slot_seed,
                                                  state::TableOptions{.memory = place.memory});
  }
}

size_t Stage::channel_of(const wire::BatchHeader& header) const {
  const auto& in_edges = plan_of(site_, stage_).in_edges;
  for (size_t i = 0; i < in_edges.size(); ++i) {
    if (in_edges[i] == header.edge) return i * site_.options.cores + header.from_core;
  }
  ASSERT(false, "a batch arrived at a stage that its edge does not lead to");
  return 0;
}

void Stage::receive(Batch* batch) { inputs_.push(channel_of(batch->header), batch); }

bool Stage::step(io::Now now, uint32_t batches) {
  if (ended_) return false;
  chain_.now_ns = now.mono_ns;
  chain_.wall_ns = now.wall_ns;
  bool worked = false;
  for (uint32_t i = 0; i < batches; ++i) {
    if (chain_.ports_blocked != 0) break;
    if (!control_due_ && current_ == nullptr && !take_next()) break;
    worked = true;
    if (!control_due_ && !work_on_current()) break;
    if (!finish_control()) break;
  }
  if (worked && state_ != nullptr) {
    counters_.keys.set(state_->keys());
    counters_.state_bytes.set(state_->bytes() + timers_.bytes());
  }
  return worked;
}

bool Stage::take_next() {
  const int channel = inputs_.next();
  if (channel < 0) return false;
  current_channel_ = static_cast<size_t>(channel);
  current_ = inputs_.front(current_channel_);
  port_ = MUTANT(shared_wrong_port) ? 0 : site_.plan.edges[current_->header.edge].port;
  at_ = 0;
  const bool well_formed = wire::parse(*current_, records_.data());
  ASSERT(well_formed, "a batch of this worker is malformed");
  counters_.records_in.add(current_->header.count);
  return true;
}

/// True when all records are done and the batch is on its way home; false when a port has no room.
bool Stage::work_on_current() {
  const size_t count = current_->header.count;
  chain_.arrival_ns = current_->header.oldest_arrival_ns;
  chain_.position = current_->header.position;
  if (at_ < count) {
    // The entry counts from the first record that is left, and so does what it says has failed.
    Entry& entry = fused_.entry(port_);
    const Record* left = records_.data() + at_;
    at_ += state_ != nullptr ? state_->update(left, 0, count - at_, entry)
                             : entry.run(left, no_states_.data(), 0, count - at_);
    erase_cleared();
    chain_.arena.reset();
    if (at_ < count) return false;
  }
  Batch* batch = inputs_.finish(current_channel_);
  current_ = nullptr;
  control_due_ = true;
  site_.carrier.bring_home(batch);
  return true;
}

void Stage::erase_cleared() {
  for (const Record& record : chain_.erased()) {
    if (!MUTANT(erased_state_kept)) state_->erase(record.hash, record.key_view());
  }
  chain_.erased().clear();
}

/// Passes on what came behind the records: time first, then a barrier, then the end. False when a
/// port had no room for what a timer produced; the rest follows when it has.
bool Stage::finish_control() {
  if (site_.plan.needs_watermarks && !fire_timers()) return false;
  control_due_ = false;
  pass_on();
  return true;
}

bool Stage::fire_timers() {
  const int64_t watermark = inputs_.watermark();
  if (watermark == watermark_sent_ns_) return true;
  if (watermark != wire::kIdleWatermark) {
    chain_.watermark_ns = std::max(chain_.watermark_ns, watermark);
    // Bounded: a timer that sets itself again for a time already passed must not keep the core.
    for (uint32_t i = 0; i < site_.options.timers_per_turn; ++i) {
      if (chain_.ports_blocked != 0 || !timers_.pop_due(chain_.watermark_ns, due_)) break;
      fire_due();
    }
    if (timers_.next_due_ns() <= chain_.watermark_ns) return false;
  }
  watermark_sent_ns_ = watermark;
  fused_.watermark(watermark);
  return true;
}

/// Calls the user's on_timer with the state of the timer's key.
void Stage::fire_due() {
  due_record_ = {};
  due_record_.hash = due_.hash;
  due_record_.key = due_.key.data();
  due_record_.key_bytes = static_cast<uint32_t>(due_.key.size());
  due_record_.event_time_ns = due_.at_ns;
  chain_.position = {};
  chain_.arrival_ns = chain_.now_ns;  // what it puts out has waited for nothing so far
  firing_ = true;
  state_->update(&due_record_, 0, 1, *this);
  firing_ = false;
  erase_cleared();
  chain_.arena.reset();
  counters_.timers_fired.add(1);
}

size_t Stage::run(const Record* records, void* const* states, size_t from, size_t count) {
  if (is_shared()) port_ = static_cast<uint8_t>(due_.name[0]);
  fused_.entry(port_).timer(records[from], states[from], shown_timer_name(), due_.at_ns);
  return count;
}

/// Timers of a shared state belong to the entry that set them: its port goes before the name.
std::string_view Stage::timer_name(std::string_view name) {
  if (!is_shared()) return name;
  timer_name_.assign(1, static_cast<char>(port_));
  timer_name_ += name;
  return timer_name_;
}

void Stage::pass_on() {
  uint64_t barrier = 0;
  if (inputs_.take_aligned(barrier)) {
    counters_.aligned.add(1);
    if (observer_ != nullptr) observer_->on_aligned(stage_, site_.core, barrier, state_.get());
    fused_.barrier(barrier);
  }
  if (inputs_.all_ended()) {
    ended_ = true;
    fused_.end();
  }
}

void Stage::on_event_time(int64_t, int64_t) {
  ASSERT(false, "event times are assigned in the chain of a source");
}

void Stage::on_set_timer(const Record& record, std::string_view name, int64_t at_ns) {
  // When everything has ended, a timer that sets itself again would keep time going for ever.
  if (chain_.watermark_ns == wire::kFinalWatermark) {
    counters_.late_timers.add(1);
    return;
  }
  if (at_ns <= chain_.watermark_ns) counters_.late_timers.add(1);
  // No watermark comes after the final one, at which every timer is due.
  timers_.set(record.hash, record.key_view(), timer_name(name),
              std::min(at_ns, wire::kFinalWatermark));
}

void Stage::on_cancel_timer(const Record& record, std::string_view name) {
  timers_.cancel(record.hash, record.key_view(), timer_name(name));
}

Failure Stage::failure(const Site& site, std::string_view error, uint32_t record) {
  return {.stage = stage_,
          .site = site,
          .error = error,
          .record = firing_ ? due_record_ : records_[at_ + record],
          .entry = fused_.entry(port_),
          .position = chain_.position,
          .exact = false,
          .origin = {},
          .timer = firing_ ? shown_timer_name() : std::string_view{},
          .wall_ns = chain_.wall_ns};
}

/// Of the timer being fired, as the user knows it.
std::string_view Stage::shown_timer_name() const {
  return std::string_view(due_.name).substr(is_shared() ? 1 : 0);
}

SourceStage::SourceStage(const ChainSite& site, uint32_t stage, const std::vector<SinkSlot>& sinks,
                         StageCounters& counters, io::Log& log, Failures& failures,
                         BarrierObserver* observer)
    : site_(site),
      stage_(stage),
      counters_(counters),
      observer_(observer),
      chain_(node_of(site, stage).name, *this, counters, log, failures),
      fused_(site, stage, chain_, sinks),
      watermarks_(site.options.source_idle_ns) {
  configure(chain_, site.options);
}

bool SourceStage::step(io::Now now, uint32_t batches) {
  if (ended_) return false;
  if (chain_.ports_blocked != 0) watermarks_.pause(chain_.now_ns, now.mono_ns);
  chain_.now_ns = now.mono_ns;
  chain_.wall_ns = now.wall_ns;
  const bool worked = connector_->step(now, batches) != io::Progress::none;
  if (site_.plan.needs_watermarks) send_watermark(now);
  if (!connector_->ended()) return worked;
  if (site_.plan.needs_watermarks && connector_->exhausted()) {
    fused_.watermark(wire::kFinalWatermark);
  }
  fused_.end();
  ended_ = true;
  return true;
}

void SourceStage::send_watermark(io::Now now) {
  if (!plan_of(site_, stage_).has_event_time) {
    // In whole ticks: a new watermark with every step would keep all cores awake for ever.
    const int64_t tick_ns = site_.options.clock_tick_ns;
    watermarks_.observe(0, now.wall_ns - now.wall_ns % tick_ns, 0, now.mono_ns);
  }
  const int64_t watermark = watermarks_.current(now.mono_ns);
  if (watermark == watermark_sent_ns_) return;
  watermark_sent_ns_ = watermark;
  fused_.watermark(watermark);
}

int64_t SourceStage::deadline_ns(io::Now now) const {
  int64_t deadline = connector_->deadline_ns();
  if (ended_ || !site_.plan.needs_watermarks) return deadline;
  const bool by_clock = !plan_of(site_, stage_).has_event_time;
  const int64_t time =
      by_clock ? now.mono_ns + site_.options.clock_tick_ns : watermarks_.deadline_ns(now.mono_ns);
  return deadline < time ? deadline : time;
}

void SourceStage::barrier(uint64_t barrier) {
  if (ended_) return;
  if (observer_ != nullptr) observer_->on_aligned(stage_, site_.core, barrier, nullptr);
  fused_.barrier(barrier);
}

size_t SourceStage::run(const Record* records, size_t from, size_t count, io::Now now,
                        Origin origin) {
  records_ = records;
  chain_.position = {stage_, site_.core, origin.id, origin.first_message};
  chain_.arrival_ns = now.mono_ns;
  const size_t next = fused_.entry().run(records, nullptr, from, count);
  chain_.arena.reset();
  counters_.records_in.add(next - from);
  return next;
}

void SourceStage::on_event_time(int64_t newest_ns, int64_t lateness_ns) {
  watermarks_.observe(chain_.position.origin, newest_ns, lateness_ns, chain_.now_ns);
}

Failure SourceStage::failure(const Site& site, std::string_view error, uint32_t record) {
  wire::SourcePosition position = chain_.position;
  position.message += record;
  return {.stage = stage_,
          .site = site,
          .error = error,
          .record = records_[record],
          .entry = fused_.entry(),
          .position = position,
          .exact = true,
          .origin = connector_->origin_name(position.origin),
          .timer = {},
          .wall_ns = chain_.wall_ns};
}

void SourceStage::on_set_timer(const Record&, std::string_view, int64_t) {
  ASSERT(false, "a source has no timers");
}
void SourceStage::on_cancel_timer(const Record&, std::string_view) {
  ASSERT(false, "a source has no timers");
}

}  // namespace wallaroo::flow
