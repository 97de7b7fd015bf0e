#include "guest/graph_json.h"

#include <algorithm>
#include <map>

#include "base/json_text.h"
#include "guest/factory.h"
#include "guest/json_fields.h"
#include "guest/state.h"

namespace wallaroo::guest {
namespace {

constexpr std::pair<const char*, NodeKind> kKinds[] = {
    {"source", NodeKind::source},         {"computation", NodeKind::computation},
    {"event_time", NodeKind::event_time}, {"key_by", NodeKind::key_by},
    {"state", NodeKind::state},           {"merge", NodeKind::merge},
    {"spread", NodeKind::spread},         {"sink", NodeKind::sink}};

constexpr std::pair<const char*, OnError> kPolicies[] = {
    {"drop", OnError::drop}, {"dead-letter", OnError::dead_letter}, {"fail", OnError::fail}};

/// The value that `name` stands for, or nothing when it is none of the table's.
template <class T, size_t N>
std::optional<T> look_up(const std::pair<const char*, T> (&table)[N], std::string_view name) {
  for (const auto& [known, value] : table)
    if (name == known) return value;
  return {};
}

template <class T, size_t N>
std::string names(const std::pair<const char*, T> (&table)[N]) {
  std::string all;
  for (const auto& [known, value] : table) all += (all.empty() ? "" : ", ") + std::string(known);
  return all;
}

Setting read_setting(JsonFields& fields, const char* name) {
  const auto* value = fields.find(name);
  if (value == nullptr) {
    fields.say(std::string("needs ") + name);
    return {};
  }
  if (value->is_string()) return Setting(std::string(std::string_view(value->get_string())));
  JsonFields inner(*value, fields.path(name), fields.trouble());
  Setting setting(inner.text("flag"), inner.text("value"));
  inner.done();
  return setting;
}

std::optional<OnError> read_policy(JsonFields& fields) {
  const std::string name = fields.text("on_error");
  if (name.empty()) return {};
  const auto policy = look_up(kPolicies, name);
  if (!policy) fields.say("has no error policy '" + name + "'; there are " + names(kPolicies));
  return policy;
}

class GraphReader {
 public:
  GraphReader(GuestGraph& guest, JsonTrouble& trouble) : guest_(guest), trouble_(trouble) {}

  void read(const boost::json::value& document) {
    JsonFields fields(document, "graph", trouble_);
    Graph& graph = guest_.graph;
    graph.application = fields.text("application");
    graph.flags = fields.texts("flags");
    graph.pipelines = fields.texts("pipelines");
    graph.mistakes = fields.texts("mistakes");
    if (const auto policy = read_policy(fields)) graph.on_error = *policy;
    if (fields.find("dead_letters") != nullptr) {
      graph.dead_letters = FileSinkSpec{read_setting(fields, "dead_letters"), Framing::lines, true};
    }
    for (const auto* node : fields.list("nodes")) read_node(*node);
    fields.done();
  }

 private:
  void read_node(const boost::json::value& value) {
    const auto number = static_cast<uint32_t>(guest_.graph.nodes.size());
    JsonFields fields(value, "nodes[" + std::to_string(number) + "]", trouble_);
    const std::string kind = fields.text("kind");
    const auto known = look_up(kKinds, kind);
    if (!known) fields.say("has no kind '" + kind + "'; there are " + names(kKinds));
    Node node;
    node.kind = known.value_or(NodeKind::computation);
    node.name = fields.text("name", node.kind == NodeKind::key_by       ? "key-by"
                                    : node.kind == NodeKind::event_time ? "event-time"
                                                                        : "");
    node.pipeline = fields.text("pipeline");
    node.on_error = read_policy(fields);
    read_inputs(fields, node);
    NodeForm form{.node = number, .kind = node.kind};
    read_form(fields, node, form);
    fields.done();
    node.factory = std::make_shared<const Factory>(guest_.program, form);
    guest_.graph.add(std::move(node));
  }

