// From the logical graph to the plan every core builds its stages from. Pure data and functions.
//
// A stage begins at a source, a state node, a merge or a spread; the computations behind it up to
// the next key_by, merge, spread or sink are fused into it. All state nodes that share a state are
// one stage, with an entry and so an input port for each. An edge is where one stage's chain hands
// records to the next stage; for each edge there is one channel for each pair of cores.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "wallaroo/graph.h"

namespace wallaroo::plan {

enum class Routing : uint8_t {
  own_core,  // it stays where it is
  by_key,    // to the core that owns the key's partition
  spread,    // to all cores in turn
};

struct Edge {
  uint32_t from_stage;
  uint32_t to_stage;
  uint32_t node;  // the key_by, merge or spread node at which the sending chain ends
  uint32_t port;  // of the receiving stage: an index of its entries
  Routing routing;
};

struct Stage {
  uint32_t node;                    // source, state, merge or spread; of a shared state the first
  std::vector<uint32_t> entries{};  // the nodes at which its chains begin: one, or all that share
  std::string name{};               // of the node, or of the shared state
  std::vector<uint32_t> in_edges{};
  std::vector<uint32_t> out_edges{};
  std::vector<uint32_t> sinks{};  // sink nodes in its chain
  bool has_event_time = false;    // its chain assigns event times
};

struct Plan {
  Graph graph;
  std::vector<std::vector<uint32_t>> consumers;  // of each node
  std::vector<Stage> stages;  // in the order in which their first nodes were made
  std::vector<Edge> edges;
  bool needs_watermarks = false;  // some stage has timers

  /// The edge from `from_stage` that ends at `node` (key_by, merge, spread) and leads to the chain
  /// that begins at `entry`.
  uint32_t edge_between(uint32_t from_stage, uint32_t node, uint32_t entry) const;
  /// The stage with a chain that begins at `entry`.
  uint32_t stage_of(uint32_t entry) const;
  uint32_t port_of(uint32_t entry) const;
};

/// Checks the graph and lays out stages and edges. The error lists every mistake found.
Result<Plan> build(const Graph& graph);

/// The address or path of a source or sink; null where it has none.
Setting* setting_of(Node& node);
Setting* setting_of(SinkSpec& sink);
/// Where the node listens or connects to; null where it has no address.
const Setting* address_of(const Node& node);
/// A setting that the flag sets; null where none does.
const Setting* find_flag(const Graph& graph, const std::string& flag);

/// What becomes of messages on which the node's function fails.
OnError policy_of(const Graph& graph, const Node& node);
/// Who sends messages to the dead letters must have a place for them.
Result<void> check_dead_letters(const Graph& graph);

/// Puts the values of flags into the settings that name them. An unknown flag is an error.
Result<void> apply_flags(Graph& graph,
                         const std::vector<std::pair<std::string, std::string>>& values);

}  // namespace wallaroo::plan
