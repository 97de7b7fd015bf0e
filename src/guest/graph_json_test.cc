// Graphs in JSON: every field where it belongs, and a sentence for everything that is wrong.
#include "guest/graph_json.h"

#include <gtest/gtest.h>

#include "plan/plan.h"

namespace wallaroo::guest {
namespace {

constexpr wl_guest kNoFunctions{};

std::unique_ptr<GuestGraph> read(const std::string& json) {
  auto graph = read_graph(kNoFunctions, json);
  EXPECT_TRUE(graph.has_value()) << (graph ? "" : graph.error().message);
  return graph ? std::move(*graph) : std::make_unique<GuestGraph>();
}

std::string mistake(const std::string& json) {
  const auto graph = read_graph(kNoFunctions, json);
  if (graph) return "nothing was refused";
  EXPECT_EQ(graph.error().code, ErrorCode::bad_application);
  return graph.error().message;
}

/// A graph with this node behind a source, a key_by and a sink.
std::string with_node(const std::string& fields) {
  return R"({"nodes":[
    {"kind":"source","name":"in","from":{"memory":{"messages":[]}}},
    {"kind":"key_by","inputs":[0]},
    {"kind":"sink","name":"out","inputs":[0],"to":{"file":{"path":"a"}}},
    {)" + fields +
         "}]}";
}

template <class Spec>
Spec source_of(const std::string& from) {
  const auto guest = read(R"({"nodes":[{"kind":"source","name":"in","from":)" + from + "}]}");
  return std::get<Spec>(guest->graph.nodes.at(0).source);
}

TEST(GraphJson, reads_the_fields_of_the_whole) {
  const auto guest = read(R"({"application":"a","flags":["f","g"],"pipelines":["p"],
    "mistakes":["wrong"],"on_error":"fail","dead_letters":{"flag":"letters","value":"file"}})");
  const Graph& graph = guest->graph;
  EXPECT_EQ(graph.application, "a");
  EXPECT_EQ(graph.flags, (std::vector<std::string>{"f", "g"}));
  EXPECT_EQ(graph.pipelines, std::vector<std::string>{"p"});
  EXPECT_EQ(graph.mistakes, std::vector<std::string>{"wrong"});
  EXPECT_EQ(graph.on_error, OnError::fail);
  const auto& letters = std::get<FileSinkSpec>(graph.dead_letters);
  EXPECT_EQ(letters.path.flag, "letters");
  EXPECT_EQ(letters.path.value, "file");
  EXPECT_TRUE(letters.append);
  EXPECT_EQ(letters.framing, Framing::lines);
  EXPECT_EQ(read(R"({"application":"a","application":"b"})")->graph.application, "b");
  const auto empty = read("{}");
  EXPECT_EQ(empty->graph.on_error, OnError::drop);
  EXPECT_TRUE(std::holds_alternative<std::monostate>(empty->graph.dead_letters));
}

TEST(GraphJson, reads_nodes_of_every_kind) {
  const auto guest = read(R"({"nodes":[
    {"kind":"source","name":"in","pipeline":"p","from":{"memory":{"messages":["a","b"]}}},
    {"kind":"computation","name":"change","inputs":[0],"on_error":"dead-letter"},
    {"kind":"event_time","inputs":[1]},
    {"kind":"spread","name":"deal","inputs":[2]},
    {"kind":"merge","name":"both","inputs":[3,0]},
    {"kind":"key_by","inputs":[4],"key_type":"text","keys":["YQ==","Yg=="]},
    {"kind":"state","name":"one","inputs":[5],"shared":"s","state_type":"t","timers":true},
    {"kind":"state","name":"two","inputs":[5],"shared":"s","state_type":"t","on_error":"drop"},
    {"kind":"sink","name":"out","inputs":[6],"to":{"file":{"path":"a"}}}]})");
  const std::vector<Node>& nodes = guest->graph.nodes;
  ASSERT_EQ(nodes.size(), 9u);
  constexpr NodeKind kKinds[] = {NodeKind::source, NodeKind::computation, NodeKind::event_time,
                                 NodeKind::spread, NodeKind::merge,       NodeKind::key_by,
                                 NodeKind::state,  NodeKind::state,       NodeKind::sink};
  for (size_t i = 0; i < nodes.size(); ++i) EXPECT_EQ(nodes[i].kind, kKinds[i]) << i;
  EXPECT_EQ(nodes[0].pipeline, "p");
  EXPECT_FALSE(nodes[0].on_error.has_value());
  EXPECT_EQ(nodes[1].name, "change");
  EXPECT_EQ(nodes[1].on_error, OnError::dead_letter);
  EXPECT_EQ(nodes[2].name, "event-time");
  EXPECT_EQ(nodes[4].inputs, (std::vector<uint32_t>{3, 0}));
  EXPECT_EQ(nodes[5].name, "key-by");
  EXPECT_EQ(nodes[5].key_type, "text");
  EXPECT_TRUE(nodes[5].closed);
  EXPECT_EQ(nodes[5].closed_keys, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(nodes[6].shared_state, "s");
  EXPECT_EQ(nodes[6].factory->state_description(), "t");
  EXPECT_TRUE(nodes[6].factory->uses_timers());
  EXPECT_FALSE(nodes[7].factory->uses_timers());
  EXPECT_EQ(nodes[7].on_error, OnError::drop);
  EXPECT_NE(nodes[6].factory->state_type(), nullptr);
  EXPECT_EQ(nodes[8].factory->state_type(), nullptr);
}

