// Whether an application would talk to itself, or to nobody.
#pragma once

#include <vector>

#include "base/result.h"
#include "io/address.h"
#include "wallaroo/graph.h"

namespace wallaroo::api {

/// `addresses`: where the node of the same index listens or connects.
Result<void> check_addresses(const Graph& graph, const std::vector<io::Address>& addresses);

}  // namespace wallaroo::api
