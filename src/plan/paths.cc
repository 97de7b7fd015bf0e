#include "plan/paths.h"

#include <algorithm>

namespace wallaroo::plan {
namespace {

class Finder {
 public:
  explicit Finder(const Plan& plan) : plan_(plan) {}

  std::vector<Path> run() {
    for (uint32_t i = 0; i < plan_.graph.nodes.size(); ++i) {
      if (plan_.graph.nodes[i].kind == NodeKind::source) walk(i, {});
    }
    return std::move(paths_);
  }

 private:
  void walk(uint32_t index, Path path) {
    if (paths_.size() >= kPathsMax) return;
    const Node& node = plan_.graph.nodes[index];
    switch (node.kind) {
      case NodeKind::source:
        path.tcp_source = std::holds_alternative<TcpSourceSpec>(node.source);
        path.udp_source = std::holds_alternative<UdpSourceSpec>(node.source);
        break;
      case NodeKind::state:
        path.keyed = true;
        path.merged |= plan_.stages[plan_.stage_of(index)].entries.size() > 1;
        break;
      case NodeKind::merge:
        path.merged = true;
        break;
      case NodeKind::spread:
        path.spread = true;
        break;
      case NodeKind::sink:
        path.tcp_sink = std::holds_alternative<TcpSinkSpec>(node.sink);
        break;
      default:
        break;
    }
    const bool named = node.kind != NodeKind::key_by && node.kind != NodeKind::event_time &&
                       node.kind != NodeKind::computation;
    if (named) path.names.push_back(node.name);
    if (plan_.consumers[index].empty()) paths_.push_back(path);
    for (const uint32_t consumer : plan_.consumers[index]) walk(consumer, path);
  }

  const Plan& plan_;
  std::vector<Path> paths_;
};

}  // namespace

std::vector<Path> find_paths(const Plan& plan) { return Finder(plan).run(); }

std::string describe_order(const Path& path) {
  if (path.spread) return "none: a spread gives it up";
  if (path.udp_source) return "that in which datagrams arrive, which need not be that of sending";
  const std::string of = path.tcp_source ? "messages of one connection" : "messages of one core";
  const std::string kept = path.keyed ? of + " keep it for each key" : of + " keep it";
  return path.merged ? kept + "; those of different inputs mix as they arrive" : kept;
}

std::string describe_guarantee(const Path& path) {
  const std::string crash =
      "at most once when the worker crashes (its state and what is under way are in memory)";
  if (path.udp_source) {
    return "at most once for each datagram that arrives: the network may lose or double it, and "
           "what finds no room in the socket is lost; " +
           std::string(path.tcp_sink ? "after a broken connection of the sink a part may be "
                                       "missing or come again; "
                                     : "") +
           crash;
  }
  if (!path.tcp_sink) return "once while the worker lives, a drain included; " + crash;
  return "once while the worker and the sink's connection live, a drain included; after a broken "
         "connection a part may be missing or come again; " +
         crash;
}

}  // namespace wallaroo::plan
