// The ways messages can go through a plan, and what each of them promises. The promises are
// computed from the graph, not written down by anybody.
#pragma once

#include <string>
#include <vector>

#include "plan/plan.h"

namespace wallaroo::plan {

struct Path {
  std::vector<std::string> names;  // source, sink and what begins a chain between them
  bool keyed = false;              // goes through a state
  bool merged = false;             // through a merge, or a state that others use too
  bool spread = false;
  bool tcp_source = false;
  bool udp_source = false;
  bool tcp_sink = false;
};

constexpr size_t kPathsMax = 1000;

/// Every path from a source to a sink, or to where its last chain ends; kPathsMax at most.
std::vector<Path> find_paths(const Plan& plan);

std::string describe_order(const Path& path);
std::string describe_guarantee(const Path& path);

}  // namespace wallaroo::plan
