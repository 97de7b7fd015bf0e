// From graphs to stages and edges, and every mistake a graph can have.
#include "plan/plan.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "plan/check.h"
#include "wallaroo/application.h"

namespace wallaroo::plan {
namespace {

class PlainFactory final : public StepFactory {};
class TimerFactory final : public StepFactory {
 public:
  bool uses_timers() const override { return true; }
};

class StateFactory final : public StepFactory {
 public:
  const StateType* state_type() const override { return &type_; }

 private:
  StateType type_{};
};

/// Builds graphs node by node, as the typed API does.
class Builder {
 public:
  explicit Builder(std::string application = "test") {
    graph_.application = std::move(application);
  }

  uint32_t add(NodeKind kind, std::string name, std::vector<uint32_t> inputs,
               std::string pipeline = "p") {
    return graph_.add({.kind = kind,
                       .name = std::move(name),
                       .pipeline = std::move(pipeline),
                       .inputs = std::move(inputs),
                       .factory = std::make_shared<PlainFactory>()});
  }
  uint32_t source(std::string name, std::string pipeline = "p") {
    return add(NodeKind::source, std::move(name), {}, std::move(pipeline));
  }
  uint32_t to(std::string name, uint32_t input) {
    return add(NodeKind::computation, std::move(name), {input});
  }
  uint32_t key_by(uint32_t input) { return add(NodeKind::key_by, "", {input}); }
  uint32_t state(std::string name, uint32_t key) {
    return add(NodeKind::state, std::move(name), {key});
  }
  uint32_t merge(std::string name, uint32_t one, uint32_t two) {
    return add(NodeKind::merge, std::move(name), {one, two});
  }
  uint32_t sink(std::string name, uint32_t input) {
    return add(NodeKind::sink, std::move(name), {input});
  }

  Node& node(uint32_t index) { return graph_.nodes[index]; }
  Graph& graph() { return graph_; }
  std::vector<std::string> mistakes() const { return find_mistakes(graph_); }

