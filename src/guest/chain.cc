#include "guest/chain.h"

#include <algorithm>

#include "base/assert.h"
#include "base/bytes.h"
#include "base/mutant.h"
#include "wallaroo/connectors.h"

namespace wallaroo::guest {
namespace {

// A size that a guest cut to 32 bits would give each output behind it the bytes of another one.
constexpr const char* kTooFewBytes = "a guest passed fewer bytes than its outputs have";
constexpr const char* kTooManyBytes = "a guest passed more bytes than its outputs have";
constexpr const char* kNoRecord = "a guest named a record it was not given";

}  // namespace

void Place::process(const void*, const Stamp*, size_t) {
  ASSERT(false, "values of a guest are worked on by the guest");
}

void EndPlace::send(size_t records, const wl_output* outputs, uint32_t count,
                    std::string_view bytes, std::vector<uint64_t>& refused) {
  for (size_t at = 0; at < count;) {
    const size_t some = std::min<size_t>(count - at, kStepBatch);
    size_t keys = 0;
    for (size_t i = 0; i < some; ++i) {
      ASSERT(outputs[at + i].record < records, kNoRecord);
      keys += outputs[at + i].size;
    }
    ASSERT(keys <= bytes.size(), kTooFewBytes);
    send_some(outputs + at, some, bytes.substr(0, keys), refused);
    bytes.remove_prefix(keys);
    at += some;
  }
  ASSERT(bytes.empty(), kTooManyBytes);
}

void EndPlace::send_some(const wl_output* outputs, size_t count, std::string_view keys,
                         std::vector<uint64_t>& refused) {
  std::array<Record, kStepBatch> records;
  const char* key = keys.empty() ? "" : keys.data();
  for (size_t i = 0; i < count; ++i) {
    records[i] = {.hash = 0,
                  .event_time_ns = outputs[i].event_time_ns,
                  .key = key,
                  .payload = reinterpret_cast<const char*>(&outputs[i].value),
                  .key_bytes = outputs[i].size,
                  .payload_bytes = sizeof(uint64_t)};
    key += outputs[i].size;
  }
  const size_t taken = port_->append(records.data(), count);
  for (size_t i = taken; i < count; ++i) {
    refused.push_back(base::load<uint64_t>(records[i].payload));
  }
}

bool EndPlace::write(Chain& chain, size_t records, const wl_output* outputs, uint32_t count,
                     std::string_view bytes) {
  Bytes& out = sink_->buffer();
  const auto copy = [](std::string_view message, Bytes& to) { to << message; };
  size_t written = 0;
  bool go_on = true;
  for (uint32_t i = 0; i < count && go_on; ++i) {
    ASSERT(outputs[i].record < records, kNoRecord);
    ASSERT(outputs[i].size <= bytes.size(), kTooFewBytes);
    const size_t good = out.size();
    try {
      detail::encode_message(copy, framing_, bytes.substr(0, outputs[i].size), out);
      ++written;
    } catch (...) {
      out.truncate(good);
      go_on = chain.user_error(site, outputs[i].record);
    }
    bytes.remove_prefix(outputs[i].size);
  }
  ASSERT(bytes.empty() || !go_on, kTooManyBytes);
  sink_->commit(written);
  return go_on;
}

}  // namespace wallaroo::guest

using wallaroo::Bytes;
using wallaroo::NodeKind;
using wallaroo::Record;
using wallaroo::guest::EndPlace;
using wallaroo::guest::InnerPlace;
using wallaroo::guest::kNoRecord;
using wallaroo::guest::Place;

wl_chain::wl_chain(const wallaroo::guest::Program& program, uint32_t node, NodeKind kind,
                   const wallaroo::Wiring& wiring)
    : program_(program), site_(wiring.site), node_(node), kind_(kind), chain_(wiring.chain) {
  gather({wiring.next.begin(), wiring.next.end()});
  std::vector<wl_end> ends;
  for (const EndPlace* end : ends_) ends.push_back({end->node, end->is_sink() ? 1u : 0u});
  const wl_guest& guest = program_.functions;
  guest_chain_ = guest.open_chain(guest.context, this, wiring.core, node, ends.data(),
                                  static_cast<uint32_t>(ends.size()));
}

