// A plan for people: what became of each pipeline, where it runs, and what each path promises.
#pragma once

#include <string>

#include "plan/plan.h"

namespace wallaroo::plan {

struct Placement {
  uint32_t cores = 1;
  uint32_t partitions = 1024;
};

/// Text for a terminal: the stages with their chains, then every path from a source to a sink (or
/// to where it ends) with its order and its guarantee.
std::string explain_text(const Plan& plan, const Placement& placement);
/// The same graph as a Mermaid flowchart.
std::string explain_mermaid(const Plan& plan);
/// The same graph in the language of Graphviz.
std::string explain_dot(const Plan& plan);

}  // namespace wallaroo::plan
