// What an application says of itself, on a graph with one of everything.
#include <gtest/gtest.h>
#include <wallaroo/wallaroo.h>

#include <memory>

namespace {

using wl::Explanation;

struct Word {
  std::string text;
};
struct Count {
  uint64_t n = 0;
};

Word read_word(std::string_view line) { return {std::string(line)}; }
void write_word(const Word& word, wl::Bytes& out) { out << word.text; }

std::optional<Word> count(const Word& word, Count& total) {
  ++total.n;
  return word;
}

void build(wl::Application& app) {
  const auto sink = [](const char* address) {
    return wl::tcp::connect(address, wl::framing::lines, write_word);
  };
  const auto lines = app.pipeline("words").source(
      "lines", wl::tcp::listen(app.flag("in", ":7010"), wl::framing::lines, read_word));
  const auto made = app.pipeline("made").source(
      "numbers",
      wl::generator([](uint64_t n) -> std::optional<Word> { return Word{std::to_string(n)}; }));
  lines.sink("copy", sink(":7003"));
  lines.spread("deal")
      .to("shout", [](const Word& word) { return Word{word.text + "!"}; })
      .merge("both", made)
      .key_by(&Word::text, std::vector<std::string>{"a", "b"})
      .state<Count>("listed", wl::shared("counts"), count)
      .sink("out", sink(":7002"));
  made.key_by(&Word::text).state<Count>("all", wl::shared("counts"), count);
}

std::string explained(Explanation form) {
  wl::Application app("everything");
  build(app);
  auto text = app.explain(form, 3);
  EXPECT_TRUE(text.has_value()) << text.error().message;
  return text ? *text : "";
}

TEST(Explain, report_names_stages_placement_order_and_guarantee) {
  EXPECT_EQ(explained(Explanation::report), R"(application 'everything' on 3 cores

stage 1 'lines': listens on tcp :7010 (--in), lines; its connections are dealt over the cores
  pipeline 'words'
    -> sink 'copy': tcp :7003, lines, a connection from each core
    -> over all cores to stage 3 'deal'

stage 2 'numbers': makes its messages, on core 0
  pipeline 'made'
    -> on its core to stage 4 'both'
    -> by key (string) to stage 5 'counts' as 'all'

stage 3 'deal': takes its share of what is dealt over the cores
  pipeline 'words'
    -> 'shout'
      -> on its core to stage 4 'both'

stage 4 'both': takes what arrives from its inputs, on the core where it is
  pipeline 'words'
    -> by key (string; one of 2 listed) to stage 5 'counts' as 'listed'

stage 5 'counts': state for each key, shared by 2 computations, 1024 partitions over 3 cores
  'listed', pipeline 'words'
    -> sink 'out': tcp :7002, lines, a connection from each core
  'all', pipeline 'made'
    -> ends here

paths
  lines > copy
    order: messages of one connection keep it
    guarantee: once while the worker and the sink's connection live, a drain included; after a broken connection a part may be missing or come again; at most once when the worker crashes (its state and what is under way are in memory)
  lines > deal > both > listed > out
    order: none: a spread gives it up
    guarantee: once while the worker and the sink's connection live, a drain included; after a broken connection a part may be missing or come again; at most once when the worker crashes (its state and what is under way are in memory)
  numbers > both > listed > out
    order: messages of one core keep it for each key; those of different inputs mix as they arrive
    guarantee: once while the worker and the sink's connection live, a drain included; after a broken connection a part may be missing or come again; at most once when the worker crashes (its state and what is under way are in memory)
  numbers > all
    order: messages of one core keep it for each key; those of different inputs mix as they arrive
    guarantee: once while the worker lives, a drain included; at most once when the worker crashes (its state and what is under way are in memory)
)");
}

TEST(Explain, mermaid_and_dot_draw_the_same_graph) {
  const std::string mermaid = explained(Explanation::mermaid);
  EXPECT_TRUE(mermaid.starts_with("flowchart LR\n  n0([\"lines\"])\n")) << mermaid;
  EXPECT_NE(mermaid.find(" -- \"over all cores\" --> n3\n"), std::string::npos) << mermaid;
  const std::string dot = explained(Explanation::dot);
  EXPECT_TRUE(dot.starts_with("digraph \"everything\" {\n")) << dot;
  for (const char* part : {"[label=\"counts\", shape=box]", "[label=\"by key, listed\"]",
                           "[label=\"by key, all\"]", "n0 -> n2;"}) {
    EXPECT_NE(dot.find(part), std::string::npos) << part << " in\n" << dot;
  }
}

TEST(Explain, refuses_a_wrong_graph_as_a_run_would) {
  wl::Application app("nothing");
  EXPECT_FALSE(app.explain().has_value());
}

TEST(Explain, says_that_datagrams_may_be_lost) {
  wl::Application app("datagrams");
  app.pipeline("p")
      .source("in", wl::udp::listen(app.flag("in", ":7010"), read_word))
      .sink("out", wl::tcp::connect(":7002", wl::framing::lines, write_word));
  const auto text = app.explain();
  ASSERT_TRUE(text.has_value());
  for (const char* part :
       {"stage 1 'in': receives on udp :7010 (--in), a message a datagram, on core 0",
        "order: that in which datagrams arrive, which need not be that of sending",
        "guarantee: at most once for each datagram that arrives: the network may lose or double "
        "it"}) {
    EXPECT_NE(text->find(part), std::string::npos) << part << "\n" << *text;
  }
}

TEST(Explain, refuses_a_limit_that_no_datagram_can_have) {
  for (const uint32_t limit : {0u, 65'536u}) {
    wl::Application app("datagrams");
    wl::UdpSourceSpec spec;
    spec.datagram_bytes_max = limit;
    app.pipeline("p")
        .source("in", wl::udp::listen(":7010", read_word, spec))
        .sink("out", wl::tcp::connect(":7002", wl::framing::lines, write_word));
    const auto checked = app.check();
    ASSERT_FALSE(checked.has_value());
    EXPECT_NE(checked.error().message.find("datagram_bytes_max must be between 1 and 65,535"),
              std::string::npos);
  }
}

TEST(Explain, names_the_stages_whose_failing_messages_are_not_dropped) {
  wl::Application app("policies");
  app.dead_letters(app.flag("letters", "letters.jsonl"));
  app.pipeline("p")
      .source("lines", wl::tcp::listen(":7010", wl::framing::lines, wl::text))
      .on_error(wl::OnError::dead_letter)
      .to("parse", [](std::string_view line) { return line; })
      .to("check", [](std::string_view line) { return line; })
      .on_error(wl::OnError::fail);
  const std::string text = app.explain().value();
  EXPECT_TRUE(
      text.ends_with("\nmessages that fail are dropped and counted, except\n"
                     "  where 'lines' (p) fails: dead letter\n"
                     "  where 'check' (p) fails: the worker stops\n"
                     "  dead letters go to file letters.jsonl (--letters)\n"))
      << text;
}

}  // namespace