wl_chain::~wl_chain() { program_.functions.close_chain(program_.functions.context, guest_chain_); }

void wl_chain::gather(const std::vector<wallaroo::Step*>& steps) {
  for (wallaroo::Step* step : steps) {
    auto* place = dynamic_cast<Place*>(step);
    ASSERT(place != nullptr, "a guest's chain holds steps of C++");
    places_.push_back(place);
    if (auto* end = dynamic_cast<EndPlace*>(place)) ends_.push_back(end);
    if (const auto* inner = dynamic_cast<InnerPlace*>(place)) gather(inner->next);
  }
}

wl_input wl_chain::input(const Record* records, void* const* states, size_t from, size_t count) {
  records_ = records;
  record_count_ = count;
  if (!has_state()) states = nullptr;  // the engine has an empty place for each record
  return {.records = reinterpret_cast<const wl_record*>(records),
          .values = nullptr,
          .states = reinterpret_cast<const uint64_t*>(states),
          .from = static_cast<uint32_t>(from),
          .count = static_cast<uint32_t>(count),
          .batch = chain_.step_batch,
          .outputs_max = chain_.outputs_per_record_max,
          .watermark_ns = chain_.watermark_ns};
}

size_t wl_chain::run(const Record* records, void* const* states, size_t from, size_t count) {
  if (chain_.ports_blocked != 0) return from;
  ASSERT(count <= values_.size(), "a batch has more records than any may have");
  wl_input batch = input(records, states, from, count);
  if (kind_ != NodeKind::source) {  // payloads are no messages, but numbers of values
    for (size_t i = from; i < count; ++i) {
      values_[i] = wallaroo::base::load<uint64_t>(records[i].payload);
    }
    batch.values = values_.data();
  }
  const wl_guest& guest = program_.functions;
  const uint32_t next = guest.process(guest.context, guest_chain_, &batch);
  ASSERT(next >= from && next <= count, "a guest stopped outside of its batch");
  record_count_ = 0;
  return next;
}

void wl_chain::timer(const Record& key, void* state, std::string_view name, int64_t at_ns) {
  const wl_input batch = input(&key, &state, 0, 1);
  const wl_guest& guest = program_.functions;
  guest.timer(guest.context, guest_chain_, &batch, name.data(), static_cast<uint32_t>(name.size()),
              at_ns);
  record_count_ = 0;
}

std::string_view wl_chain::message(const Record& record, Bytes& scratch) {
  if (kind_ == NodeKind::source || record.payload_bytes != sizeof(uint64_t))
    return record.payload_view();
  const wl_guest& guest = program_.functions;
  wl_buffer encoded;
  const int32_t code = guest.encode_value(guest.context, guest_chain_,
                                          wallaroo::base::load<uint64_t>(record.payload), &encoded);
  if (code != WL_OK) scratch << "(the value cannot be encoded: ";
  scratch << encoded.bytes.view();
  if (code != WL_OK) scratch << ")";
  return scratch.view();
}

wl_emitted wl_chain::emit(uint32_t end, const wl_output* outputs, uint32_t count,
                          std::string_view bytes) {
  ASSERT(end < ends_.size(), "a guest emitted to an end that its chain does not have");
  if (ends_[end]->is_sink()) {
    if (!ends_[end]->write(chain_, record_count_, outputs, count, bytes)) return WL_STOPPED;
  } else {
    ends_[end]->send(record_count_, outputs, count, bytes, refused_);
  }
  if (MUTANT(refused_value_forgotten)) refused_.clear();
  if (!refused_.empty()) {
    const wl_guest& guest = program_.functions;
    guest.free_values(guest.context, refused_.data(), static_cast<uint32_t>(refused_.size()));
    refused_.clear();
  }
  return chain_.ports_blocked == 0 ? WL_GO_ON : WL_NO_ROOM;
}

const wallaroo::Site& wl_chain::site(uint32_t node) const {
  if (node == node_) return site_;
  const auto found = std::find_if(places_.begin(), places_.end(),
                                  [node](const Place* place) { return place->node == node; });
  ASSERT(found != places_.end(), "a guest named a node that is not in its chain");
  return (*found)->site;
}

const Record& wl_chain::record(uint32_t index) const {
  ASSERT(index < record_count_, kNoRecord);
  return records_[index];
}