 private:
  Graph graph_;
};

using Mistakes = std::vector<std::string>;
using Numbers = std::vector<uint32_t>;

Numbers stage_nodes(const Plan& plan) {
  Numbers nodes;
  for (const Stage& stage : plan.stages) nodes.push_back(stage.node);
  return nodes;
}

bool same(const Edge& one, const Edge& other) {
  return one.from_stage == other.from_stage && one.to_stage == other.to_stage &&
         one.node == other.node && one.port == other.port && one.routing == other.routing;
}

Edge keyed(uint32_t from_stage, uint32_t to_stage, uint32_t node, uint32_t port = 0) {
  return {from_stage, to_stage, node, port, Routing::by_key};
}
Edge merged(uint32_t from_stage, uint32_t to_stage, uint32_t node) {
  return {from_stage, to_stage, node, 0, Routing::own_core};
}

Plan must_build(Builder& builder) {
  auto plan = build(builder.graph());
  EXPECT_TRUE(plan.has_value()) << plan.error().message;
  return *std::move(plan);
}

TEST(Plan, computations_are_fused_with_their_source) {
  Builder b;
  const auto source = b.source("in");
  const auto sink = b.sink("out", b.to("two", b.to("one", source)));
  const Plan plan = must_build(b);
  EXPECT_EQ(stage_nodes(plan), Numbers{source});
  EXPECT_TRUE(plan.edges.empty());
  EXPECT_EQ(plan.stages[0].sinks, Numbers{sink});
  EXPECT_FALSE(plan.needs_watermarks);
}

TEST(Plan, key_by_ends_a_chain_and_a_state_begins_one) {
  Builder b;
  const auto source = b.source("in");
  const auto key = b.key_by(b.to("one", source));
  const auto state = b.state("count", key);
  const auto sink = b.sink("out", b.to("two", state));
  const Plan plan = must_build(b);
  EXPECT_EQ(stage_nodes(plan), (Numbers{source, state}));
  ASSERT_EQ(plan.edges.size(), 1u);
  EXPECT_TRUE(same(plan.edges[0], keyed(0, 1, key)));
  EXPECT_EQ(plan.stages[0].out_edges, Numbers{0});
  EXPECT_EQ(plan.stages[1].in_edges, Numbers{0});
  EXPECT_EQ(plan.stages[1].sinks, Numbers{sink});
  EXPECT_TRUE(plan.stages[0].sinks.empty());
  EXPECT_EQ(plan.stage_of(state), 1u);
  EXPECT_EQ(plan.edge_between(0, key, state), 0u);
}

TEST(Plan, one_key_by_may_feed_two_states) {
  Builder b;
  const auto key = b.key_by(b.source("in"));
  b.state("one", key);
  const auto two = b.state("two", key);
  const Plan plan = must_build(b);
  ASSERT_EQ(plan.edges.size(), 2u);
  EXPECT_TRUE(same(plan.edges[0], keyed(0, 1, key)));
  EXPECT_TRUE(same(plan.edges[1], keyed(0, 2, key)));
  EXPECT_EQ(plan.stages[0].out_edges, (Numbers{0, 1}));
  EXPECT_EQ(plan.edge_between(0, key, two), 1u);
}

/// Both arms lie in the same chain: one edge carries what both send.
TEST(Plan, diamond_inside_a_chain_has_one_edge_into_its_merge) {
  Builder b;
  const auto source = b.source("in");
  const auto merge = b.merge("both", b.to("left", source), b.to("right", source));
  const auto sink = b.sink("out", merge);
  const Plan plan = must_build(b);
  EXPECT_EQ(stage_nodes(plan), (Numbers{source, merge}));
  ASSERT_EQ(plan.edges.size(), 1u);
  EXPECT_TRUE(same(plan.edges[0], merged(0, 1, merge)));
  EXPECT_EQ(plan.stages[1].sinks, Numbers{sink});
}

TEST(Plan, diamond_over_two_states) {
  Builder b;
  const auto source = b.source("in");
  const auto left_key = b.key_by(source);
  const auto right_key = b.key_by(b.to("right", source));
  const auto left = b.state("left-state", left_key);
  const auto right = b.state("right-state", right_key);
  const auto merge = b.merge("both", left, right);
  const auto last_key = b.key_by(merge);
  const auto last = b.state("last", last_key);
  const Plan plan = must_build(b);
  EXPECT_EQ(stage_nodes(plan), (Numbers{source, left, right, merge, last}));
  const std::vector<Edge> expected = {keyed(0, 1, left_key), keyed(0, 2, right_key),
                                      merged(1, 3, merge), merged(2, 3, merge),
                                      keyed(3, 4, last_key)};
  ASSERT_EQ(plan.edges.size(), expected.size());
  for (const Edge& edge : expected)
    EXPECT_EQ(std::count_if(plan.edges.begin(), plan.edges.end(),
                            [&edge](const Edge& other) { return same(edge, other); }),
              1)
        << edge.node;
  EXPECT_EQ(plan.stages[3].in_edges.size(), 2u);
}

TEST(Plan, two_sources_meet_in_one_keyed_stage) {
  Builder b;
  const auto one = b.source("one", "first");
  const auto two = b.source("two", "second");
  const auto merge = b.merge("both", one, b.to("adapt", two));
  b.state("count", b.key_by(merge));
  const Plan plan = must_build(b);
  EXPECT_EQ(stage_nodes(plan), (Numbers{one, two, merge, 5}));
  EXPECT_EQ(plan.stages[2].in_edges.size(), 2u);
  EXPECT_TRUE(same(plan.edges[plan.edge_between(1, merge, merge)], merged(1, 2, merge)));
}

TEST(Plan, sinks_of_every_branch_belong_to_the_stage) {
  Builder b;
  const auto source = b.source("in");
  const auto first = b.sink("first", source);
  const auto second = b.sink("second", b.to("one", source));
  EXPECT_EQ(must_build(b).stages[0].sinks, (Numbers{first, second}));
}

TEST(Plan, a_spread_ends_a_chain_and_begins_one) {
  Builder b;
  const auto spread = b.add(NodeKind::spread, "deal", {b.source("in")});
  const auto sink = b.sink("out", b.to("work", spread));
  const Plan plan = must_build(b);
  ASSERT_EQ(plan.edges.size(), 1u);
  EXPECT_TRUE(same(plan.edges[0], Edge{0, 1, spread, 0, Routing::spread}));
  EXPECT_EQ(plan.stages[1].sinks, Numbers{sink});
}

/// Two pipelines on one state.
class SharedStateTest : public testing::Test {
 protected:
  SharedStateTest() {
    left_key = b.key_by(b.source("left", "one"));
    right_key = b.key_by(b.source("right", "two"));
    left = b.state("left-use", left_key);
    right = b.state("right-use", right_key);
    for (const auto use : {left, right}) b.node(use).shared_state = "both";
    b.node(right).pipeline = "two";
  }
  Builder b;
  uint32_t left_key, right_key, left, right;
};

TEST_F(SharedStateTest, it_needs_a_name) {
  for (const auto use : {left, right}) b.node(use).shared_state = "";
  EXPECT_EQ(b.mistakes(), Mistakes(2,
                                   "a shared state has no name; give it one made of a-z, 0-9 and "
                                   "'-'"));
}

TEST_F(SharedStateTest, its_uses_are_one_stage_with_a_port_for_each) {
  const auto sink = b.sink("out", right);
  const Plan plan = must_build(b);
  ASSERT_EQ(plan.stages.size(), 3u);
  EXPECT_EQ(plan.stages[2].entries, (Numbers{left, right}));
  EXPECT_EQ(plan.stages[2].name, "both");
  EXPECT_EQ(plan.stages[2].sinks, Numbers{sink});
  ASSERT_EQ(plan.edges.size(), 2u);
  EXPECT_TRUE(same(plan.edges[0], keyed(0, 2, left_key, 0)));
  EXPECT_TRUE(same(plan.edges[1], keyed(1, 2, right_key, 1)));
  EXPECT_EQ(plan.edge_between(1, right_key, right), 1u);
}

TEST_F(SharedStateTest, one_stream_may_use_it_twice_side_by_side) {
  const auto again = b.state("again", left_key);
  b.node(again).shared_state = "both";
  const Plan plan = must_build(b);
  EXPECT_EQ(plan.stages[2].entries.size(), 3u);
  EXPECT_EQ(plan.stages[2].in_edges.size(), 3u);
}

TEST_F(SharedStateTest, must_have_one_type_and_one_type_of_key) {
  b.node(right_key).key_type = "string";
  b.node(left_key).key_type = "u64";
  b.node(right).factory = std::make_shared<StateFactory>();
  EXPECT_EQ(b.mistakes(),
            (Mistakes{"the state 'both' has one type in 'left-use' in pipeline 'p' and another in "
                      "'right-use' in pipeline 'two'; use the same type in both",
                      "the state 'both' has keys of type u64 in 'left-use' in pipeline 'p' and of "
                      "type string in 'right-use' in pipeline 'two'; use the same type of key in "
                      "both"}));
}

TEST_F(SharedStateTest, must_not_be_met_twice_on_one_way) {
  const auto again = b.state("again", b.key_by(b.to("between", left)));
  b.node(again).shared_state = "both";
  EXPECT_EQ(b.mistakes(),
            (Mistakes{"the state 'both' would be met twice by one message: what 'left-use' in "
                      "pipeline 'p' sends on comes to 'again' in pipeline 'p'; give one of them a "
                      "state of its own"}));
}

/// left-use -> other (one use), other (another use) -> right-use: no message meets a state twice,
/// but the two stages would wait for each other.
TEST_F(SharedStateTest, two_of_them_must_not_lead_to_each_other) {
  const auto to_other = b.state("to-other", b.key_by(left));
  const auto from_other = b.state("from-other", b.key_by(b.source("third", "three")));
  for (const auto use : {to_other, from_other}) b.node(use).shared_state = "other";
  const auto back = b.state("back", b.key_by(from_other));
  b.node(back).shared_state = "both";
  const Mistakes mistakes = b.mistakes();
  EXPECT_EQ(mistakes.size(), 2u);
  for (const std::string& mistake : mistakes) {
    EXPECT_NE(mistake.find("would be met twice"), std::string::npos) << mistake;
  }
}

TEST_F(SharedStateTest, needs_a_name_of_its_own) {
  for (const auto use : {left, right}) b.node(use).shared_state = "left";
  EXPECT_EQ(b.mistakes(), Mistakes{"the state 'left' has the name of 'left' in pipeline 'one'; "
                                   "choose another one"});
}

TEST(Plan, knows_where_event_times_are_assigned_and_timers_used) {
  Builder b;
  const auto time = b.add(NodeKind::event_time, "", {b.source("in")});
  const auto state = b.state("windows", b.key_by(time));
  b.node(state).factory = std::make_shared<TimerFactory>();
  const Plan plan = must_build(b);
  EXPECT_TRUE(plan.stages[0].has_event_time);
  EXPECT_FALSE(plan.stages[1].has_event_time);
  EXPECT_TRUE(plan.needs_watermarks);
}

TEST(Flags, reach_the_settings_that_name_them) {
  Builder b;
  const auto source = b.source("in");
  b.node(source).source = TcpSourceSpec{.address = Setting("in", ":1")};
  const auto sink = b.sink("out", source);
  b.node(sink).sink = TcpSinkSpec{Setting("out", ":2")};
  b.graph().flags = {"in", "out"};
  ASSERT_TRUE(apply_flags(b.graph(), {{"out", ":22"}}).has_value());
  EXPECT_EQ(std::get<TcpSourceSpec>(b.node(source).source).address.value, ":1");
  EXPECT_EQ(std::get<TcpSinkSpec>(b.node(sink).sink).address.value, ":22");
  const auto unknown = apply_flags(b.graph(), {{"oot", ":3"}});
  ASSERT_FALSE(unknown.has_value());
  EXPECT_EQ(unknown.error().code, ErrorCode::bad_option);
  EXPECT_EQ(unknown.error().message, "the application has no flag --oot");
}

// --- mistakes ------------------------------------------------------------------------------------

TEST(Mistakes, none_in_a_good_graph) {
  Builder b;
  const auto state = b.state("count-2", b.key_by(b.to("split", b.source("in"))));
  b.sink("out", state);
  EXPECT_EQ(b.mistakes(), Mistakes{});
}

TEST(Mistakes, application_without_name_or_pipeline) {
  EXPECT_EQ(Builder("").mistakes(),
            (Mistakes{"the application has no name; give it one",
                      "the application has no pipeline; begin one at a source"}));
}

TEST(Mistakes, names) {
  Builder b;
  const auto source = b.source("");
  b.to("Upper", source);
  b.to("with space", source);
  b.to(std::string(64, 'a'), source);
  b.to(std::string(65, 'b'), source);
  EXPECT_EQ(
      b.mistakes(),
      (Mistakes{"source in pipeline 'p' has no name; give it one made of a-z, 0-9 and '-'",
                "computation in pipeline 'p' 'Upper': a name is made of a-z, 0-9 and '-' only",
                "computation in pipeline 'p' 'with space': a name is made of a-z, 0-9 and "
                "'-' only",
                "computation in pipeline 'p' '" + std::string(65, 'b') +
                    "': a name has at most 64 characters"}));
}

TEST(Mistakes, a_name_used_more_than_once_is_told_once) {
  Builder b;
  const auto source = b.source("same");
  b.state("same", b.key_by(source));
  b.sink("same", source);
  EXPECT_EQ(b.mistakes(), (Mistakes{"the name 'same' is used twice; sources, computations, states "
                                    "and sinks need names of their own"}));
}

TEST(Mistakes, two_states_of_one_name_hear_how_to_share_one) {
  Builder b;
  const auto source = b.source("in");
  b.state("same", b.key_by(source));
  b.state("same", b.key_by(source));
  EXPECT_EQ(b.mistakes(), (Mistakes{"the name 'same' is used twice; sources, computations, states "
                                    "and sinks need names of their own; to share one state, give "
                                    "both the same shared name"}));
}

TEST(Mistakes, flags_that_every_application_has) {
  for (const char* flag : {"on-error", "dead-letters", "log-format", "insecure", "config",
                           "tls-certificate", "tls-key", "tls-ca", "tls-client-ca"}) {
    Builder b;
    b.sink("out", b.source("in"));
    b.graph().flags = {flag};
    EXPECT_EQ(b.mistakes(), Mistakes{std::string("the flag '") + flag +
                                     "' is one that every application has; choose another name"});
  }
}

TEST(Mistakes, flags) {
  Builder b;
  b.sink("out", b.source("in"));
  b.graph().flags = {"out", "out", "out", "http", "in put", "--in"};
  EXPECT_EQ(b.mistakes(),
            (Mistakes{"the flag 'out' is made twice; make it once, and use that in all places",
                      "the flag 'http' is one that every application has; choose another name",
                      "a flag 'in put': a name is made of a-z, 0-9 and '-' only",
                      "the flag '--in' begins with a dash; name it without; the command line adds "
                      "them"}));
}

TEST(Mistakes, key_by_without_state_and_with_an_empty_list) {
  Builder b;
  const auto source = b.source("in");
  b.key_by(source);
  const auto closed = b.key_by(source);
  b.node(closed).closed = true;
  b.state("count", closed);
  EXPECT_EQ(b.mistakes(),
            (Mistakes{"a key_by in pipeline 'p' is followed by nothing; a state computation or "
                      "process belongs behind it",
                      "a key_by in pipeline 'p' has an empty list of keys, so every message would "
                      "be dropped; list the keys or leave the list out"}));
}

TEST(Mistakes, event_time_behind_a_state_merge_or_spread) {
  const std::string sentence =
      "event_time in pipeline 'p' comes after a state computation, merge or spread; assign event "
      "times before the first key_by, merge or spread";
  Builder behind_state;
  const auto state = behind_state.state("count", behind_state.key_by(behind_state.source("in")));
  behind_state.add(NodeKind::event_time, "", {behind_state.to("one", state)});
  EXPECT_EQ(behind_state.mistakes(), Mistakes{sentence});
  Builder behind_merge;
  const auto source = behind_merge.source("in");
  const auto branch = behind_merge.to("one", source);
  behind_merge.add(NodeKind::event_time, "", {behind_merge.merge("both", source, branch)});
  EXPECT_EQ(behind_merge.mistakes(), Mistakes{sentence});
  Builder behind_spread;
  const auto spread = behind_spread.add(NodeKind::spread, "deal", {behind_spread.source("in")});
  behind_spread.add(NodeKind::event_time, "", {spread});
  EXPECT_EQ(behind_spread.mistakes(), Mistakes{sentence});
}

TEST(Mistakes, limits_of_a_tcp_source) {
  const std::string what = "source in pipeline 'p' 'in': ";
  Builder b;
  const auto source = b.source("in");
  const auto with = [&](TcpSourceSpec spec) {
    b.node(source).source = std::move(spec);
    return b.mistakes();
  };
  EXPECT_EQ(with({.framing = Framing::raw}),
            Mistakes{what + "raw framing cannot tell messages apart; use lengths or lines"});
  const std::string size = what + "the limit of a message must be between 1 byte and 64 MiB, not ";
  EXPECT_EQ(with({.frame_bytes_max = 0}), Mistakes{size + "0 bytes"});
  EXPECT_EQ(with({.frame_bytes_max = (64u << 20) + 1}), Mistakes{size + "67108865 bytes"});
  EXPECT_EQ(with({.frame_bytes_max = 64u << 20}), Mistakes{});
  EXPECT_EQ(with({.frame_bytes_max = 1}), Mistakes{});
  EXPECT_EQ(with({.connections_max = 0}),
            Mistakes{what + "connections_max 0 would refuse everybody; allow at least 1"});
  EXPECT_EQ(with({.connections_per_peer_max = 0}),
            Mistakes{what + "connections_per_peer_max 0 would refuse everybody; allow at least 1"});
}

TEST(Mistakes, framings) {
  const std::string in = "source in pipeline 'p' 'in': ";
  const std::string out = "sink in pipeline 'p' 'out': ";
  const auto with = [](Framing source, Framing sink) {
    Builder b;
    const auto in_node = b.source("in");
    b.node(in_node).source = TcpSourceSpec{.framing = source};
    const auto out_node = b.sink("out", in_node);
    b.node(out_node).sink = TcpSinkSpec{.address = Setting(":1"), .framing = sink};
    return b.mistakes();
  };
  const PayloadLength none = [](std::string_view) -> std::optional<uint64_t> { return 0; };
  EXPECT_EQ(with(framing::length_le(8), framing::u8), Mistakes{});
  EXPECT_EQ(with(framing::header(4096, none), framing::raw), Mistakes{});
  EXPECT_EQ(with(framing::length_be(0), framing::length_le(9)),
            (Mistakes{in + "a length has 1 to 8 bytes", out + "a length has 1 to 8 bytes"}));
  EXPECT_EQ(with(framing::header(4097, nullptr), framing::header(2, none)),
            (Mistakes{in + "a header has 1 to 4096 bytes",
                      in + "a header framing needs a function from header to payload length; pass "
                           "one",
                      out + "a header framing is for sources; write the header in the encoder and "
                            "use raw"}));
}

TEST(Mistakes, memory_sink_without_output) {
  Builder b;
  const auto sink = b.sink("out", b.source("in"));
  b.node(sink).sink = MemorySinkSpec{};
  EXPECT_EQ(b.mistakes(), (Mistakes{"sink in pipeline 'p' 'out': memory::sink needs a MemoryOutput "
                                    "to write to; pass one"}));
}

TEST(Mistakes, merge_of_another_application_or_with_itself) {
  const auto words = [](Application& app) {
    return app.pipeline("p").source("in", memory::source({}, text));
  };
  Application one("one");
  Application other("other");
  words(one).merge("both", words(other));
  EXPECT_EQ(find_mistakes(one.graph()),
            Mistakes{"merge 'both' takes a stream of another application; build both streams from "
                     "the same one"});
  Application itself("itself");
  const auto stream = words(itself);
  stream.merge("both", stream);
  EXPECT_EQ(find_mistakes(itself.graph()),
            Mistakes{"merge in pipeline 'p' 'both' merges a stream with itself, so every message "
                     "would come twice; merge two streams"});
}

TEST(Mistakes, pipeline_made_twice_or_without_source) {
  Application app("twice");
  app.pipeline("p").source("in", memory::source({}, text));
  (void)app.pipeline("p");
  (void)app.pipeline("empty");
  EXPECT_EQ(find_mistakes(app.graph()),
            (Mistakes{"the pipeline 'p' is made twice; build on the first one, or choose another "
                      "name",
                      "pipeline 'empty' has no source; begin it at one"}));
}

TEST(Mistakes, pipelines) {
  Builder b;
  b.source("one", "twice");
  b.source("two", "twice");
  b.source("three", "");
  b.source("four", "Bad");
  EXPECT_EQ(b.mistakes(),
            (Mistakes{"a pipeline has no name; give it one made of a-z, 0-9 and '-'",
                      "a pipeline 'Bad': a name is made of a-z, 0-9 and '-' only",
                      "pipeline 'twice' has 2 sources; give each source a pipeline of its own and "
                      "merge the streams"}));
}

TEST(Mistakes, all_come_at_once) {
  Builder b("shop");
  const auto source = b.source("In");
  b.node(source).source = TcpSourceSpec{.framing = Framing::raw};
  b.key_by(source);
  const auto plan = build(b.graph());
  ASSERT_FALSE(plan.has_value());
  EXPECT_EQ(plan.error().code, ErrorCode::bad_application);
  EXPECT_EQ(
      plan.error().message,
      "application 'shop' cannot be built: 3 mistakes:\n"
      "  - source in pipeline 'p' 'In': a name is made of a-z, 0-9 and '-' only\n"
      "  - source in pipeline 'p' 'In': raw framing cannot tell messages apart; use lengths or "
      "lines\n"
      "  - a key_by in pipeline 'p' is followed by nothing; a state computation or process "
      "belongs behind it");
}

TEST(Mistakes, check_of_an_application_tells_a_single_one_in_one_line) {
  const Application app("empty");
  const auto checked = app.check();
  ASSERT_FALSE(checked.has_value());
  EXPECT_EQ(checked.error().message,
            "application 'empty' cannot be built: the application has no pipeline; begin one at a "
            "source");
}

}  // namespace
}  // namespace wallaroo::plan
