#include "wallaroo/testkit/harness.h"

#include <algorithm>
#include <charconv>

#include "base/assert.h"
#include "base/hash.h"
#include "base/json_text.h"
#include "testkit/engine.h"
#include "worker/report.h"

namespace wallaroo::testkit {
namespace {

/// Keys of any integer or enum are the same eight bytes.
bool is_number(const std::string& type) {
  return !type.empty() && (type[0] == 'u' || type[0] == 'i' || type[0] == 'e' || type == "bool") &&
         type.find('(') == std::string::npos;
}

}  // namespace

Harness::Harness(const Application& app, HarnessOptions options)
    : engine_(std::make_unique<Engine>(app.graph(), options)) {}
Harness::Harness(const Graph& graph, HarnessOptions options)
    : engine_(std::make_unique<Engine>(graph, options)) {}
Harness::~Harness() = default;
Harness::Harness(Harness&&) noexcept = default;
Harness& Harness::operator=(Harness&&) noexcept = default;

void Harness::feed(std::string_view source, std::string_view message, uint32_t connection) {
  Feed& feed = engine_->feed_of(source, connection % engine_->options().cores);
  const Node& node = engine_->plan().graph.nodes[engine_->source(source)];
  if (std::holds_alternative<GeneratorSpec>(node.source)) {
    throw Mistake("source '" + node.name + "' makes its messages itself; generate them instead");
  }
  if (feed.closed) {
    throw Mistake("source '" + node.name + "' has been closed; feed it before that");
  }
  if (message.size() > UINT32_MAX) {
    throw Mistake("a message for source '" + node.name + "' is longer than 4 GiB");
  }
  feed.messages.push_back({std::string(message), connection});
  engine_->count_fed(1);
}

void Harness::feed(std::string_view source, std::initializer_list<std::string_view> messages,
                   uint32_t connection) {
  for (const std::string_view message : messages) feed(source, message, connection);
}

void Harness::feed(std::string_view source, std::span<const std::string> messages,
                   uint32_t connection) {
  for (const std::string& message : messages) feed(source, std::string_view(message), connection);
}

void Harness::generate(std::string_view source, uint64_t count) {
  Feed& feed = engine_->feed_of(source, 0);
  const Node& node = engine_->plan().graph.nodes[engine_->source(source)];
  if (!std::holds_alternative<GeneratorSpec>(node.source)) {
    throw Mistake("source '" + node.name + "' is no generator; feed it instead");
  }
  if (feed.closed) throw Mistake("source '" + node.name + "' has been closed");
  feed.to_make += count;
  engine_->count_fed(count);
}

void Harness::drain() { engine_->run(); }

void Harness::advance_to(Time time) { engine_->advance_to(time.ns); }
void Harness::advance(Duration by) { engine_->advance_to(engine_->wall_ns() + by.count()); }
Time Harness::now() const { return {engine_->wall_ns()}; }

void Harness::close(std::string_view source) {
  for (uint32_t core = 0; core < engine_->options().cores; ++core) {
    engine_->feed_of(source, core).closed = true;
  }
}

void Harness::finish() { engine_->finish(); }

std::vector<std::string> Harness::output(std::string_view sink) const {
  const Gathered& gathered = engine_->gathered(sink);
  if (gathered.framing.kind == Framing::Kind::raw) {
    throw Mistake("sink '" + std::string(sink) +
                  "' writes raw bytes, in which no message ends; ask for the bytes of its output");
  }
  return gathered.messages;
}

std::vector<std::string> Harness::take_output(std::string_view sink) {
  std::vector<std::string> messages = output(sink);
  size_t& taken = engine_->gathered(sink).taken;
  messages.erase(messages.begin(), messages.begin() + static_cast<ptrdiff_t>(taken));
  taken += messages.size();
  return messages;
}

std::string Harness::output_bytes(std::string_view sink) const {
  return engine_->gathered(sink).bytes;
}

std::optional<std::string> Harness::find_state(std::string_view stage_name,
                                               const std::string& state_type,
                                               const std::string& key_type,
                                               std::string_view key) const {
  const uint32_t stage = engine_->stage_with_state(stage_name);
  const plan::Plan& plan = engine_->plan();
  const StepFactory& factory = *plan.graph.nodes[plan.stages[stage].node].factory;
  const StateType& type = *factory.state_type();
  const std::string about = " of stage '" + std::string(stage_name) + "' ";
  if (factory.state_description() != state_type) {
    throw Mistake("the state" + about + "is a " + factory.state_description() + ", not a " +
                  state_type);
  }
  const std::string keys = engine_->key_type(stage);
  if (keys != key_type && !(is_number(keys) && is_number(key_type))) {
    throw Mistake("the key" + about + "is a " + keys + ", not a " + key_type);
  }
  const uint64_t hash = base::routing_hash(key);
  for (uint32_t core = 0; core < engine_->options().cores; ++core) {
    const void* found = engine_->worker().state(stage, base::CoreId(core))->find(hash, key);
    if (found == nullptr) continue;
    Bytes bytes;
    type.encode(found, bytes);
    return std::string(bytes.view());
  }
  return std::nullopt;
}

std::vector<std::pair<std::string, std::string>> Harness::encoded_states(
    std::string_view stage) const {
  std::vector<std::pair<std::string, std::string>> states;
  engine_->visit_states(
      engine_->stage_with_state(stage),
      [&](std::string_view key, std::string_view state) { states.emplace_back(key, state); });
  std::sort(states.begin(), states.end());
  return states;
}

std::vector<DeadLetter> Harness::dead_letters() const {
  std::vector<DeadLetter> letters;
  for (const std::string& line : engine_->letters()) {
    const auto fields = base::parse_flat_json(line);
    ASSERT(fields.has_value(), "a dead letter is a flat object of JSON");
    DeadLetter& letter = letters.emplace_back();
    for (const auto& [name, value] : *fields) {
      if (name == "stage") letter.stage = value;
      if (name == "function") letter.function = value;
      if (name == "error") letter.error = value;
      if (name == "source") letter.source = value;
      if (name == "message")
        std::from_chars(value.data(), value.data() + value.size(), letter.message);
      if (name == "key") letter.key = value;
      if (name == "timer") letter.timer = value;
      if (name == "payload") letter.payload = value;
    }
  }
  return letters;
}

uint64_t Harness::counter(std::string_view name, std::string_view counter) const {
  const auto counters = worker::counters_of(engine_->worker(), name);
  std::string names;
  for (const auto& [known, value] : counters) {
    if (known == counter) return value;
    names += (names.empty() ? "" : ", ") + known;
  }
  if (!counters.empty()) {
    throw Mistake("'" + std::string(name) + "' has no counter '" + std::string(counter) +
                  "'; there are: " + names);
  }
  for (const plan::Stage& stage : engine_->plan().stages) names += " '" + stage.name + "'";
  for (const std::string& sink : sinks()) names += " '" + sink + "'";
  throw Mistake("no stage, source or sink is called '" + std::string(name) +
                "'; what counts is:" + names);
}

std::optional<Error> Harness::failure() const { return engine_->worker().failure(); }

const std::vector<std::string>& Harness::log() const { return engine_->lines(); }

void Harness::reload_states() {
  engine_->run();
  for (const std::string& stage : stages_with_state()) {
    engine_->reload(engine_->stage_with_state(stage));
  }
}

std::vector<std::string> Harness::sources() const { return engine_->names(NodeKind::source); }
std::vector<std::string> Harness::sinks() const { return engine_->names(NodeKind::sink); }
std::vector<std::string> Harness::stages_with_state() const { return engine_->stages_with_state(); }

}  // namespace wallaroo::testkit