TEST(GraphJson, reads_sources_with_all_their_limits) {
  const auto tcp = source_of<TcpSourceSpec>(R"({"tcp":{"address":{"flag":"in","value":":1"},
    "framing":"lines","frame_bytes_max":2,"connections_max":3,"connections_per_peer_max":4,
    "idle_ns_max":5}})");
  EXPECT_EQ(tcp.address.flag, "in");
  EXPECT_EQ(tcp.address.value, ":1");
  EXPECT_EQ(tcp.framing, Framing::lines);
  EXPECT_EQ(tcp.frame_bytes_max, 2u);
  EXPECT_EQ(tcp.connections_max, 3u);
  EXPECT_EQ(tcp.connections_per_peer_max, 4u);
  EXPECT_EQ(tcp.idle_ns_max, 5u);
  const auto plain = source_of<TcpSourceSpec>(R"({"tcp":{"address":":1"}})");
  EXPECT_EQ(plain.framing, Framing::u32be);
  EXPECT_EQ(plain.frame_bytes_max, TcpSourceSpec().frame_bytes_max);
  const auto file = source_of<FileSourceSpec>(
      R"({"file":{"path":"a","framing":{"length":2,"little_endian":true},"frame_bytes_max":9,
      "follow":true}})");
  EXPECT_EQ(file.path.value, "a");
  EXPECT_EQ(file.framing, (Framing{.header_bytes = 2, .little_endian = true}));
  EXPECT_EQ(file.frame_bytes_max, 9u);
  EXPECT_TRUE(file.follow);
  const auto udp = source_of<UdpSourceSpec>(
      R"({"udp":{"address":":1","datagram_bytes_max":6,"receive_buffer_bytes":7}})");
  EXPECT_EQ(udp.address.value, ":1");
  EXPECT_EQ(udp.datagram_bytes_max, 6u);
  EXPECT_EQ(udp.receive_buffer_bytes, 7u);
  const auto memory = source_of<MemorySourceSpec>(R"({"memory":{"messages":["a"],"repeat":8}})");
  EXPECT_EQ(*memory.messages, std::vector<std::string>{"a"});
  EXPECT_EQ(memory.repeat, 8u);
  EXPECT_EQ(source_of<MemorySourceSpec>(R"({"memory":{}})").repeat, 1u);
  EXPECT_EQ(source_of<GeneratorSpec>(R"({"generator":{"per_second":9}})").per_second, 9u);
  EXPECT_EQ(source_of<GeneratorSpec>(R"({"generator":{}})").per_second, 0u);
}

