#include "plan/explain.h"

#include <fmt/format.h>

#include <algorithm>

#include "plan/paths.h"

namespace wallaroo::plan {
namespace {

std::string framing_name(const Framing& framing) {
  const char* order = framing.little_endian ? "little-endian" : "big-endian";
  switch (framing.kind) {
    case Framing::Kind::length:
      return fmt::format("frames of {}-byte {} length", framing.header_bytes, order);
    case Framing::Kind::header:
      return fmt::format("messages with a header of {} bytes", framing.header_bytes);
    case Framing::Kind::lines:
      return "lines";
    case Framing::Kind::raw:
      return "raw bytes";
    case Framing::Kind::finder:
      return "messages that the program tells apart";
  }
  return "";
}

std::string text_of(const Setting& setting) {
  return setting.flag.empty() ? setting.value
                              : fmt::format("{} (--{})", setting.value, setting.flag);
}

std::string describe_source(const Node& node) {
  if (const auto* tcp = std::get_if<TcpSourceSpec>(&node.source)) {
    return fmt::format("listens on tcp {}, {}; its connections are dealt over the cores",
                       text_of(tcp->address), framing_name(tcp->framing));
  }
  if (const auto* file = std::get_if<FileSourceSpec>(&node.source)) {
    return fmt::format("reads file {}, {}, on one core{}", text_of(file->path),
                       framing_name(file->framing),
                       file->follow ? "; at its end waits for more" : "");
  }
  if (const auto* udp = std::get_if<UdpSourceSpec>(&node.source)) {
    return fmt::format("receives on udp {}, a message a datagram, on core 0",
                       text_of(udp->address));
  }
  if (const auto* memory = std::get_if<MemorySourceSpec>(&node.source)) {
    return fmt::format("reads {} messages from memory, dealt over the cores",
                       memory->messages->size() * memory->repeat);
  }
  return "makes its messages, on core 0";
}

std::string describe_sink(const Node& node) {
  if (const auto* tcp = std::get_if<TcpSinkSpec>(&node.sink)) {
    return fmt::format("tcp {}, {}, a connection from each core", text_of(tcp->address),
                       framing_name(tcp->framing));
  }
  if (const auto* file = std::get_if<FileSinkSpec>(&node.sink)) {
    return fmt::format("file {}, {}, {} by all cores", text_of(file->path),
                       framing_name(file->framing), file->append ? "appended to" : "written");
  }
  return "memory";
}

std::string describe_key(const Node& node) {
  return node.closed
             ? fmt::format("by key ({}; one of {} listed)", node.key_type, node.closed_keys.size())
             : fmt::format("by key ({})", node.key_type);
}

std::string describe_stage(const Plan& plan, const Stage& stage, const Placement& placement) {
  const Node& node = plan.graph.nodes[stage.node];
  switch (node.kind) {
    case NodeKind::source:
      return describe_source(node);
    case NodeKind::merge:
      return "takes what arrives from its inputs, on the core where it is";
    case NodeKind::spread:
      return "takes its share of what is dealt over the cores";
    default:
      break;
  }
  const std::string where = fmt::format("{} partitions over {} core{}", placement.partitions,
                                        placement.cores, placement.cores == 1 ? "" : "s");
  if (stage.entries.size() == 1) return "state for each key, " + where;
  return fmt::format("state for each key, shared by {} computations, {}", stage.entries.size(),
                     where);
}

/// The lines of the chain behind `node`, indented.
class ChainWriter {
 public:
  ChainWriter(const Plan& plan, std::string& text) : plan_(plan), text_(text) {}

  void write(uint32_t node, size_t depth) {
    for (const uint32_t consumer : plan_.consumers[node]) {
      const Node& next = plan_.graph.nodes[consumer];
      switch (next.kind) {
        case NodeKind::sink:
          line(depth, fmt::format("sink '{}': {}", next.name, describe_sink(next)));
          break;
        case NodeKind::key_by:
          for (const uint32_t state : plan_.consumers[consumer]) {
            line(depth, fmt::format("{} to {}", describe_key(next), target(state)));
          }
          break;
        case NodeKind::merge:
          line(depth, "on its core to " + target(consumer));
          break;
        case NodeKind::spread:
          line(depth, "over all cores to " + target(consumer));
          break;
        case NodeKind::event_time:
          line(depth, "event time");
          write(consumer, depth + 1);
          break;
        default:
          line(depth, fmt::format("'{}'", next.name));
          write(consumer, depth + 1);
      }
    }
    if (plan_.consumers[node].empty()) line(depth, "ends here");
  }

 private:
  std::string target(uint32_t entry) const {
    const uint32_t stage = plan_.stage_of(entry);
    const Stage& to = plan_.stages[stage];
    const std::string use =
        to.entries.size() > 1 ? fmt::format(" as '{}'", plan_.graph.nodes[entry].name) : "";
    return fmt::format("stage {} '{}'{}", stage + 1, to.name, use);
  }
  void line(size_t depth, const std::string& what) {
    text_ += std::string(4 + 2 * depth, ' ') + "-> " + what + "\n";
  }

