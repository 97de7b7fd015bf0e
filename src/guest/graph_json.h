// The graph of a program in another language, from the JSON in which it describes it
// (docs/formats/graph.md).
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "guest/program.h"
#include "wallaroo/graph.h"

namespace wallaroo::guest {

/// A graph and what its nodes point to.
struct GuestGraph {
  std::shared_ptr<const Program> program;
  std::vector<std::unique_ptr<const Finder>> finders;
  Graph graph;
};

/// The error names the node and the field. What only the whole graph can tell is left to
/// plan::build.
Result<std::unique_ptr<GuestGraph>> read_graph(const wl_guest& functions, std::string_view json);

}  // namespace wallaroo::guest

struct wl_app {
  std::unique_ptr<wallaroo::guest::GuestGraph> guest;
};