TEST(GraphJson, reads_sinks_with_their_framings) {
  const auto sink_of = [](const std::string& to) {
    const auto guest = read(with_node(R"("kind":"sink","name":"b","inputs":[0],"to":)" + to));
    return guest->graph.nodes.at(3).sink;
  };
  const auto tcp = std::get<TcpSinkSpec>(sink_of(R"({"tcp":{"address":":2","framing":"raw"}})"));
  EXPECT_EQ(tcp.address.value, ":2");
  EXPECT_EQ(tcp.framing, Framing::raw);
  const auto file = std::get<FileSinkSpec>(
      sink_of(R"({"file":{"path":{"flag":"out","value":"b"},"framing":{},"append":true}})"));
  const auto nowhere = std::get<MemorySinkSpec>(sink_of(R"({"discard":{"framing":"lines"}})"));
  EXPECT_EQ(nowhere.framing, Framing::lines);
  EXPECT_FALSE(nowhere.output->keep);
  EXPECT_EQ(file.path.flag, "out");
  EXPECT_EQ(file.framing, Framing::u32be);
  EXPECT_TRUE(file.append);
}

TEST(GraphJson, gives_a_source_a_framing_of_the_guests_own) {
  const auto guest = read(R"({"nodes":[
    {"kind":"source","name":"a","from":{"tcp":{"address":":1","framing":"own"}}},
    {"kind":"source","name":"b","from":{"file":{"path":"f","framing":"own"}}}]})");
  ASSERT_EQ(guest->finders.size(), 2u);
  const auto& tcp = std::get<TcpSourceSpec>(guest->graph.nodes[0].source);
  EXPECT_EQ(tcp.framing.kind, Framing::Kind::finder);
  EXPECT_EQ(tcp.framing.finder, guest->finders[0].get());
  const auto& file = std::get<FileSourceSpec>(guest->graph.nodes[1].source);
  EXPECT_EQ(file.framing.finder, guest->finders[1].get());
}

TEST(GraphJson, says_what_is_wrong_with_the_whole) {
  EXPECT_EQ(mistake("{"), "the graph is no JSON: incomplete JSON");
  EXPECT_EQ(mistake("{} {}"), "the graph is no JSON: extra data");
  EXPECT_EQ(mistake("[]"), "graph: must be an object");
  EXPECT_EQ(mistake(R"({"colour":1})"), "graph: has no field 'colour'");
  EXPECT_EQ(mistake(R"({"application":1})"), "graph.application: must be text");
  EXPECT_EQ(mistake(R"({"flags":"f"})"), "graph.flags: must be a list");
  EXPECT_EQ(mistake(R"({"pipelines":[1]})"), "graph.pipelines: must be a list of texts");
  EXPECT_EQ(mistake(R"({"on_error":"cry"})"),
            "graph: has no error policy 'cry'; there are drop, dead-letter, fail");
  EXPECT_EQ(mistake(R"({"dead_letters":1})"), "graph.dead_letters: must be an object");
  EXPECT_EQ(mistake(R"({"dead_letters":{"file":"a"}})"), "graph.dead_letters: has no field 'file'");
  EXPECT_EQ(mistake(R"({"nodes":{}})"), "graph.nodes: must be a list");
  EXPECT_EQ(mistake(R"({"nodes":[1]})"), "nodes[0]: must be an object");
}

