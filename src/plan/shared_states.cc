#include "plan/shared_states.h"

#include <algorithm>
#include <cstddef>
#include <map>
#include <optional>

namespace wallaroo::plan {
namespace {

constexpr size_t kUsesMax = 64;

using Uses = std::vector<uint32_t>;  // nodes

/// The uses of each shared state, by its name.
std::map<std::string, Uses> uses_of(const Graph& graph) {
  std::map<std::string, Uses> uses;
  for (uint32_t i = 0; i < graph.nodes.size(); ++i) {
    const auto& state = graph.nodes[i].shared_state;
    if (state && !state->empty()) uses[*state].push_back(i);
  }
  return uses;
}

std::string shown(const Node& node) {
  return "'" + node.name + "' in pipeline '" + node.pipeline + "'";
}

const std::string& key_type_of(const Graph& graph, const Node& state) {
  return graph.nodes[state.inputs[0]].key_type;
}

/// Walks from a use downstream; what comes to one use of a state comes to the stage of them all.
class Walk {
 public:
  Walk(const Graph& graph, const std::map<std::string, Uses>& uses) : graph_(graph), uses_(uses) {}

  /// A use of `state` that what leaves node `from` can come to.
  std::optional<uint32_t> reaches(uint32_t from, const std::string& state) {
    seen_.assign(graph_.nodes.size(), false);
    std::vector<uint32_t> left = {from};
    while (!left.empty()) {
      const uint32_t node = left.back();
      left.pop_back();
      for (uint32_t next = 0; next < graph_.nodes.size(); ++next) {
        const Node& consumer = graph_.nodes[next];
        const bool takes = std::find(consumer.inputs.begin(), consumer.inputs.end(), node) !=
                           consumer.inputs.end();
        if (!takes || seen_[next]) continue;
        if (consumer.shared_state == state) return next;
        visit(next, left);
      }
    }
    return std::nullopt;
  }

 private:
  void visit(uint32_t node, std::vector<uint32_t>& left) {
    const auto& state = graph_.nodes[node].shared_state;
    const auto shared = state ? uses_.find(*state) : uses_.end();
    const Uses together = shared != uses_.end() ? shared->second : Uses{node};
    for (const uint32_t use : together) {
      seen_[use] = true;
      left.push_back(use);
    }
  }

  const Graph& graph_;
  const std::map<std::string, Uses>& uses_;
  std::vector<bool> seen_;
};

}  // namespace

std::vector<std::string> find_shared_state_mistakes(const Graph& graph) {
  const auto uses = uses_of(graph);
  std::vector<std::string> mistakes;
  Walk walk(graph, uses);
  for (const auto& [name, nodes] : uses) {
    const Node& first = graph.nodes[nodes[0]];
    const std::string state = "the state '" + name + "'";
    for (const Node& node : graph.nodes) {
      if (node.name != name) continue;
      mistakes.push_back(state + " has the name of " + shown(node) + "; choose another one");
    }
    if (nodes.size() > kUsesMax) {
      mistakes.push_back(state + " is used " + std::to_string(nodes.size()) + " times; at most " +
                         std::to_string(kUsesMax) + " are allowed");
    }
    for (const uint32_t use : nodes) {
      const Node& node = graph.nodes[use];
      if (node.factory->state_type() != first.factory->state_type() ||
          node.factory->state_description() != first.factory->state_description()) {
        mistakes.push_back(state + " has one type in " + shown(first) + " and another in " +
                           shown(node) + "; use the same type in both");
      }
      if (key_type_of(graph, node) != key_type_of(graph, first)) {
        mistakes.push_back(state + " has keys of type " + key_type_of(graph, first) + " in " +
                           shown(first) + " and of type " + key_type_of(graph, node) + " in " +
                           shown(node) + "; use the same type of key in both");
      }
      const auto again = walk.reaches(use, name);
      if (!again) continue;
      mistakes.push_back(state + " would be met twice by one message: what " + shown(node) +
                         " sends on comes to " + shown(graph.nodes[*again]) +
                         "; give one of them a state of its own");
    }
  }
  return mistakes;
}

}  // namespace wallaroo::plan
