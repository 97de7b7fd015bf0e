// From the logical graph to the plan every core builds its stages from. Pure data and functions.
//
// A stage begins at a source, a state node or a merge; the computations behind it up to the next
// key_by, merge or sink are fused into it. An edge is where one stage's chain hands records to the
// next stage; for each edge there is one channel for each pair of cores.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "wallaroo/graph.h"

namespace wallaroo::plan {

struct Edge {
  uint32_t from_stage;
  uint32_t to_stage;
  uint32_t node;  // the key_by or merge node at which the sending chain ends
  bool keyed;     // routed by key; otherwise it stays on its core
};

struct Stage {
  uint32_t node;  // source, state or merge
  std::vector<uint32_t> in_edges{};
  std::vector<uint32_t> out_edges{};
  std::vector<uint32_t> sinks{};  // sink nodes in its chain
  bool has_event_time = false;    // its chain assigns event times
};

struct Plan {
  Graph graph;
  std::vector<std::vector<uint32_t>> consumers;  // of each node
  std::vector<Stage> stages;                     // upstream before downstream
  std::vector<Edge> edges;
  bool needs_watermarks = false;  // some stage has timers

  /// The edge that ends at `node` (key_by, merge) and leads to `stage` from `from_stage`.
  uint32_t edge_between(uint32_t from_stage, uint32_t node, uint32_t stage) const;
  uint32_t stage_of(uint32_t node) const;
};

/// Checks the graph and lays out stages and edges. The error lists every mistake found.
Result<Plan> build(const Graph& graph);

/// Puts the values of flags into the settings that name them. An unknown flag is an error.
Result<void> apply_flags(Graph& graph,
                         const std::vector<std::pair<std::string, std::string>>& values);

}  // namespace wallaroo::plan
