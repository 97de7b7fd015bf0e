#include "plan/check.h"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <map>
#include <string_view>

#include "plan/shared_states.h"

namespace wallaroo::plan {
namespace {

constexpr size_t kNameBytesMax = 64;
constexpr uint32_t kLengthBytesMax = 8;
constexpr uint32_t kHeaderBytesMax = 4096;
constexpr std::string_view kFlagsOfEveryApplication[] = {
    "help",     "name",         "cores",      "http",     "busy-poll", "quiet",           "explain",
    "on-error", "dead-letters", "log-format", "insecure", "config",    "tls-certificate", "tls-key",
    "tls-ca",   "tls-client-ca"};

const char* kind_name(NodeKind kind) {
  switch (kind) {
    case NodeKind::source:
      return "source";
    case NodeKind::computation:
      return "computation";
    case NodeKind::event_time:
      return "event_time";
    case NodeKind::key_by:
      return "key_by";
    case NodeKind::state:
      return "state computation";
    case NodeKind::merge:
      return "merge";
    case NodeKind::spread:
      return "spread";
    case NodeKind::sink:
      return "sink";
  }
  return "node";
}

bool carries_name(NodeKind kind) {
  return kind != NodeKind::key_by && kind != NodeKind::event_time;
}

std::string name_mistake(const std::string& what, const std::string& name) {
  if (name.empty()) return what + " has no name; give it one made of a-z, 0-9 and '-'";
  const bool legal = std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  });
  if (!legal) return what + " '" + name + "': a name is made of a-z, 0-9 and '-' only";
  if (name.size() > kNameBytesMax)
    return what + " '" + name + "': a name has at most 64 characters";
  return {};
}

class Checker {
 public:
  explicit Checker(const Graph& graph) : graph_(graph), consumers_(graph.nodes.size(), 0) {}

  std::vector<std::string> run() {
    if (graph_.application.empty()) say("the application has no name; give it one");
    if (graph_.nodes.empty()) say("the application has no pipeline; begin one at a source");
    for (const Node& node : graph_.nodes) {
      for (uint32_t input : node.inputs) ++consumers_[input];
    }
    for (const std::string& mistake : graph_.mistakes) say(mistake);
    for (size_t i = 0; i < graph_.nodes.size(); ++i) check_node(i);
    check_pipelines();
    for (std::string& mistake : find_shared_state_mistakes(graph_)) say(std::move(mistake));
    check_flags();
    return std::move(mistakes_);
  }

 private:
  void say(std::string mistake) {
    if (!mistake.empty()) mistakes_.push_back(std::move(mistake));
  }

  size_t states_named(const std::string& name) const {
    return static_cast<size_t>(std::ranges::count_if(graph_.nodes, [&](const Node& node) {
      return node.kind == NodeKind::state && node.name == name;
    }));
  }

  void check_node(size_t index) {
    const Node& node = graph_.nodes[index];
    const std::string what =
        std::string(kind_name(node.kind)) + " in pipeline '" + node.pipeline + "'";
    if (carries_name(node.kind)) {
      say(name_mistake(what, node.name));
      if (!node.name.empty() && ++names_[node.name] == 2) {
        say("the name '" + node.name +
            "' is used twice; sources, computations, states and sinks need names of their own" +
            (states_named(node.name) > 1 ? "; to share one state, give both the same shared name"
                                         : ""));
      }
    }
    if (node.kind == NodeKind::key_by && consumers_[index] == 0) {
      say("a key_by in pipeline '" + node.pipeline +
          "' is followed by nothing; a state computation or process belongs behind it");
    }
    if (node.kind == NodeKind::key_by && node.closed && node.closed_keys.empty()) {
      say("a key_by in pipeline '" + node.pipeline +
          "' has an empty list of keys, so every message would be dropped; list the keys or leave "
          "the list out");
    }
    if (node.kind == NodeKind::event_time && begins_with_state(index)) {
      say("event_time in pipeline '" + node.pipeline +
          "' comes after a state computation, merge or spread; assign event times before the "
          "first key_by, merge or spread");
    }
    if (node.kind == NodeKind::merge && node.inputs[0] == node.inputs[1]) {
      say(what + " '" + node.name +
          "' merges a stream with itself, so every message would come twice; merge two streams");
    }
    if (node.shared_state) say(name_mistake("a shared state", *node.shared_state));
    check_connectors(node, what);
  }

