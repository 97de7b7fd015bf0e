// The harness on small programs: what goes in and comes out, time, state, counters, and the
// sentences for tests that ask for what is not there.
#include "wallaroo/testkit/harness.h"

#include <gtest/gtest.h>
#include <wallaroo/wallaroo.h>

#include <algorithm>
#include <chrono>

namespace wallaroo::testkit {
namespace {

using Lines = std::vector<std::string>;
using namespace std::chrono_literals;

struct Total {
  uint64_t messages = 0;
  std::string last;
};

struct Silence {
  uint64_t messages = 0;
  std::string who;

  std::optional<std::string> on_event(std::string_view name, Context& context) {
    ++messages;
    who = name;
    context.timer("silent", context.event_time() + 5s);
    return std::nullopt;
  }
  std::optional<std::string> on_timer(std::string_view, Context& context) {
    context.clear_state();
    return who + " was silent";
  }
};

void count(std::string_view name, Bytes& out, uint64_t messages) { out << name << ' ' << messages; }

void build_counts(Application& app) {
  app.pipeline("p")
      .source("names", tcp::listen(app.flag("in", ":7010"), framing::u32be, text))
      .filter("known",
              [](std::string_view name) {
                if (name == "bad") throw std::runtime_error("a bad name");
                return !name.empty();
              })
      .key_by([](std::string_view name) { return name; })
      .state<Total>("count",
                    [](std::string_view name, Total& total) {
                      total.last = name;
                      ++total.messages;
                      return total;
                    })
      .sink("counts", tcp::connect(app.flag("out", ":7002"), framing::lines,
                                   [](const Total& total, Bytes& out) {
                                     count(total.last, out, total.messages);
                                   }));
}

Lines sorted(Lines lines) {
  std::sort(lines.begin(), lines.end());
  return lines;
}

/// What a call that must fail says.
template <class Call>
std::string mistake(Call&& call) {
  try {
    call();
  } catch (const Mistake& found) {
    return found.what();
  }
  return "nothing was refused";
}

class HarnessOnCores : public testing::TestWithParam<uint32_t> {};
INSTANTIATE_TEST_SUITE_P(Cores, HarnessOnCores, testing::Values(1u, 2u, 3u));

TEST_P(HarnessOnCores, gives_what_the_shipped_graph_gives) {
  Application app("counts");
  build_counts(app);
  Harness harness(app, {.cores = GetParam(), .seed = GetParam()});
  harness.feed("names", {"ann", "bob", "ann", ""});
  EXPECT_TRUE(harness.output("counts").empty()) << "nothing runs before drain()";
  harness.drain();
  EXPECT_EQ(sorted(harness.take_output("counts")), (Lines{"ann 1", "ann 2", "bob 1"}));
  harness.feed("names", "ann", 1);
  harness.drain();
  EXPECT_EQ(harness.take_output("counts"), (Lines{"ann 3"}));
  EXPECT_EQ(harness.output("counts").size(), 4u);
  EXPECT_EQ(harness.output_bytes("counts").size(), 4 * std::string("ann 1\n").size());
}

TEST_P(HarnessOnCores, keeps_dead_letters) {
  Application app("counts");
  build_counts(app);
  app.on_error(OnError::dead_letter);
  Harness harness(app, {.cores = GetParam()});
  harness.feed("names", {"ann", "bad", "bob"});
  harness.drain();
  EXPECT_EQ(harness.output("counts").size(), 2u);
  const auto letters = harness.dead_letters();
  ASSERT_EQ(letters.size(), 1u);
  EXPECT_EQ(letters[0].stage, "names");
  EXPECT_EQ(letters[0].function, "known");
  EXPECT_EQ(letters[0].error, "a bad name");
  EXPECT_EQ(letters[0].source, "names");
  EXPECT_EQ(letters[0].message, 2u);
  EXPECT_EQ(letters[0].payload, "bad");
  EXPECT_EQ(harness.counter("names", "dead_letters"), 1u);
}

// A keyed stage that went on with a batch took an earlier record of it for the one that failed.
TEST_P(HarnessOnCores, tells_which_message_failed_behind_a_pause_in_its_batch) {
  Application app("twice");
  app.on_error(OnError::dead_letter);
  app.pipeline("p")
      .source("names", tcp::listen(":7010", framing::lines, text))
      .key_by([](std::string_view) { return uint32_t{0}; })
      .state_many<Total, std::string>("twice",
                                      [](std::string_view name, Total&, Emit<std::string>& emit) {
                                        if (name == "bad") throw std::runtime_error("a bad name");
                                        emit(std::string(name));
                                        emit(std::string(name));
                                      })
      .sink("out", tcp::connect(":7002", framing::lines, text));
  Harness harness(app, {.cores = GetParam(), .batch_messages_max = 4, .sinks_push_back = true});
  harness.feed("names", {"ann", "bob", "eve", "bad"});
  harness.drain();
  EXPECT_EQ(harness.output("out"), (Lines{"ann", "ann", "bob", "bob", "eve", "eve"}));
  const auto letters = harness.dead_letters();
  ASSERT_EQ(letters.size(), 1u);
  EXPECT_NE(letters[0].payload.find("bad"), std::string::npos) << letters[0].payload;
}

TEST_P(HarnessOnCores, shows_the_state_of_a_key_and_what_was_counted) {
  Application app("counts");
  build_counts(app);
  Harness harness(app, {.cores = GetParam()});
  const Lines names = {"ann", "bad", "bob", "ann"};
  harness.feed("names", names);
  harness.drain();
  EXPECT_EQ(harness.state<Total>("count", "ann")->messages, 2u);
  EXPECT_EQ(harness.state<Total>("count", std::string("bob"))->last, "bob");
  EXPECT_FALSE(harness.state<Total>("count", "eve").has_value());
  EXPECT_EQ(harness.encoded_states("count").size(), 2u);
  EXPECT_EQ(harness.encoded_states("count")[0].first, "ann");
  EXPECT_EQ(harness.counter("names", "messages"), 4u);
  EXPECT_EQ(harness.counter("names", "user_errors"), 1u);
  EXPECT_EQ(harness.counter("count", "keys"), 2u);
  EXPECT_EQ(harness.counter("counts", "messages"), 3u);
  ASSERT_FALSE(harness.log().empty());
  EXPECT_NE(harness.log()[0].find("a bad name"), std::string::npos) << harness.log()[0];
}

TEST_P(HarnessOnCores, keeps_state_over_storing_and_loading_it) {
  Application app("counts");
  build_counts(app);
  Harness harness(app, {.cores = GetParam(), .partitions = 8});
  harness.feed("names", {"ann", "bob"});
  harness.reload_states();
  harness.feed("names", "ann");
  harness.drain();
  EXPECT_EQ(harness.output("counts").back(), "ann 2");
}

TEST_P(HarnessOnCores, moves_timers_by_the_clock) {
  Application app("silence");
  app.pipeline("p")
      .source("names", tcp::listen(":7010", framing::lines, text))
      .key_by([](std::string_view name) { return name; })
      .process<Silence>("silence")
      .sink("silent", tcp::connect(":7002", framing::lines, text));
  const Time start = Time{} + 24h;
  Harness harness(app, {.cores = GetParam(), .start = start});
  harness.feed("names", "ann");
  harness.advance(4900ms);
  EXPECT_EQ(harness.state<Silence>("silence", "ann")->messages, 1u);
  EXPECT_TRUE(harness.output("silent").empty());
  harness.feed("names", "bob");
  harness.advance_to(start + 5200ms);
  EXPECT_EQ(harness.output("silent"), (Lines{"ann was silent"}));
  EXPECT_FALSE(harness.state<Silence>("silence", "ann").has_value());
  EXPECT_EQ(harness.now(), start + 5200ms);
  harness.advance(24h * 365);
  EXPECT_EQ(harness.output("silent"), (Lines{"ann was silent", "bob was silent"}));
}

TEST_P(HarnessOnCores, fires_all_timers_when_it_finishes) {
  Application app("silence");
  app.pipeline("p")
      .source("names", tcp::listen(":7010", framing::lines, text))
      .key_by([](std::string_view name) { return name; })
      .process<Silence>("silence")
      .sink("silent", tcp::connect(":7002", framing::u16le, text));
  Harness harness(app, {.cores = GetParam(), .sinks_push_back = true});
  harness.feed("names", {"ann", "bob"});
  harness.finish();
  EXPECT_EQ(sorted(harness.output("silent")), (Lines{"ann was silent", "bob was silent"}));
  EXPECT_EQ(mistake([&] { harness.feed("names", "eve"); }),
            "source 'names' has been closed; feed it before that");
}

TEST_P(HarnessOnCores, lets_generators_make_as_many_values_as_it_was_asked_for) {
  Application app("numbers");
  app.pipeline("p")
      .source("numbers", generator([](uint64_t number) -> std::optional<uint64_t> {
                if (number == 5) return std::nullopt;
                return number;
              }))
      .key_by([](uint64_t number) { return number % 2; })
      .state<uint64_t>("sum", [](uint64_t number, uint64_t& sum) { return sum += number; })
      .sink("sums",
            tcp::connect(":7002", framing::lines, [](uint64_t sum, Bytes& out) { out << sum; }));
  Harness harness(app, {.cores = GetParam(), .batch_messages_max = 2});
  harness.drain();
  EXPECT_TRUE(harness.output("sums").empty());
  harness.generate("numbers", 3);
  harness.drain();
  EXPECT_EQ(sorted(harness.take_output("sums")), (Lines{"0", "1", "2"}));
  EXPECT_EQ(harness.state<uint64_t>("sum", 0), 2u);
  harness.generate("numbers", 100);
  harness.finish();
  EXPECT_EQ(sorted(harness.take_output("sums")), (Lines{"4", "6"}));
  EXPECT_EQ(harness.counter("numbers", "messages"), 5u) << "the end is no message";
  EXPECT_EQ(harness.counter("numbers", "records_in"), 5u);
}

// The chain hands on in between, so that steps before the failing one still have messages to run.
TEST_P(HarnessOnCores, puts_nothing_out_from_behind_the_message_that_stops_the_worker) {
  Application app("stops");
  app.on_error(OnError::fail);
  const auto twice = [](std::string_view text, auto& emit) {
    emit(text);
    emit(text);
  };
  app.pipeline("p")
      .source("texts", tcp::listen(":7010", framing::lines, text))
      .to_many<std::string_view>("twice", twice)
      .to_many<std::string_view>("again", twice)
      .to("known",
          [](std::string_view text) {
            if (text == "bad") throw std::runtime_error("bad");
            return text;
          })
      .sink("out", tcp::connect(":7002", framing::lines, text));
  Harness harness(app, {.cores = GetParam()});
  harness.feed("texts", {"good", "bad"});
  for (int i = 0; i < 200; ++i) harness.feed("texts", "behind");
  harness.drain();
  EXPECT_TRUE(harness.failure().has_value());
  harness.finish();
  EXPECT_EQ(harness.output("out"), Lines(4, "good"));
}

TEST_P(HarnessOnCores, tells_why_the_worker_has_stopped) {
  Application app("counts");
  app.on_error(OnError::fail);
  build_counts(app);
  Harness harness(app, {.cores = GetParam()});
  harness.feed("names", "ann", 1);
  harness.drain();
  EXPECT_FALSE(harness.failure().has_value());
  harness.feed("names", {"bad", "bob"}, 1);
  harness.drain();
  ASSERT_TRUE(harness.failure().has_value());
  EXPECT_NE(harness.failure()->message.find("'known' failed on message 2 of source 'names'"),
            std::string::npos)
      << harness.failure()->message;
  harness.finish();
  EXPECT_EQ(harness.output("counts"), (Lines{"ann 1"}));
}

TEST(Harness, takes_values_by_an_encoder_of_the_test) {
  Application app("counts");
  build_counts(app);
  Harness harness(app, {.flags = {{"in", ":1"}}});
  harness.feed("names", 17, [](int number, Bytes& out) { out << number; });
  harness.drain();
  EXPECT_EQ(harness.output("counts"), (Lines{"17 1"}));
}

TEST(Harness, follows_event_times_of_each_connection) {
  Application app("silence");
  app.pipeline("p")
      .source("seconds", memory::source({"never read"}, text))
      .event_time([](std::string_view at) { return Time{} + std::chrono::seconds(at.size()); },
                  bounded_lateness(1s))
      .key_by([](std::string_view name) { return name; })
      .process<Silence>("silence")
      .sink("silent", tcp::connect(":7002", framing::lines, text));
  Harness harness(app, {.cores = 2});
  harness.feed("seconds", "a");        // its timer is due at 6 s
  harness.feed("seconds", "aaaaaaa");  // 7 s less the lateness
  harness.feed("seconds", "bb", 1);    // another connection, on the other core
  harness.drain();
  EXPECT_TRUE(harness.output("silent").empty());
  harness.advance(2s);  // a silent connection holds time back no longer
  harness.feed("seconds", "aaaaaaaa");
  harness.drain();
  EXPECT_EQ(harness.output("silent").front(), "a was silent");
}

TEST(Harness, says_what_there_is_when_a_name_is_unknown) {
  Application app("counts");
  build_counts(app);
  Harness harness(app);
  EXPECT_EQ(mistake([&] { harness.feed("nams", "ann"); }),
            "the application has no source 'nams'; there are: 'names'");
  EXPECT_EQ(mistake([&] { harness.output("count"); }),
            "the application has no sink 'count'; there are: 'counts'");
  EXPECT_EQ(mistake([&] { harness.state<Total>("known", "ann"); }),
            "the application has no stage with state called 'known'; there are: 'count'");
  EXPECT_EQ(mistake([&] { harness.counter("known", "keys"); }),
            "no stage, source or sink is called 'known'; what counts is: 'names' 'count' 'counts'");
  EXPECT_NE(mistake([&] {
              harness.counter("counts", "keys");
            }).find("'counts' has no counter 'keys'; there are: messages, bytes"),
            std::string::npos);
  EXPECT_EQ(mistake([&] { harness.generate("names", 1); }),
            "source 'names' is no generator; feed it instead");
}

TEST(Harness, says_what_the_types_are_when_a_state_is_of_another) {
  Application app("counts");
  build_counts(app);
  Harness harness(app);
  EXPECT_EQ(mistake([&] { harness.state<uint64_t>("count", "ann"); }),
            "the state of stage 'count' is a struct(u64,string), not a u64");
  EXPECT_EQ(mistake([&] { harness.state<Total>("count", 7); }),
            "the key of stage 'count' is a string, not a i32");
}

TEST(Harness, refuses_applications_and_options_that_a_worker_refuses) {
  Application empty("empty");
  EXPECT_NE(mistake([&] { Harness harness(empty); }), "nothing was refused");
  Application app("counts");
  build_counts(app);
  EXPECT_EQ(mistake([&] { Harness harness(app, {.cores = 0}); }),
            "cores must be between 1 and 64, not 0");
  EXPECT_EQ(mistake([&] { Harness harness(app, {.partitions = 3}); }),
            "ring_slots and partitions must be powers of two");
  EXPECT_EQ(mistake([&] {
              Harness harness(app, {.flags = {{"inn", ":1"}}});
            }),
            "the application has no flag --inn");
  Harness harness(app, {.start = Time{1000}});
  EXPECT_EQ(mistake([&] { harness.advance_to(Time{10}); }),
            "the clock cannot go back: it stands at 1000 ns and was told to go to 10 ns");
}

TEST(Harness, has_no_messages_of_a_sink_that_does_not_tell_them_apart) {
  Application app("raw");
  app.pipeline("p")
      .source("in", tcp::listen(":7010", framing::lines, text))
      .sink("out", tcp::connect(":7002", framing::raw, text));
  Harness harness(app);
  harness.feed("in", {"a", "b"});
  harness.drain();
  EXPECT_EQ(
      mistake([&] { harness.output("out"); }),
      "sink 'out' writes raw bytes, in which no message ends; ask for the bytes of its output");
  EXPECT_EQ(harness.output_bytes("out"), "ab");
}

struct Watched {
  std::optional<std::string> on_event(std::string_view name, Context& context) {
    context.timer("later", context.event_time() + 1h);
    if (name.starts_with("bad")) throw std::runtime_error("bad");
    return std::nullopt;
  }
  std::optional<std::string> on_timer(std::string_view, Context&) { return std::nullopt; }
};

// A batch that was opened for a watermark has no message to be named after.
TEST_P(HarnessOnCores, names_the_source_of_every_dead_letter) {
  Application app("merged");
  app.on_error(OnError::dead_letter);
  const auto source = [&](const char* name) {
    return app.pipeline(name)
        .source(name, tcp::listen(":0", framing::lines, text))
        .to(std::string(name) + "-copy", [](std::string_view line) { return std::string(line); });
  };
  source("one")
      .merge("both", source("other"))
      .spread("deal")
      .key_by([](const std::string& name) { return name; })
      .process<Watched>("watch");
  Harness harness(app, {.cores = GetParam()});
  for (int i = 0; i < 40; ++i) {
    harness.advance(1s);
    harness.feed(i % 2 == 0 ? "one" : "other", {"bad " + std::to_string(i), "good"});
    if (i % 3 == 0) harness.drain();
  }
  harness.finish();
  const auto letters = harness.dead_letters();
  EXPECT_EQ(letters.size(), 40u);
  for (const DeadLetter& letter : letters) {
    const bool even = (letter.payload.back() - '0') % 2 == 0;
    EXPECT_EQ(letter.source, even ? "one" : "other") << letter.payload;
  }
}

// While there is no room behind a merge, messages of several sources gather in one batch.
TEST_P(HarnessOnCores, names_no_wrong_source_of_a_dead_letter) {
  Application app("mixed");
  app.on_error(OnError::dead_letter);
  const auto source = [&](const char* name) {
    return app.pipeline(name).source(name, tcp::listen(":0", framing::lines, text));
  };
  source("even")
      .merge("both", source("odd"))
      .key_by([](std::string_view number) { return number; })
      .state<Total>("refuse", [](std::string_view, Total&) -> std::string {
        throw std::runtime_error("no");
      });
  Harness harness(app, {.cores = GetParam(), .seed = 7, .credits_per_channel = 1});
  for (int i = 0; i < 400; ++i) harness.feed(i % 2 == 0 ? "even" : "odd", std::to_string(i));
  harness.finish();
  const auto letters = harness.dead_letters();
  EXPECT_EQ(letters.size(), 400u);
  for (const DeadLetter& letter : letters) {
    if (letter.source.empty()) continue;
    const bool even = (letter.payload.back() - '0') % 2 == 0;
    EXPECT_EQ(letter.source, even ? "even" : "odd") << letter.payload;
  }
}

struct Endless {
  uint64_t rings = 0;
  std::optional<uint64_t> on_event(std::string_view, Context& context) {
    context.timer("again", Time{});
    return std::nullopt;
  }
  std::optional<uint64_t> on_timer(std::string_view, Context& context) {
    context.timer("again", Time{});
    return std::nullopt;
  }
};

TEST(Harness, gives_up_on_a_program_that_never_rests) {
  Application app("endless");
  app.pipeline("p")
      .source("in", tcp::listen(":7010", framing::lines, text))
      .key_by([](std::string_view name) { return name; })
      .process<Endless>("alarm");
  Harness harness(app);
  harness.feed("in", "x");
  EXPECT_NE(mistake([&] { harness.advance(1s); }).find("does not come to rest"), std::string::npos);
}

struct AtTheEnd {
  std::optional<std::string> on_event(std::string_view, Context& context) {
    context.timer("last", Time{INT64_MAX});
    return std::nullopt;
  }
  std::optional<std::string> on_timer(std::string_view timer, Context&) {
    return std::string(timer);
  }
};

TEST(Harness, a_timer_for_the_last_of_all_times_fires_at_the_end) {
  Application app("patient");
  app.pipeline("p")
      .source("in", tcp::listen(":7010", framing::lines, text))
      .key_by([](std::string_view name) { return name; })
      .process<AtTheEnd>("wait")
      .sink("out", tcp::connect(":7002", framing::lines, text));
  Harness harness(app);
  harness.feed("in", "x");
  harness.drain();
  EXPECT_EQ(harness.take_output("out"), Lines{});
  harness.finish();
  EXPECT_EQ(harness.take_output("out"), Lines{"last"});
}

}  // namespace
}  // namespace wallaroo::testkit
