#include "sim/guests/test_guest.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace wallaroo::sim {
namespace {

constexpr uint32_t kHeaderBytes = 4;  // of its own framing: the length, big-endian
constexpr uint32_t kRecordsMax = 128;
// Longer is not over a limit, but senseless.
constexpr uint64_t kSenselessBytes = uint64_t{1} << 31;

}  // namespace

struct TestGuest::Table {
  static TestGuest& of(uint64_t context) { return *reinterpret_cast<TestGuest*>(context); }

  static uint64_t open_chain(uint64_t context, wl_chain* engine, uint32_t core, uint32_t entry,
                             const wl_end* ends, uint32_t count) {
    return of(context).open_chain(engine, core, entry, ends, count);
  }
  static void close_chain(uint64_t context, uint64_t chain) { of(context).close_chain(chain); }
  static uint32_t process(uint64_t context, uint64_t chain, const wl_input* input) {
    return of(context).process(chain, *input);
  }
  static void timer(uint64_t context, uint64_t chain, const wl_input* key, const char* name,
                    uint32_t size, int64_t at_ns) {
    of(context).timer(chain, *key, {name, size}, at_ns);
  }
  static void free_values(uint64_t context, const uint64_t* values, uint32_t count) {
    require(count > 0, "no values were freed");
    for (uint32_t i = 0; i < count; ++i) of(context).values_.forget(values[i]);
    of(context).counts_.refused += count;
  }
  static int32_t encode_value(uint64_t context, uint64_t chain, uint64_t value, wl_buffer* out) {
    TestGuest& guest = of(context);
    require(guest.at_work_.contains(guest.chain(chain).core),
            "a value is shown although no record of its chain is being worked on");
    const std::string& text = guest.values_.look_at(value);
    wl_buffer_append(out, text.data(), text.size());
    ++guest.counts_.shown;
    return WL_OK;
  }
  static int32_t encode_states(uint64_t context, uint32_t core, uint32_t node,
                               const uint64_t* states, uint32_t count, uint64_t* sizes,
                               wl_buffer* out) {
    return of(context).encode_states(core, node, states, count, sizes, out);
  }
  static int32_t decode_states(uint64_t context, uint32_t core, uint32_t node,
                               const uint64_t* states, uint32_t count, const char* bytes,
                               const uint64_t* sizes, wl_buffer*) {
    of(context).decode_states(core, node, states, count, bytes, sizes);
    return WL_OK;
  }
  static void free_states(uint64_t context, uint32_t core, uint32_t node, const uint64_t* states,
                          uint32_t count) {
    of(context).free_states(core, node, states, count);
  }
  static uint32_t find_messages(uint64_t context, uint32_t node, const char* bytes, uint64_t size,
                                uint32_t size_max, wl_span* found, uint32_t found_max,
                                uint32_t* problem) {
    return of(context).find_messages(node, {bytes, size}, size_max, found, found_max, problem);
  }
};

TestGuest::~TestGuest() {
  wl_app_free(app_);
  require(chains_.empty(), "a chain was not closed");
  require(states_.count() == 0, "states were left when their worker was gone");
}

std::string TestGuest::left() const {
  if (!chains_.empty()) return std::to_string(chains_.size()) + " chains were not closed";
  if (states_.count() != 0) return std::to_string(states_.count()) + " states were not freed";
  return {};
}

void TestGuest::count(Reach& reach) const {
  reach.hit(Row::guest_values_refused, counts_.refused);
  reach.hit(Row::guest_value_shown, counts_.shown);
  reach.hit(Row::guest_state_new, states_.made());
  reach.hit(Row::guest_states_freed, counts_.states_freed);
  reach.hit(Row::guest_states_encoded, counts_.states_encoded);
  reach.hit(Row::guest_states_decoded, counts_.states_decoded);
  reach.hit(Row::guest_resumed, counts_.resumed);
  reach.hit(Row::guest_timer, counts_.timers);
  reach.hit(Row::guest_own_framing, counts_.found);
}

uint32_t TestGuest::add(GuestNode node) {
  const auto number = static_cast<uint32_t>(nodes_.size());
  for (const uint32_t input : node.inputs) next_[input].push_back(number);
  nodes_.push_back(std::move(node));
  next_.emplace_back();
  return number;
}