TEST(GraphJson, says_what_is_wrong_with_a_node) {
  EXPECT_EQ(mistake(with_node(R"("kind":"window","inputs":[0])")),
            "nodes[3]: has no kind 'window'; there are source, computation, event_time, key_by, "
            "state, merge, spread, sink");
  EXPECT_EQ(mistake(with_node(R"("kind":"computation","inputs":[0],"timers":true)")),
            "nodes[3]: has no field 'timers'");
  EXPECT_EQ(mistake(with_node(R"("kind":"computation","inputs":[3])")),
            "nodes[3]: has an input that is no earlier node");
  EXPECT_EQ(mistake(with_node(R"("kind":"computation","inputs":[-1])")),
            "nodes[3]: has an input that is no earlier node");
  EXPECT_EQ(mistake(with_node(R"("kind":"computation","inputs":["a"])")),
            "nodes[3]: has an input that is no earlier node");
  EXPECT_EQ(mistake(with_node(R"("kind":"computation")")), "nodes[3]: needs 1 inputs, not 0");
  EXPECT_EQ(mistake(with_node(R"("kind":"merge","inputs":[0])")),
            "nodes[3]: needs 2 inputs, not 1");
  EXPECT_EQ(mistake(with_node(R"("kind":"computation","inputs":[2])")),
            "nodes[3]: takes from a sink, which has no output");
  for (const char* node : {R"("kind":"computation","inputs":[1])",
                           R"("kind":"merge","inputs":[0,1])", R"("kind":"state","inputs":[0])"}) {
    EXPECT_EQ(mistake(with_node(node)),
              "nodes[3]: a key_by is followed by state computations, and by nothing else");
  }
  EXPECT_EQ(mistake(with_node(R"("kind":"key_by","inputs":[0],"keys":["*"])")),
            "nodes[3]: lists a key that is not base64");
  EXPECT_EQ(mistake(with_node(R"("kind":"state","inputs":[1],"timers":1)")),
            "nodes[3].timers: must be true or false");
}

TEST(GraphJson, says_what_is_wrong_with_a_connector) {
  const auto source = [](const std::string& from) {
    return mistake(with_node(R"("kind":"source","name":"a","from":)" + from));
  };
  const std::string needs = "nodes[3]: needs from, an object with one field: the kind of connector";
  EXPECT_EQ(mistake(with_node(R"("kind":"source","name":"a")")), needs);
  EXPECT_EQ(source("{}"), needs);
  EXPECT_EQ(source(R"({"memory":{},"generator":{}})"), needs);
  EXPECT_EQ(source(R"("tcp")"), needs);
  EXPECT_EQ(source(R"({"pigeon":{}})"), "nodes[3].from: has no field 'pigeon'");
  EXPECT_EQ(source(R"({"tcp":{}})"), "nodes[3].from.tcp: needs address");
  EXPECT_EQ(source(R"({"file":{}})"), "nodes[3].from.file: needs path");
  EXPECT_EQ(source(R"({"tcp":{"address":":1","frame_bytes_max":4294967296}})"),
            "nodes[3].from.tcp.frame_bytes_max: must be a number from 0 to 4294967295");
  EXPECT_EQ(source(R"({"tcp":{"address":":1","idle_ns_max":-1}})"),
            "nodes[3].from.tcp.idle_ns_max: must be a number from 0 to 18446744073709551615");
  EXPECT_EQ(source(R"({"tcp":{"address":":1","framing":"morse"}})"),
            "nodes[3].from.tcp: has no framing 'morse'");
  EXPECT_EQ(source(R"({"tcp":{"address":":1","framing":{"width":4}}})"),
            "nodes[3].from.tcp.framing: has no field 'width'");
  EXPECT_EQ(source(R"({"udp":{"address":":1","framing":"lines"}})"),
            "nodes[3].from.udp: has no field 'framing'");
  EXPECT_EQ(mistake(with_node(R"("kind":"sink","name":"a","inputs":[0])")),
            "nodes[3]: needs to, an object with one field: the kind of connector");
  EXPECT_EQ(mistake(with_node(R"("kind":"sink","name":"a","inputs":[0],
                                 "to":{"tcp":{"address":":1","framing":"own"}})")),
            "nodes[3].to.tcp: has no framing 'own'");
}

TEST(GraphJson, leaves_what_only_the_whole_graph_tells_to_the_plan) {
  const auto guest = read(with_node(R"("kind":"state","name":"Bad Name","inputs":[1])"));
  const auto plan = plan::build(guest->graph);
  ASSERT_FALSE(plan.has_value());
  EXPECT_NE(plan.error().message.find("'Bad Name'"), std::string::npos) << plan.error().message;
}

}  // namespace
}  // namespace wallaroo::guest
