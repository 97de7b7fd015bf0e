#include "flow/exchange.h"

#include <algorithm>
#include <utility>

#include "base/assert.h"
#include "base/hash.h"
#include "base/mutant.h"
#include "state/keyed_state.h"

namespace wallaroo::flow {

Route Route::even(uint32_t partitions, uint32_t cores) {
  Route route;
  route.owner.resize(partitions);
  for (uint32_t i = 0; i < partitions; ++i) route.owner[i] = static_cast<uint16_t>(i % cores);
  return route;
}

Exchange::Exchange(ExchangeSpec spec, StageChain& chain, BatchPool& pool, Carrier& carrier)
    : spec_(std::move(spec)), chain_(chain), pool_(pool), carrier_(carrier) {
  channels_.reserve(spec_.options.cores);
  turn_ = spec_.core;
  for (uint32_t i = 0; i < spec_.options.cores; ++i) {
    channels_.emplace_back(chain);
    channels_.back().credits = spec_.options.credits_per_channel;
  }
}

Exchange::~Exchange() {
  for (Channel& channel : channels_) {
    if (channel.open != nullptr) pool_.give(channel.open);
    while (Batch* batch = channel.overflow.pop()) pool_.give(batch);
  }
}

uint32_t Exchange::route(uint64_t hash) const {
  const auto partition = state::partition_of(hash, spec_.options.partitions).value;
  if (MUTANT(route_disagree) && partition == 77 % spec_.options.partitions) return spec_.core;
  return spec_.route.owner[partition];
}

size_t Exchange::append(Record* records, size_t count) {
  chain_.counters().records_out.add(count);
  if (!chain_.position.same_origin(appended_)) [[unlikely]]
    note_origin();
  if (spec_.routing != plan::Routing::by_key) {
    put_all(spec_.routing == plan::Routing::spread ? next_in_turn() : spec_.core, records, count);
    return count;
  }
  for (size_t i = 0; i < count; ++i) records[i].hash = base::routing_hash(records[i].key_view());
  if (spec_.keys.closed()) count = keep_listed(records, count);
  if (channels_.size() == 1) {
    put_all(0, records, count);
  } else {
    for (size_t i = 0; i < count; ++i) put(route(records[i].hash), records[i]);
  }
  return count;
}

/// Records from elsewhere than the last ones follow, perhaps in the same batches.
void Exchange::note_origin() {
  appended_ = chain_.position;
  for (const Channel& channel : channels_) {
    if (channel.open == nullptr || channel.open->header.count == 0) continue;
    channel.open->header.position = channel.open->header.position.common(appended_);
  }
}

/// The next core that has room; when none has, the next one all the same.
uint32_t Exchange::next_in_turn() {
  const auto cores = static_cast<uint32_t>(channels_.size());
  for (uint32_t i = 1; i <= cores; ++i) {
    const uint32_t to = (turn_ + i) % cores;
    if (channels_[to].credits != 0 && channels_[to].overflow.empty()) return turn_ = to;
  }
  return turn_ = (turn_ + 1) % cores;
}

/// Moves the records whose keys are listed to the front; returns how many they are.
size_t Exchange::keep_listed(Record* records, size_t count) {
  size_t kept = 0;
  for (size_t i = 0; i < count; ++i) {
    const bool listed = spec_.keys.contains(records[i].hash, records[i].key_view());
    if (!listed && !MUTANT(unlisted_key_kept)) continue;
    if (kept != i) std::swap(records[kept], records[i]);
    ++kept;
  }
  if (kept != count) chain_.key_not_listed(count - kept);
  return kept;
}

/// Many records for one core: the batch's fill level stays in registers between them.
void Exchange::put_all(uint32_t to, const Record* records, size_t count) {
  const uint32_t records_max = spec_.options.batch_records_max;
  size_t i = 0;
  while (i < count) {
    const size_t first_bytes = wire::encoded_bytes(records[i]);
    Batch* batch = channels_[to].open;
    if (batch == nullptr || batch->capacity - batch->header.bytes < first_bytes) {
      batch = open(to, first_bytes);
    }
    begin_records(*batch);
    wire::Writer writer(*batch, records_max);
    while (i < count && writer.append(records[i])) ++i;
    writer.finish();
    if (batch->header.count >= records_max) close(to);
  }
}

inline void Exchange::put(uint32_t to, const Record& record) {
  const size_t bytes = wire::encoded_bytes(record);
  Batch* batch = channels_[to].open;
  if (batch == nullptr || batch->capacity - batch->header.bytes < bytes) [[unlikely]]
    batch = open(to, bytes);
  begin_records(*batch);
  wire::append(*batch, record);
  if (batch->header.count >= spec_.options.batch_records_max) [[unlikely]]
    close(to);
}

/// A batch may have been opened for a watermark, long before its first record came from elsewhere.
inline void Exchange::begin_records(Batch& batch) const {
  if (batch.header.count != 0) return;
  batch.header.position = chain_.position;
  batch.header.oldest_arrival_ns = chain_.arrival_ns;
}

/// A staging batch with room for `bytes`, after closing one that has too little.
Batch* Exchange::open(uint32_t to, size_t bytes) {
  if (channels_[to].open != nullptr) close(to);
  Batch* batch = pool_.take(bytes);
  batch->header.edge = spec_.edge;
  batch->header.from_core = static_cast<uint16_t>(spec_.core);
  batch->header.to_core = static_cast<uint16_t>(to);
  batch->header.map_version = spec_.route.map_version;
  channels_[to].open = batch;
  return batch;
}

/// The staging batch is complete: send it, or keep it in the outbox and block.
void Exchange::close(uint32_t to) {
  Channel& channel = channels_[to];
  Batch* batch = std::exchange(channel.open, nullptr);
  channel.control = false;
  if (channel.credits > 0 && channel.overflow.empty()) {
    send(to, batch);
    return;
  }
  channel.overflow.push(batch);
  channel.gate.set_blocked(true);
  chain_.counters().overflow_batches.add(1);
}

void Exchange::send(uint32_t to, Batch* batch) {
  --channels_[to].credits;
  carrier_.deliver(batch);
}

void Exchange::watermark(int64_t watermark_ns) {
  for (uint32_t to = 0; to < channels_.size(); ++to) {
    if (!used(to)) continue;
    Batch* batch = channels_[to].open != nullptr ? channels_[to].open : open(to, 0);
    batch->header.watermark_ns = watermark_ns;
    channels_[to].control = true;
  }
}

bool Exchange::used(uint32_t to) const {
  const bool everywhere = spec_.routing == plan::Routing::by_key ||
                          (spec_.routing == plan::Routing::spread && !MUTANT(spread_keeps_control));
  return everywhere || to == spec_.core;
}

void Exchange::barrier(uint64_t barrier) {
  for (uint32_t to = 0; to < channels_.size(); ++to) {
    if (!used(to)) continue;
    Batch* batch = channels_[to].open != nullptr ? channels_[to].open : open(to, 0);
    batch->header.barrier = barrier;
    close(to);
  }
}

void Exchange::end() {
  for (uint32_t to = 0; to < channels_.size(); ++to) {
    if (!used(to)) continue;
    if (MUTANT(drain_forgets_pending) && channels_[to].open != nullptr) {
      channels_[to].open->header.count = 0;
      channels_[to].open->header.bytes = 0;
    }
    Batch* batch = channels_[to].open != nullptr ? channels_[to].open : open(to, 0);
    batch->header.ends = true;
    close(to);
  }
}

void Exchange::flush() {
  for (uint32_t to = 0; to < channels_.size(); ++to) {
    Channel& channel = channels_[to];
    if (channel.open == nullptr || channel.credits == 0 || !channel.overflow.empty()) continue;
    if (channel.open->header.count != 0 || channel.control) close(to);
  }
}

void Exchange::credit(uint32_t core) {
  Channel& channel = channels_[core];
  if (MUTANT(credit_lost) && chain_.counters().records_out.get() % 16 == 7) return;
  channel.credits += MUTANT(credit_twice) ? 2u : 1u;
  while (channel.credits > 0 && !channel.overflow.empty()) send(core, channel.overflow.pop());
  if (channel.overflow.empty()) channel.gate.set_blocked(false);
}

bool Exchange::quiet() const {
  return std::all_of(channels_.begin(), channels_.end(), [this](const Channel& channel) {
    return channel.open == nullptr && channel.overflow.empty() &&
           channel.credits == spec_.options.credits_per_channel;
  });
}

}  // namespace wallaroo::flow