const wl_app* TestGuest::app(const std::string& head) {
  std::string graph = "{" + head + ",\"nodes\":[";
  for (const GuestNode& node : nodes_) {
    if (graph.back() == '}') graph += ',';
    graph += "{" + node.json;
    for (size_t i = 0; i < node.inputs.size(); ++i)
      graph += (i == 0 ? ",\"inputs\":[" : ",") + std::to_string(node.inputs[i]);
    graph += node.inputs.empty() ? "}" : "]}";
  }
  graph += "]}";
  const wl_guest functions{
      .abi_version = WL_ABI_VERSION,
      .size = sizeof(wl_guest),
      .context = reinterpret_cast<uint64_t>(this),
      .open_chain = Table::open_chain,
      .close_chain = Table::close_chain,
      .process = Table::process,
      .timer = Table::timer,
      .free_values = Table::free_values,
      .encode_value = Table::encode_value,
      .encode_states = Table::encode_states,
      .decode_states = Table::decode_states,
      .free_states = Table::free_states,
      .find_messages = Table::find_messages,
  };
  wl_buffer* error = wl_buffer_new();
  const int32_t code = wl_app_new(&functions, graph.data(), graph.size(), &app_, error);
  require(code == WL_OK, std::string(wl_buffer_data(error), wl_buffer_size(error)));
  wl_buffer_free(error);
  return app_;
}

uint32_t TestGuest::state_node(uint32_t node) const {
  return nodes_[node].state_node == UINT32_MAX ? node : nodes_[node].state_node;
}

// ---- chains ------------------------------------------------------------------------------------

uint64_t TestGuest::open_chain(wl_chain* engine, uint32_t core, uint32_t entry, const wl_end* ends,
                               uint32_t count) {
  require(engine != nullptr && entry < nodes_.size(), "a chain begins at a node that there is not");
  for (const auto& [handle, other] : chains_)
    require(other.core != core || other.entry != entry, "a chain was opened twice on a core");
  Chain chain{.engine = engine, .core = core, .entry = entry};
  for (uint32_t i = 0; i < count; ++i) {
    require(ends[i].node < nodes_.size(), "a chain ends at a node that there is not");
    const bool is_sink = nodes_[ends[i].node].kind == GuestKind::sink;
    require(ends[i].is_sink == (is_sink ? 1 : 0), "an end is a sink and none");
    chain.ends.push_back(ends[i]);
  }
  chain.staged.resize(count);
  chains_.emplace(++chains_opened_, std::move(chain));
  return chains_opened_;
}

void TestGuest::close_chain(uint64_t handle) {
  rest(chain(handle).core);
  chains_.erase(handle);
}

TestGuest::Chain& TestGuest::chain(uint64_t handle) {
  const auto found = chains_.find(handle);
  require(found != chains_.end(), "a chain was called before it was opened or after it was closed");
  return found->second;
}

TestGuest::Chain& TestGuest::enter(uint64_t handle) {
  Chain& entered = chain(handle);
  require(at_work_.insert(entered.core).second, "a core was called while it was in a call");
  entered.go_on = true;
  return entered;
}

void TestGuest::leave(Chain& chain) {
  hand_on(chain, 1);
  std::vector<uint32_t> cleared;
  for (const auto& [state, record] : chain.cleared) cleared.push_back(record);
  if (!cleared.empty())
    wl_clear_states(chain.engine, cleared.data(), static_cast<uint32_t>(cleared.size()));
  chain.cleared.clear();
  for (const uint64_t value : chain.taken) values_.forget(value);
  chain.taken.clear();
  at_work_.erase(chain.core);
}

/// What is no work on a batch comes between batches.
void TestGuest::rest(uint32_t core) const {
  require(!at_work_.contains(core), "a core was called while it worked on a batch");
}

void TestGuest::check_input(const Chain& chain, const wl_input& input) const {
  const GuestKind kind = nodes_[chain.entry].kind;
  const bool reads = kind == GuestKind::source || kind == GuestKind::generator;
  require(input.records != nullptr && input.from < input.count && input.count <= kRecordsMax,
          "a batch has no records, or too many");
  require(input.batch > 0 && input.outputs_max > 0, "nothing may be handed on");
  require((input.values == nullptr) == reads, "values come with every batch but those of sources");
  require((input.states != nullptr) == (kind == GuestKind::state),
          "states come to state computations, and to nothing else");
  require(input.watermark_ns >= chain.watermark_ns, "the watermark went back");
}

uint32_t TestGuest::process(uint64_t handle, const wl_input& input) {
  Chain& chain = enter(handle);
  check_input(chain, input);
  chain.watermark_ns = input.watermark_ns;
  if (input.from > 0 || chain.stopped) ++counts_.resumed;
  uint32_t at = input.from;
  while (at < input.count && chain.go_on && take(chain, input, at)) {
    ++at;
    // It may hand on earlier than it has to: then more batches stop in the middle.
    hand_on(chain, chain.core % 2 == 0 ? input.batch : 1);
  }
  chain.stopped = at < input.count;
  leave(chain);
  return at;
}

