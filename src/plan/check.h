// What build() refuses, each mistake as one sentence.
#pragma once

#include <string>
#include <vector>

#include "wallaroo/graph.h"

namespace wallaroo::plan {

/// Every mistake in the graph; empty when it can be built.
std::vector<std::string> find_mistakes(const Graph& graph);

}  // namespace wallaroo::plan