  void read_inputs(JsonFields& fields, Node& node) {
    const size_t before = guest_.graph.nodes.size();
    for (const auto* item : fields.list("inputs")) {
      boost::json::error_code refused;
      const auto input = item->to_number<uint32_t>(refused);
      if (refused || input >= before) {
        fields.say("has an input that is no earlier node");
      } else {
        node.inputs.push_back(input);
        const NodeKind from = guest_.graph.nodes[input].kind;
        if (from == NodeKind::sink) fields.say("takes from a sink, which has no output");
        if ((from == NodeKind::key_by) != (node.kind == NodeKind::state))
          fields.say("a key_by is followed by state computations, and by nothing else");
      }
    }
    const size_t wanted = node.kind == NodeKind::source ? 0 : node.kind == NodeKind::merge ? 2 : 1;
    if (node.inputs.size() != wanted)
      fields.say("needs " + std::to_string(wanted) + " inputs, not " +
                 std::to_string(node.inputs.size()));
  }

  /// What only nodes of one kind have.
  void read_form(JsonFields& fields, Node& node, NodeForm& form) {
    switch (node.kind) {
      case NodeKind::source:
        node.source = read_source(fields, form.node);
        break;
      case NodeKind::sink:
        node.sink = read_sink(fields, form.framing);
        break;
      case NodeKind::key_by:
        node.key_type = fields.text("key_type");
        node.closed = fields.find("keys") != nullptr;
        read_keys(fields, node);
        break;
      case NodeKind::state:
        if (fields.find("shared") != nullptr) node.shared_state = fields.text("shared");
        form.state_type = fields.text("state_type");
        form.timers = fields.boolean("timers");
        form.state_node = form.node;
        if (node.shared_state)
          form.state_node = first_use_.try_emplace(*node.shared_state, form.node).first->second;
        break;
      default:
        break;
    }
  }

  static void read_keys(JsonFields& fields, Node& node) {
    for (const std::string& text : fields.texts("keys")) {
      const auto key = base::from_base64(text);
      if (!key) fields.say("lists a key that is not base64");
      if (key) node.closed_keys.push_back(*key);
    }
  }

  /// The one field of an object that says which kind of connector it is.
  static const boost::json::value* one_of(JsonFields& fields, const char* name) {
    const auto* value = fields.find(name);
    if (value != nullptr && value->is_object() && value->get_object().size() == 1) return value;
    fields.say(std::string("needs ") + name + ", an object with one field: the kind of connector");
    return nullptr;
  }

  SourceSpec read_source(JsonFields& fields, uint32_t node) {
    const auto* value = one_of(fields, "from");
    if (value == nullptr) return {};
    JsonFields from(*value, fields.path("from"), trouble_);
    SourceSpec spec;
    if (const auto* tcp = from.find("tcp")) spec = read_tcp_source(*tcp, from.path("tcp"), node);
    if (const auto* file = from.find("file"))
      spec = read_file_source(*file, from.path("file"), node);
    if (const auto* udp = from.find("udp")) spec = read_udp_source(*udp, from.path("udp"));
    if (const auto* memory = from.find("memory")) spec = read_memory(*memory, from.path("memory"));
    if (const auto* made = from.find("generator")) {
      JsonFields generator(*made, from.path("generator"), trouble_);
      spec = GeneratorSpec{generator.number<uint64_t>("per_second", 0)};
      generator.done();
    }
    from.done();
    return spec;
  }

  SourceSpec read_tcp_source(const boost::json::value& value, const std::string& where,
                             uint32_t node) {
    JsonFields fields(value, where, trouble_);
    TcpSourceSpec spec;
    spec.address = read_setting(fields, "address");
    spec.framing = read_framing(fields, node);
    spec.frame_bytes_max = fields.number("frame_bytes_max", spec.frame_bytes_max);
    spec.connections_max = fields.number("connections_max", spec.connections_max);
    spec.connections_per_peer_max =
        fields.number("connections_per_peer_max", spec.connections_per_peer_max);
    spec.idle_ns_max = fields.number("idle_ns_max", spec.idle_ns_max);
    fields.done();
    return spec;
  }