/// False when there is no such message.
bool TestGuest::take(Chain& chain, const wl_input& input, uint32_t at) {
  const wl_record& record = input.records[at];
  const GuestKind kind = nodes_[chain.entry].kind;
  GuestCall call{.number = record.hash, .event_time_ns = record.event_time_ns};
  if (kind == GuestKind::generator) return make(chain, at, call);
  if (kind == GuestKind::source) {
    call.value = {record.payload, record.payload_size};
  } else {
    call.value = values_.look_at(input.values[at]);
    uint64_t repeated = 0;
    require(record.payload_size == sizeof repeated, "the payload is not the value's number");
    std::memcpy(&repeated, record.payload, sizeof repeated);
    require(repeated == input.values[at], "the payload is not the value's number");
  }
  if (kind == GuestKind::state) use_state(chain, input, at, call);
  if (kind == GuestKind::relay) {
    call.outputs.emplace_back(call.value);
  } else if (!this->call(chain, chain.entry, at, call)) {
    call.outputs.clear();
  }
  if (call.clears_state) {
    call.state->clear();
    chain.cleared[input.states[at] & ~WL_NEW_STATE] = at;
  }
  pass_on(chain, chain.entry, at, call);
  if (input.values != nullptr) chain.taken.push_back(input.values[at]);
  return true;
}

bool TestGuest::make(Chain& chain, uint32_t at, GuestCall& call) {
  require(call.number == chain.made, "a message was to be made out of turn");
  nodes_[chain.entry].function(call);
  if (call.ended) {
    wl_finish_source(chain.engine);
    return false;
  }
  ++chain.made;
  pass_on(chain, chain.entry, at, call);
  return true;
}

/// One that was cleared by an earlier record of the batch stays after all.
void TestGuest::use_state(Chain& chain, const wl_input& input, uint32_t at, GuestCall& call) {
  call.state = &states_.of_record(chain.core, state_node(chain.entry), input.states[at]);
  chain.cleared.erase(input.states[at] & ~WL_NEW_STATE);
}

void TestGuest::timer(uint64_t handle, const wl_input& input, std::string_view name,
                      int64_t at_ns) {
  Chain& chain = enter(handle);
  require(nodes_[chain.entry].kind == GuestKind::state && input.values == nullptr &&
              input.states != nullptr && input.from == 0 && input.count == 1 && !name.empty(),
          "a timer is due with one key, its state and a name");
  require(at_ns <= input.watermark_ns && input.records[0].event_time_ns == at_ns,
          "a timer is due before its time");
  require(input.watermark_ns >= chain.watermark_ns, "the watermark went back");
  chain.watermark_ns = input.watermark_ns;
  ++counts_.timers;
  GuestCall call{.timer = name, .event_time_ns = at_ns};
  use_state(chain, input, 0, call);
  if (!this->call(chain, chain.entry, 0, call)) call.outputs.clear();
  if (call.clears_state) {
    call.state->clear();
    chain.cleared[input.states[0] & ~WL_NEW_STATE] = 0;
  }
  pass_on(chain, chain.entry, 0, call);
  leave(chain);
}

// ---- functions ---------------------------------------------------------------------------------

/// Runs the function of `node`. False when it failed.
bool TestGuest::call(Chain& chain, uint32_t node, uint32_t record, GuestCall& call) {
  nodes_[node].function(call);
  const std::string& error = call.error;
  const auto size = static_cast<uint32_t>(error.size());
  int32_t go_on = 1;
  if (call.refused) {
    go_on = wl_undecodable(chain.engine, node, record, error.data(), size);
  } else if (!error.empty()) {
    const std::string trace = wl_wants_trace(chain.engine) != 0 ? "  where it failed" : "";
    go_on = wl_failed(chain.engine, node, record, error.data(), size, trace.data(),
                      static_cast<uint32_t>(trace.size()));
  }
  if (go_on == 0) chain.go_on = false;
  if (call.refused || !error.empty()) return false;
  if (!call.timers.empty()) set_timers(chain, record, call);
  return true;
}

void TestGuest::set_timers(const Chain& chain, uint32_t record, const GuestCall& call) {
  std::vector<wl_timer> timers;
  std::string names;
  for (const GuestTimer& timer : call.timers) {
    timers.push_back({.at_ns = timer.at_ns,
                      .record = record,
                      .name_size = static_cast<uint32_t>(timer.name.size()),
                      .cancel = timer.cancel ? 1u : 0u});
    names += timer.name;
  }
  wl_set_timers(chain.engine, timers.data(), static_cast<uint32_t>(timers.size()), names.data());
}