  const Plan& plan_;
  std::string& text_;
};

/// How a graph language writes nodes and arrows.
struct Notation {
  const char* node;     // id, label
  const char* rounded;  // the same for sources and sinks
  const char* arrow;    // from, to, label
  const char* plain;    // from, to
};

std::string label_of(const Node& node) {
  return node.kind == NodeKind::event_time ? "event time" : node.name;
}

/// The node that stands for `node` in a picture: all uses of a shared state are one.
uint32_t shown_as(const Plan& plan, uint32_t node) {
  return plan.graph.nodes[node].kind == NodeKind::state ? plan.stages[plan.stage_of(node)].node
                                                        : node;
}

std::string draw(const Plan& plan, const Notation& notation) {
  std::string text;
  const auto& nodes = plan.graph.nodes;
  for (uint32_t i = 0; i < nodes.size(); ++i) {
    if (nodes[i].kind == NodeKind::key_by || shown_as(plan, i) != i) continue;
    const bool outside = nodes[i].kind == NodeKind::source || nodes[i].kind == NodeKind::sink;
    const bool stateful = nodes[i].kind == NodeKind::state;
    text += fmt::format(fmt::runtime(outside ? notation.rounded : notation.node), i,
                        stateful ? plan.stages[plan.stage_of(i)].name : label_of(nodes[i]));
  }
  for (uint32_t i = 0; i < nodes.size(); ++i) {
    for (const uint32_t input : nodes[i].inputs) {
      if (nodes[i].kind == NodeKind::key_by) continue;
      const bool keyed = nodes[input].kind == NodeKind::key_by;
      const uint32_t from = shown_as(plan, keyed ? nodes[input].inputs[0] : input);
      const uint32_t to = shown_as(plan, i);
      const bool shared = keyed && plan.stages[plan.stage_of(i)].entries.size() > 1;
      if (keyed) {
        text += fmt::format(fmt::runtime(notation.arrow), from, to,
                            shared ? "by key, " + nodes[i].name : "by key");
      } else if (nodes[i].kind == NodeKind::spread) {
        text += fmt::format(fmt::runtime(notation.arrow), from, to, "over all cores");
      } else {
        text += fmt::format(fmt::runtime(notation.plain), from, to);
      }
    }
  }
  return text;
}

/// Empty when every message that fails is dropped and counted, as it is without a word.
std::string explain_failures(const Plan& plan) {
  std::string text;
  for (const Node& node : plan.graph.nodes) {
    const OnError policy = policy_of(plan.graph, node);
    if (policy == OnError::drop) continue;
    text += fmt::format("  where '{}' ({}) fails: {}\n", node.name, node.pipeline,
                        policy == OnError::fail ? "the worker stops" : "dead letter");
  }
  if (text.empty()) return text;
  const auto* letters = std::get_if<FileSinkSpec>(&plan.graph.dead_letters);
  if (letters != nullptr) text += "  dead letters go to file " + text_of(letters->path) + "\n";
  return "\nmessages that fail are dropped and counted, except\n" + text;
}

}  // namespace

std::string explain_text(const Plan& plan, const Placement& placement) {
  std::string text = fmt::format("application '{}' on {} core{}\n", plan.graph.application,
                                 placement.cores, placement.cores == 1 ? "" : "s");
  for (size_t i = 0; i < plan.stages.size(); ++i) {
    const Stage& stage = plan.stages[i];
    text += fmt::format("\nstage {} '{}': {}\n", i + 1, stage.name,
                        describe_stage(plan, stage, placement));
    for (const uint32_t entry : stage.entries) {
      const Node& node = plan.graph.nodes[entry];
      text += stage.entries.size() > 1
                  ? fmt::format("  '{}', pipeline '{}'\n", node.name, node.pipeline)
                  : fmt::format("  pipeline '{}'\n", node.pipeline);
      ChainWriter(plan, text).write(entry, 0);
    }
  }
  text += "\npaths\n";
  for (const Path& path : find_paths(plan)) {
    std::string way;
    for (const std::string& name : path.names) way += (way.empty() ? "" : " > ") + name;
    text += fmt::format("  {}\n    order: {}\n    guarantee: {}\n", way, describe_order(path),
                        describe_guarantee(path));
  }
  return text + explain_failures(plan);
}

std::string explain_mermaid(const Plan& plan) {
  return "flowchart LR\n" + draw(plan, {.node = "  n{}[\"{}\"]\n",
                                        .rounded = "  n{}([\"{}\"])\n",
                                        .arrow = "  n{0} -- \"{2}\" --> n{1}\n",
                                        .plain = "  n{} --> n{}\n"});
}

std::string explain_dot(const Plan& plan) {
  return fmt::format("digraph \"{}\" {{\n  rankdir=LR;\n", plan.graph.application) +
         draw(plan, {.node = "  n{} [label=\"{}\", shape=box];\n",
                     .rounded = "  n{} [label=\"{}\", shape=oval];\n",
                     .arrow = "  n{} -> n{} [label=\"{}\"];\n",
                     .plain = "  n{} -> n{};\n"}) +
         "}\n";
}

}  // namespace wallaroo::plan