  void check_connectors(const Node& node, const std::string& what) {
    if (const auto* tcp = std::get_if<TcpSourceSpec>(&node.source)) {
      check_source_framing(tcp->framing, tcp->frame_bytes_max, what + " '" + node.name + "'");
      if (tcp->connections_max == 0) {
        say(what + " '" + node.name +
            "': connections_max 0 would refuse everybody; allow at least 1");
      }
      if (tcp->idle_ns_max > static_cast<uint64_t>(INT64_MAX)) {
        say(what + " '" + node.name + "': idle_ns_max must be between 0 and 2^63-1 ns");
      }
      if (tcp->connections_per_peer_max == 0) {
        say(what + " '" + node.name +
            "': connections_per_peer_max 0 would refuse everybody; allow at least 1");
      }
    }
    if (const auto* file = std::get_if<FileSourceSpec>(&node.source)) {
      check_source_framing(file->framing, file->frame_bytes_max, what + " '" + node.name + "'");
    }
    if (const auto* file = std::get_if<FileSinkSpec>(&node.sink)) {
      check_sink_framing(file->framing, what + " '" + node.name + "'");
    }
    if (const auto* udp = std::get_if<UdpSourceSpec>(&node.source);
        udp != nullptr && (udp->datagram_bytes_max == 0 || udp->datagram_bytes_max > 65'535)) {
      say(what + " '" + node.name + "': datagram_bytes_max must be between 1 and 65,535 bytes");
    }
    if (const auto* tcp = std::get_if<TcpSinkSpec>(&node.sink)) {
      check_sink_framing(tcp->framing, what + " '" + node.name + "'");
    }
    if (const auto* memory = std::get_if<MemorySinkSpec>(&node.sink)) {
      check_sink_framing(memory->framing, what + " '" + node.name + "'");
      if (memory->output == nullptr) {
        say(what + " '" + node.name + "': memory::sink needs a MemoryOutput to write to; pass one");
      }
    }
  }

  void check_source_framing(const Framing& framing, uint32_t frame_bytes_max,
                            const std::string& what) {
    if (frame_bytes_max == 0 || frame_bytes_max > (64u << 20)) {
      say(what + ": the limit of a message must be between 1 byte and 64 MiB, not " +
          std::to_string(frame_bytes_max) + " bytes");
    }
    if (framing.kind == Framing::Kind::raw) {
      say(what + ": raw framing cannot tell messages apart; use lengths or lines");
    }
    if (framing.kind == Framing::Kind::header) {
      if (framing.header_bytes == 0 || framing.header_bytes > kHeaderBytesMax) {
        say(what + ": a header has 1 to " + std::to_string(kHeaderBytesMax) + " bytes");
      }
      if (framing.payload_length == nullptr) {
        say(what + ": a header framing needs a function from header to payload length; pass one");
      }
    }
    if (framing.kind == Framing::Kind::finder && framing.finder == nullptr) {
      say(what + ": this framing needs a finder of messages; pass one");
    }
    check_length(framing, what);
  }

  void check_sink_framing(const Framing& framing, const std::string& what) {
    if (framing.kind == Framing::Kind::header || framing.kind == Framing::Kind::finder) {
      say(what + ": a header framing is for sources; write the header in the encoder and use raw");
    }
    check_length(framing, what);
  }

  void check_length(const Framing& framing, const std::string& what) {
    if (framing.kind != Framing::Kind::length) return;
    if (framing.header_bytes == 0 || framing.header_bytes > kLengthBytesMax) {
      say(what + ": a length has 1 to " + std::to_string(kLengthBytesMax) + " bytes");
    }
  }

  /// Whether the chain that `index` belongs to starts at a state computation or merge.
  bool begins_with_state(size_t index) const {
    while (graph_.nodes[index].kind != NodeKind::source) {
      index = graph_.nodes[index].inputs[0];
      const NodeKind kind = graph_.nodes[index].kind;
      if (kind == NodeKind::state || kind == NodeKind::merge || kind == NodeKind::spread) {
        return true;
      }
    }
    return false;
  }

  void check_pipelines() {
    std::map<std::string, int> sources;
    for (const Node& node : graph_.nodes) {
      if (node.kind == NodeKind::source) ++sources[node.pipeline];
    }
    std::map<std::string, int> made;
    for (const std::string& pipeline : graph_.pipelines) {
      if (++made[pipeline] == 2) {
        say("the pipeline '" + pipeline +
            "' is made twice; build on the first one, or choose another name");
      }
      if (sources[pipeline] == 0 && made[pipeline] == 1) {
        say("pipeline '" + pipeline + "' has no source; begin it at one");
      }
    }
    for (const auto& [pipeline, count] : sources) {
      say(name_mistake("a pipeline", pipeline));
      if (count > 1) {
        say("pipeline '" + pipeline + "' has " + std::to_string(count) +
            " sources; give each source a pipeline of its own and merge the streams");
      }
    }
  }

  void check_flags() {
    std::map<std::string_view, int> times;
    for (const std::string& flag : graph_.flags) {
      if (flag.starts_with('-')) {
        say("the flag '" + flag +
            "' begins with a dash; name it without; the command line adds them");
        continue;
      }
      say(name_mistake("a flag", flag));
      if (std::count(std::begin(kFlagsOfEveryApplication), std::end(kFlagsOfEveryApplication),
                     flag) != 0) {
        say("the flag '" + flag + "' is one that every application has; choose another name");
      }
      if (++times[flag] == 2) {
        say("the flag '" + flag + "' is made twice; make it once, and use that in all places");
      }
    }
  }

  const Graph& graph_;
  std::vector<uint32_t> consumers_;
  std::map<std::string, int> names_;
  std::vector<std::string> mistakes_;
};

}  // namespace

std::vector<std::string> find_mistakes(const Graph& graph) { return Checker(graph).run(); }

}  // namespace wallaroo::plan