/// What `node` put out goes to all that follow it.
void TestGuest::pass_on(Chain& chain, uint32_t node, uint32_t record, const GuestCall& call) {
  for (const std::string& output : call.outputs) {
    for (const uint32_t next : next_[node]) visit(chain, next, record, output, call.event_time_ns);
  }
}

void TestGuest::visit(Chain& chain, uint32_t node, uint32_t record, const std::string& value,
                      int64_t time) {
  const GuestKind kind = nodes_[node].kind;
  GuestCall call{.value = value, .event_time_ns = time};
  const bool relays = kind == GuestKind::relay;
  if (!relays && !this->call(chain, node, record, call)) return;
  if (kind == GuestKind::event_time) {
    wl_event_time(chain.engine, call.event_time_ns, 0);
    call.outputs.assign(1, value);
  }
  if (kind == GuestKind::computation || kind == GuestKind::event_time)
    return pass_on(chain, node, record, call);
  const std::string bytes = relays ? std::string() : call.outputs.at(0);
  stage(chain, node,
        {.event_time_ns = time,
         .value = 0,
         .record = record,
         .size = static_cast<uint32_t>(bytes.size())},
        value, bytes);
}

/// A key_by is an end for each state computation behind it, and each gets a value of its own; a
/// merge is one for each branch of the chain that comes to it, and any of them will do.
void TestGuest::stage(Chain& chain, uint32_t node, const wl_output& output,
                      const std::string& value, const std::string& bytes) {
  bool found = false;
  for (size_t end = 0; end < chain.ends.size(); ++end) {
    if (chain.ends[end].node != node) continue;
    found = true;
    Staged& staged = chain.staged[end];
    staged.outputs.push_back(output);
    if (chain.ends[end].is_sink == 0) staged.outputs.back().value = values_.lend(value);
    staged.bytes += bytes;
    if (nodes_[node].kind != GuestKind::key_by) break;
  }
  require(found, "a chain lacks an end");
}

void TestGuest::hand_on(Chain& chain, uint32_t at_least) {
  for (size_t end = 0; end < chain.staged.size(); ++end) {
    if (chain.staged[end].outputs.size() < at_least) continue;
    const Staged staged = std::exchange(chain.staged[end], {});
    const int32_t next = wl_emit(chain.engine, static_cast<uint32_t>(end), staged.outputs.data(),
                                 static_cast<uint32_t>(staged.outputs.size()), staged.bytes.data(),
                                 staged.bytes.size());
    if (next != WL_GO_ON) chain.go_on = false;
  }
}

// ---- states and messages -----------------------------------------------------------------------

int32_t TestGuest::encode_states(uint32_t core, uint32_t node, const uint64_t* numbers,
                                 uint32_t count, uint64_t* sizes, wl_buffer* out) {
  rest(core);
  for (uint32_t i = 0; i < count; ++i) {
    const std::string& state = states_.look_at({core, node, numbers[i]});
    sizes[i] = state.size();
    wl_buffer_append(out, state.data(), state.size());
  }
  counts_.states_encoded += count;
  return WL_OK;
}

void TestGuest::decode_states(uint32_t core, uint32_t node, const uint64_t* numbers, uint32_t count,
                              const char* bytes, const uint64_t* sizes) {
  rest(core);
  for (uint32_t i = 0; i < count; ++i) {
    states_.add({core, node, numbers[i]}, std::string(bytes, sizes[i]));
    bytes += sizes[i];
  }
  counts_.states_decoded += count;
}

void TestGuest::free_states(uint32_t core, uint32_t node, const uint64_t* numbers, uint32_t count) {
  rest(core);
  for (uint32_t i = 0; i < count; ++i) states_.forget({core, node, numbers[i]});
  counts_.states_freed += count;
}

uint32_t TestGuest::find_messages(uint32_t node, std::string_view bytes, uint32_t size_max,
                                  wl_span* found, uint32_t found_max, uint32_t* problem) {
  require(nodes_[node].kind == GuestKind::source && found_max > 0,
          "messages were to be found for what is no source");
  *problem = 0;
  uint32_t count = 0;
  size_t at = 0;
  while (count < found_max && bytes.size() - at >= kHeaderBytes) {
    uint64_t length = 0;
    for (size_t i = 0; i < kHeaderBytes; ++i)
      length = length << 8 | static_cast<uint8_t>(bytes[at + i]);
    if (length > size_max) *problem = length >= kSenselessBytes ? 2 : 1;
    if (length > size_max || bytes.size() - at - kHeaderBytes < length) break;
    found[count++] = {at + kHeaderBytes, at + kHeaderBytes + length};
    at += kHeaderBytes + length;
  }
  counts_.found += count;
  return count;
}

}  // namespace wallaroo::sim
