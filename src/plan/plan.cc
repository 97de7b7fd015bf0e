#include "plan/plan.h"

#include <algorithm>

#include "base/assert.h"
#include "plan/check.h"
#include "plan/explain.h"
#include "wallaroo/application.h"

namespace wallaroo {

uint32_t Graph::add(Node node) {
  nodes.push_back(std::move(node));
  return static_cast<uint32_t>(nodes.size() - 1);
}

Setting Application::flag(std::string name, std::string fallback) {
  graph_.flags.push_back(name);
  return Setting(std::move(name), std::move(fallback));
}

Result<void> Application::check() const {
  auto plan = plan::build(graph_);
  if (!plan) return tl::unexpected(std::move(plan).error());
  return {};
}

Result<std::string> Application::explain(Explanation form, uint32_t cores) const {
  TRY(built, plan::build(graph_));
  if (form == Explanation::mermaid) return plan::explain_mermaid(built);
  if (form == Explanation::dot) return plan::explain_dot(built);
  return plan::explain_text(built, {.cores = cores});
}

}  // namespace wallaroo

namespace wallaroo::plan {
namespace {

bool begins_chain(NodeKind kind) {
  return kind == NodeKind::source || kind == NodeKind::state || kind == NodeKind::merge ||
         kind == NodeKind::spread;
}

/// A stage for a chain that begins at `node`, or one more entry of the stage whose state it shares.
void add_entry(Plan& plan, uint32_t node) {
  const auto& shared = plan.graph.nodes[node].shared_state;
  const auto stage = std::find_if(plan.stages.begin(), plan.stages.end(), [&](const Stage& known) {
    return shared && plan.graph.nodes[known.node].shared_state == shared;
  });
  if (stage != plan.stages.end()) {
    stage->entries.push_back(node);
  } else {
    plan.stages.push_back(
        {.node = node, .entries = {node}, .name = shared.value_or(plan.graph.nodes[node].name)});
  }
}

/// One edge however many branches of the stage's chain end at `node`.
void add_edge(Plan& plan, const Edge& edge) {
  const bool known = std::any_of(plan.edges.begin(), plan.edges.end(), [&](const Edge& other) {
    return other.from_stage == edge.from_stage && other.node == edge.node &&
           other.to_stage == edge.to_stage && other.port == edge.port;
  });
  if (!known) plan.edges.push_back(edge);
}

Edge edge_to(const Plan& plan, uint32_t from_stage, uint32_t node, uint32_t entry,
             Routing routing) {
  return {from_stage, plan.stage_of(entry), node, plan.port_of(entry), routing};
}

/// Walks the fused chain behind `node` and notes where it ends.
void follow(Plan& plan, uint32_t stage, uint32_t node) {
  for (uint32_t consumer : plan.consumers[node]) {
    const NodeKind kind = plan.graph.nodes[consumer].kind;
    if (kind == NodeKind::key_by) {
      for (uint32_t state : plan.consumers[consumer]) {
        add_edge(plan, edge_to(plan, stage, consumer, state, Routing::by_key));
      }
    } else if (kind == NodeKind::merge) {
      add_edge(plan, edge_to(plan, stage, consumer, consumer, Routing::own_core));
    } else if (kind == NodeKind::spread) {
      add_edge(plan, edge_to(plan, stage, consumer, consumer, Routing::spread));
    } else if (kind == NodeKind::sink) {
      plan.stages[stage].sinks.push_back(consumer);
    } else {
      if (kind == NodeKind::event_time) plan.stages[stage].has_event_time = true;
      follow(plan, stage, consumer);
    }
  }
}

std::string joined(const std::vector<std::string>& mistakes) {
  if (mistakes.size() == 1) return mistakes[0];
  std::string text = std::to_string(mistakes.size()) + " mistakes:";
  for (const std::string& mistake : mistakes) text += "\n  - " + mistake;
  return text;
}

}  // namespace

uint32_t Plan::stage_of(uint32_t entry) const {
  const auto found = std::find_if(stages.begin(), stages.end(), [entry](const Stage& stage) {
    return std::find(stage.entries.begin(), stage.entries.end(), entry) != stage.entries.end();
  });
  ASSERT(found != stages.end(), "every node that begins a chain has a stage");
  return static_cast<uint32_t>(found - stages.begin());
}

uint32_t Plan::port_of(uint32_t entry) const {
  const std::vector<uint32_t>& entries = stages[stage_of(entry)].entries;
  return static_cast<uint32_t>(std::find(entries.begin(), entries.end(), entry) - entries.begin());
}

uint32_t Plan::edge_between(uint32_t from_stage, uint32_t node, uint32_t entry) const {
  const uint32_t to_stage = stage_of(entry);
  const uint32_t port = port_of(entry);
  const auto found = std::find_if(edges.begin(), edges.end(), [&](const Edge& edge) {
    return edge.from_stage == from_stage && edge.node == node && edge.to_stage == to_stage &&
           edge.port == port;
  });
  ASSERT(found != edges.end(), "every end of a chain has an edge");
  return static_cast<uint32_t>(found - edges.begin());
}

Result<Plan> build(const Graph& graph) {
  const auto mistakes = find_mistakes(graph);
  if (!mistakes.empty()) {
    return fail(ErrorCode::bad_application,
                "application '" + graph.application + "' cannot be built: " + joined(mistakes));
  }
  Plan plan;
  plan.graph = graph;
  plan.consumers.resize(graph.nodes.size());
  for (uint32_t i = 0; i < graph.nodes.size(); ++i) {
    for (uint32_t input : graph.nodes[i].inputs) plan.consumers[input].push_back(i);
    if (begins_chain(graph.nodes[i].kind)) add_entry(plan, i);
    if (graph.nodes[i].factory->uses_timers()) plan.needs_watermarks = true;
  }
  for (uint32_t stage = 0; stage < plan.stages.size(); ++stage) {
    for (uint32_t entry : plan.stages[stage].entries) follow(plan, stage, entry);
  }
  for (uint32_t edge = 0; edge < plan.edges.size(); ++edge) {
    plan.stages[plan.edges[edge].from_stage].out_edges.push_back(edge);
    plan.stages[plan.edges[edge].to_stage].in_edges.push_back(edge);
  }
  return plan;
}

Setting* setting_of(Node& node) {
  if (auto* tcp = std::get_if<TcpSourceSpec>(&node.source)) return &tcp->address;
  if (auto* udp = std::get_if<UdpSourceSpec>(&node.source)) return &udp->address;
  if (auto* file = std::get_if<FileSourceSpec>(&node.source)) return &file->path;
  return setting_of(node.sink);
}

Setting* setting_of(SinkSpec& sink) {
  if (auto* tcp = std::get_if<TcpSinkSpec>(&sink)) return &tcp->address;
  if (auto* file = std::get_if<FileSinkSpec>(&sink)) return &file->path;
  return nullptr;
}

const Setting* address_of(const Node& node) {
  const bool file = std::holds_alternative<FileSourceSpec>(node.source) ||
                    std::holds_alternative<FileSinkSpec>(node.sink);
  return file ? nullptr : setting_of(const_cast<Node&>(node));  // which changes nothing
}

const Setting* find_flag(const Graph& graph, const std::string& flag) {
  Graph& of = const_cast<Graph&>(graph);  // what is found is not changed here
  for (Node& node : of.nodes) {
    const Setting* setting = setting_of(node);
    if (setting != nullptr && setting->flag == flag) return setting;
  }
  const Setting* letters = setting_of(of.dead_letters);
  return letters != nullptr && letters->flag == flag ? letters : nullptr;
}

OnError policy_of(const Graph& graph, const Node& node) {
  return node.on_error.value_or(graph.on_error);
}

Result<void> check_dead_letters(const Graph& graph) {
  if (!std::holds_alternative<std::monostate>(graph.dead_letters)) return {};
  for (const Node& node : graph.nodes) {
    if (policy_of(graph, node) != OnError::dead_letter) continue;
    return fail(ErrorCode::bad_option,
                "messages on which '" + node.name +
                    "' fails are to become dead letters, but no file is named for them; name one "
                    "by --dead-letters or in the program");
  }
  return {};
}

Result<void> apply_flags(Graph& graph,
                         const std::vector<std::pair<std::string, std::string>>& values) {
  for (const auto& [name, value] : values) {
    if (std::find(graph.flags.begin(), graph.flags.end(), name) == graph.flags.end()) {
      return fail(ErrorCode::bad_option, "the application has no flag --" + name);
    }
    const auto apply = [&](Setting* setting) {
      if (setting != nullptr && setting->flag == name) setting->value = value;
    };
    for (Node& node : graph.nodes) apply(setting_of(node));
    apply(setting_of(graph.dead_letters));
  }
  return {};
}

}  // namespace wallaroo::plan
