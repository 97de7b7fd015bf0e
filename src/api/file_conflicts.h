// Files that an application would read and empty at the same time.
#pragma once

#include "base/result.h"
#include "wallaroo/graph.h"

namespace wallaroo::api {

/// Refuses a graph in which a file that is written, dead letters included, is read as well or is
/// written by two. Looks at the disk: links to the same file are the same.
Result<void> check_files(const Graph& graph);

}  // namespace wallaroo::api