  SourceSpec read_file_source(const boost::json::value& value, const std::string& where,
                              uint32_t node) {
    JsonFields fields(value, where, trouble_);
    FileSourceSpec spec;
    spec.path = read_setting(fields, "path");
    spec.framing = read_framing(fields, node);
    spec.frame_bytes_max = fields.number("frame_bytes_max", spec.frame_bytes_max);
    spec.follow = fields.boolean("follow");
    fields.done();
    return spec;
  }

  SourceSpec read_udp_source(const boost::json::value& value, const std::string& where) {
    JsonFields fields(value, where, trouble_);
    UdpSourceSpec spec;
    spec.address = read_setting(fields, "address");
    spec.datagram_bytes_max = fields.number("datagram_bytes_max", spec.datagram_bytes_max);
    spec.receive_buffer_bytes = fields.number("receive_buffer_bytes", spec.receive_buffer_bytes);
    fields.done();
    return spec;
  }

  SourceSpec read_memory(const boost::json::value& value, const std::string& where) {
    JsonFields fields(value, where, trouble_);
    MemorySourceSpec spec;
    spec.messages = std::make_shared<const std::vector<std::string>>(fields.texts("messages"));
    spec.repeat = fields.number<uint64_t>("repeat", 1);
    fields.done();
    return spec;
  }

  SinkSpec read_sink(JsonFields& fields, Framing& framing) {
    const auto* value = one_of(fields, "to");
    if (value == nullptr) return {};
    JsonFields to(*value, fields.path("to"), trouble_);
    SinkSpec spec;
    if (const auto* tcp = to.find("tcp")) {
      JsonFields inner(*tcp, to.path("tcp"), trouble_);
      framing = read_framing(inner, {});
      spec = TcpSinkSpec{read_setting(inner, "address"), framing};
      inner.done();
    }
    if (const auto* file = to.find("file")) {
      JsonFields inner(*file, to.path("file"), trouble_);
      framing = read_framing(inner, {});
      spec = FileSinkSpec{read_setting(inner, "path"), framing, inner.boolean("append")};
      inner.done();
    }
    if (const auto* nowhere = to.find("discard")) {
      JsonFields inner(*nowhere, to.path("discard"), trouble_);
      framing = read_framing(inner, {});
      auto output = std::make_shared<MemoryOutput>();
      output->keep = false;
      spec = MemorySinkSpec{std::move(output), framing};
      inner.done();
    }
    to.done();
    return spec;
  }

  /// `node`: of a source, which may have a framing of its own.
  Framing read_framing(JsonFields& fields, std::optional<uint32_t> node) {
    const auto* value = fields.find("framing");
    if (value == nullptr) return Framing::u32be;
    if (value->is_string()) {
      const std::string_view name = value->get_string();
      if (name == "lines") return Framing::lines;
      if (name == "raw") return Framing::raw;
      if (name == "own" && node) {
        guest_.finders.push_back(std::make_unique<const Finder>(*guest_.program, *node));
        Framing own{.kind = Framing::Kind::finder, .header_bytes = 0};
        own.finder = guest_.finders.back().get();
        return own;
      }
      fields.say("has no framing '" + std::string(name) + "'");
      return {};
    }
    JsonFields inner(*value, fields.path("framing"), trouble_);
    Framing framing{.header_bytes = inner.number<uint32_t>("length", 4)};
    framing.little_endian = inner.boolean("little_endian");
    inner.done();
    return framing;
  }

  GuestGraph& guest_;
  JsonTrouble& trouble_;
  std::map<std::string, uint32_t> first_use_;  // of shared states
};

}  // namespace

Result<std::unique_ptr<GuestGraph>> read_graph(const wl_guest& functions, std::string_view json) {
  boost::json::error_code refused;
  const auto document = boost::json::parse({json.data(), json.size()}, refused);
  if (refused)
    return fail(ErrorCode::bad_application, "the graph is no JSON: " + refused.message());
  auto guest = std::make_unique<GuestGraph>();
  guest->program = std::make_shared<const Program>(Program{functions});
  JsonTrouble trouble;
  GraphReader(*guest, trouble).read(document);
  if (trouble.error()) return tl::unexpected(*trouble.error());
  return guest;
}

}  // namespace wallaroo::guest
