// What must hold of states that several state computations share.
#pragma once

#include <string>
#include <vector>

#include "wallaroo/graph.h"

namespace wallaroo::plan {

/// All uses of a state agree on its type and on the type of its keys, its name is nobody else's,
/// and no message can come to it twice on one way: its stage would wait for itself. One sentence
/// each.
std::vector<std::string> find_shared_state_mistakes(const Graph& graph);

}  // namespace wallaroo::plan
