#include "api/file_conflicts.h"

#include <filesystem>
#include <string>
#include <vector>

namespace wallaroo::api {
namespace {

namespace fs = std::filesystem;

struct Use {
  std::string who;
  std::string path;
  bool writes;
};

std::vector<Use> uses_of(const Graph& graph) {
  std::vector<Use> uses;
  for (const Node& node : graph.nodes) {
    if (const auto* source = std::get_if<FileSourceSpec>(&node.source)) {
      uses.push_back({"source '" + node.name + "'", source->path.value, false});
    }
    if (const auto* sink = std::get_if<FileSinkSpec>(&node.sink)) {
      uses.push_back({"sink '" + node.name + "'", sink->path.value, true});
    }
  }
  if (const auto* letters = std::get_if<FileSinkSpec>(&graph.dead_letters)) {
    uses.push_back({"the file of dead letters", letters->path.value, true});
  }
  return uses;
}

bool same_file(const std::string& a, const std::string& b) {
  std::error_code error;
  if (fs::is_character_file(a, error)) return false;  // /dev/null may be written by many
  if (fs::equivalent(a, b, error)) return true;
  // One that does not exist yet. A path that cannot be looked at is told when it is opened.
  const fs::path first = fs::weakly_canonical(a, error);
  return !first.empty() && first == fs::weakly_canonical(b, error);
}

}  // namespace

Result<void> check_files(const Graph& graph) {
  const std::vector<Use> uses = uses_of(graph);
  for (size_t i = 0; i < uses.size(); ++i) {
    for (size_t k = i + 1; k < uses.size(); ++k) {
      const bool harmless = !uses[i].writes && !uses[k].writes;
      if (harmless || !same_file(uses[i].path, uses[k].path)) continue;
      return fail(ErrorCode::bad_option, uses[i].who + " and " + uses[k].who +
                                             " use the same file, '" + uses[k].path +
                                             "', which is written; give each a file of its own");
    }
  }
  return {};
}

}  // namespace wallaroo::api
