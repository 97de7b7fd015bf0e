#include "sim/interpreter.h"

#include <algorithm>
#include <cstdlib>
#include <set>
#include <tuple>
#include <utility>

#include "base/assert.h"
#include "plan/plan.h"

namespace wallaroo::sim {

namespace {

/// Ends a chain and begins one without keys.
bool is_relay(NodeKind kind) { return kind == NodeKind::merge || kind == NodeKind::spread; }

Site site_of(const Graph& graph, uint32_t node) {
  return {graph.nodes[node].name, plan::policy_of(graph, graph.nodes[node])};
}

}  // namespace

/// A record on its way to the stage that begins at `to`.
struct Interpreter::Item {
  uint32_t to = 0;
  std::string key;
  std::string payload;
  int64_t event_time_ns = 0;
};

/// What steps of one stage share. Timers wait until the end: the graphs that are compared this way
/// do not depend on when exactly they fire.
class Interpreter::StageChain final : public Chain {
 public:
  bool user_error(const Site& site, uint32_t) override {
    ++user_errors;
    return site.on_error != OnError::fail;
  }
  bool failed(const Site& site, uint32_t record, std::string_view, std::string_view) override {
    return user_error(site, record);
  }
  bool reports_failures() const override { return false; }
  bool undecodable(const Site& site, uint32_t, std::string_view) override {
    ++undecodables;
    return site.on_error != OnError::fail;
  }
  void key_not_listed(uint64_t records) override { keys_not_listed += records; }
  void event_time(int64_t, int64_t) override {}
  void erase_state(const Record& record) override { erased.insert(std::string(record.key_view())); }
  void set_timer(const Record& record, std::string_view name, int64_t at_ns) override {
    cancel_timer(record, name);
    timers.emplace(at_ns, record.key_view(), name);
  }
  void cancel_timer(const Record& record, std::string_view name) override {
    std::erase_if(timers, [&](const auto& timer) {
      return std::get<1>(timer) == record.key_view() && std::get<2>(timer) == name;
    });
  }

  uint64_t user_errors = 0;
  uint64_t undecodables = 0;
  uint64_t keys_not_listed = 0;
  std::set<std::string> erased;
  std::set<std::tuple<int64_t, std::string, std::string>> timers;  // (at, key, name)
};

/// Takes what a chain sends to a keyed stage or a merge.
class Interpreter::QueuePort final : public Port {
 public:
  QueuePort(std::vector<Item>& queue, const Node* key_by, StageChain& chain)
      : queue_(queue), key_by_(key_by), chain_(chain) {}

  size_t append(Record* records, size_t count) override {
    size_t kept = 0;
    for (size_t i = 0; i < count; ++i) {
      const std::string key(records[i].key_view());
      if (key_by_ != nullptr && key_by_->closed &&
          std::ranges::find(key_by_->closed_keys, key) == key_by_->closed_keys.end()) {
        chain_.key_not_listed(1);
        continue;
      }
      for (const uint32_t stage : to) {
        queue_.push_back(
            {stage, key, std::string(records[i].payload_view()), records[i].event_time_ns});
      }
      std::swap(records[kept++], records[i]);
    }
    return kept;
  }

  std::vector<uint32_t> to;

 private:
  std::vector<Item>& queue_;
  const Node* key_by_;
  StageChain& chain_;
};

/// Takes what a chain sends to a sink.
class Interpreter::OutputPort final : public SinkPort {
 public:
  Bytes& buffer() override { return buffer_; }
  void commit(size_t messages) override {
    if (messages > 0) runs.emplace_back(buffer_.view());
    buffer_.clear();
  }

  std::vector<std::string> runs;

