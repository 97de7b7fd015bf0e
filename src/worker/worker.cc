#include "worker/worker.h"

#include <algorithm>

#include "base/assert.h"

namespace wallaroo::worker {
namespace {

constexpr size_t kCommandSlots = 16;

}  // namespace

Worker::Worker(plan::Plan plan, WorkerOptions options, WorkerPorts ports)
    : plan_(std::move(plan)),
      options_(std::move(options)),
      ports_(std::move(ports)),
      route_(flow::Route::even(options_.flow.partitions, options_.flow.cores)),
      rings_(options_.flow.cores, options_.flow.ring_slots),
      connectors_(plan_, options_.flow, options_.addresses) {
  ASSERT(ports_.nets.size() == options_.flow.cores, "every core has a Net");
  for (uint32_t core = 0; core < options_.flow.cores; ++core) {
    commands_.push_back(std::make_unique<base::Ring<Command>>(kCommandSlots));
    counters_.push_back(std::make_unique<flow::CoreCounters>(plan_));
    cores_.push_back(std::make_unique<flow::Core>(
        core, plan_, options_.flow, route_, rings_,
        flow::CorePorts{*ports_.nets[core], *ports_.disks[core], ports_.wakeup, ports_.log,
                        ports_.observer},
        *counters_[core], ports_.connectors == nullptr ? connectors_ : *ports_.connectors));
  }
}

Result<void> Worker::start() {
  for (auto& core : cores_) TRY_VOID(core->start());
  return {};
}

io::Progress Worker::step(base::CoreId core, io::Now now) {
  return step(core, now, options_.budget);
}

io::Progress Worker::step(base::CoreId core, io::Now now, flow::Budget budget) {
  Command command;
  bool commanded = false;
  while (commands_[core.value]->pop(command)) {
    commanded = true;
    if (command.kind == Command::Kind::drain) cores_[core.value]->drain();
    if (command.kind == Command::Kind::barrier) cores_[core.value]->barrier(command.barrier);
  }
  if (halted_.get() != 0) cores_[core.value]->halt(now);
  const io::Progress progress = cores_[core.value]->step(now, budget);
  if (halted_.get() == 0 && cores_[core.value]->fatal()) halt();
  if (ended()) return io::Progress::done;
  return commanded ? io::Progress::some : progress;
}

bool Worker::ended() const {
  return std::all_of(counters_.begin(), counters_.end(),
                     [](const auto& counters) { return counters->ended.get() != 0; });
}

/// A core has failed: none goes on.
void Worker::halt() {
  halted_.set(1);
  for (uint32_t core = 0; core < cores(); ++core) ports_.wakeup.notify(base::CoreId(core));
}

std::optional<Error> Worker::failure() const {
  for (const auto& core : cores_) {
    if (core->fatal()) return core->fatal();
  }
  return std::nullopt;
}

int64_t Worker::deadline_ns(base::CoreId core, io::Now now) const {
  return cores_[core.value]->deadline_ns(now);
}

void Worker::drain() {
  if (draining_.get() != 0) return;
  draining_.set(1);
  send({Command::Kind::drain, 0});
}

void Worker::barrier(uint64_t number) { send({Command::Kind::barrier, number}); }

void Worker::send(Command command) {
  for (uint32_t core = 0; core < cores(); ++core) {
    const bool sent = commands_[core]->push(command);
    ASSERT(sent, "a core has not taken its commands");
    ports_.wakeup.notify(base::CoreId(core));
  }
}

std::string Worker::audit() const {
  std::string found;
  for (const auto& core : cores_) found += core->audit();
  return found;
}

}  // namespace wallaroo::worker