 private:
  Bytes buffer_;
};

/// A chain with its entry, and the state of its keys.
struct Interpreter::Stage {
  struct Free {
    const StateType* type;
    void operator()(void* at) const {
      type->destroy(at);
      std::free(at);
    }
  };
  uint32_t node = 0;
  StageChain chain;
  std::unique_ptr<Entry> entry;
  const StateType* type = nullptr;
  using States = std::map<std::string, std::unique_ptr<void, Free>, std::less<>>;
  std::shared_ptr<States> states;  // the same for all that share a state
};

Interpreter::Interpreter(const Graph& graph) : graph_(graph) { make_stages(); }
Interpreter::~Interpreter() = default;

void Interpreter::make_stages() {
  for (uint32_t node = 0; node < graph_.nodes.size(); ++node) {
    const NodeKind kind = graph_.nodes[node].kind;
    if (kind != NodeKind::source && kind != NodeKind::state && !is_relay(kind)) continue;
    auto stage = std::make_unique<Stage>();
    stage->node = node;
    stage->chain.step_batch = 1;
    stage->type = graph_.nodes[node].factory->state_type();
    const auto& shared = graph_.nodes[node].shared_state;
    const auto partner = std::ranges::find_if(stages_, [&](const auto& entry) {
      return shared && graph_.nodes[entry.first].shared_state == shared;
    });
    stage->states =
        partner != stages_.end() ? partner->second->states : std::make_shared<Stage::States>();
    std::vector<Step*> next;
    make_next(node, stage->chain, next);
    stage->entry = graph_.nodes[node].factory->make_entry(
        {.chain = stage->chain, .next = next, .site = site_of(graph_, node)});
    stages_.emplace(node, std::move(stage));
  }
}

void Interpreter::make_next(uint32_t node, StageChain& chain, std::vector<Step*>& next) {
  for (uint32_t consumer = 0; consumer < graph_.nodes.size(); ++consumer) {
    for (const uint32_t input : graph_.nodes[consumer].inputs) {
      if (input == node) next.push_back(make_steps(consumer, chain));
    }
  }
}

Step* Interpreter::make_steps(uint32_t index, StageChain& chain) {
  const Node& node = graph_.nodes[index];
  std::vector<Step*> next;
  Wiring wiring{.chain = chain, .next = {}, .site = site_of(graph_, index)};
  if (node.kind == NodeKind::key_by || is_relay(node.kind)) {
    const bool key_by = node.kind == NodeKind::key_by;
    ports_.push_back(std::make_unique<QueuePort>(queue_, key_by ? &node : nullptr, chain));
    wiring.port = ports_.back().get();
    for (uint32_t to = 0; key_by && to < graph_.nodes.size(); ++to) {
      if (std::ranges::find(graph_.nodes[to].inputs, index) != graph_.nodes[to].inputs.end()) {
        ports_.back()->to.push_back(to);
      }
    }
    if (!key_by) ports_.back()->to.push_back(index);
  } else if (node.kind == NodeKind::sink) {
    auto& output = outputs_[node.name];
    if (!output) output = std::make_unique<OutputPort>();
    wiring.sink = output.get();
  } else {
    make_next(index, chain, next);
    wiring.next = next;
  }
  steps_.push_back(node.factory->make_step(wiring));
  return steps_.back().get();
}

void Interpreter::feed(std::string_view source, std::string_view message) {
  const auto stage = std::ranges::find_if(stages_, [&](const auto& entry) {
    const Node& node = graph_.nodes[entry.first];
    return node.kind == NodeKind::source && node.name == source;
  });
  ASSERT(stage != stages_.end(), "no source of that name");
  run(*stage->second, {stage->first, {}, std::string(message), 0});
  work();
}

void Interpreter::work() {
  for (size_t next = 0; next < queue_.size(); ++next) {
    const Item item = std::move(queue_[next]);  // the queue grows while the item is worked on
    run(*stages_.at(item.to), item);
  }
  queue_.clear();
}

void* Interpreter::state_of(Stage& stage, std::string_view key) {
  if (stage.type == nullptr) return nullptr;
  auto found = stage.states->find(key);
  if (found == stage.states->end()) {
    const size_t alignment = std::max<size_t>(stage.type->alignment, sizeof(void*));
    const size_t bytes = (stage.type->bytes + alignment - 1) / alignment * alignment;
    void* at = std::aligned_alloc(alignment, bytes);
    ASSERT(at != nullptr, "out of memory");
    stage.type->construct(at);
    found = stage.states
                ->emplace(std::string(key), std::unique_ptr<void, Stage::Free>(at, {stage.type}))
                .first;
  }
  return found->second.get();
}

void Interpreter::run(Stage& stage, const Item& item) {
  const Record record{.event_time_ns = item.event_time_ns,
                      .key = item.key.data(),
                      .payload = item.payload.data(),
                      .key_bytes = static_cast<uint32_t>(item.key.size()),
                      .payload_bytes = static_cast<uint32_t>(item.payload.size())};
  void* const state = state_of(stage, item.key);
  const size_t taken = stage.entry->run(&record, &state, 0, 1);
  ASSERT(taken == 1, "a record was refused although nothing is bounded");
  for (const std::string& key : stage.chain.erased) stage.states->erase(key);
  stage.chain.erased.clear();
  stage.chain.arena.reset();
}

void Interpreter::finish() {
  for (;;) {
    Stage* due = nullptr;
    for (auto& [node, stage] : stages_) {
      if (stage->chain.timers.empty()) continue;
      if (due == nullptr ||
          std::get<0>(*stage->chain.timers.begin()) < std::get<0>(*due->chain.timers.begin())) {
        due = stage.get();
      }
    }
    if (due == nullptr) return;
    const auto [at_ns, key, name] = *due->chain.timers.begin();
    due->chain.timers.erase(due->chain.timers.begin());
    due->chain.watermark_ns = std::max(due->chain.watermark_ns, at_ns);
    const Record record{
        .event_time_ns = at_ns, .key = key.data(), .key_bytes = static_cast<uint32_t>(key.size())};
    due->entry->timer(record, state_of(*due, key), name, at_ns);
    for (const std::string& erased : due->chain.erased) due->states->erase(erased);
    due->chain.erased.clear();
    due->chain.arena.reset();
    ++timers_fired_;
    work();
  }
}

const std::vector<std::string>& Interpreter::output(std::string_view sink) const {
  const auto found = outputs_.find(sink);
  ASSERT(found != outputs_.end(), "no sink of that name");
  return found->second->runs;
}

uint64_t Interpreter::user_errors() const {
  uint64_t sum = 0;
  for (const auto& [node, stage] : stages_) sum += stage->chain.user_errors;
  return sum;
}

uint64_t Interpreter::keys_not_listed() const {
  uint64_t sum = 0;
  for (const auto& [node, stage] : stages_) sum += stage->chain.keys_not_listed;
  return sum;
}

}  // namespace wallaroo::sim
