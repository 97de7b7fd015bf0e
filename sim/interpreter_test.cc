#include "sim/interpreter.h"

#include <gtest/gtest.h>

#include <stdexcept>

#include "wallaroo/application.h"

namespace wallaroo::sim {
namespace {

struct Count {
  uint64_t n = 0;
};

Sink<Text> into_memory() {
  return memory::sink(std::make_shared<MemoryOutput>(), framing::raw, text);
}

TEST(InterpreterTest, CountsWordsThroughAKeyedStage) {
  Application app("words");
  app.pipeline("p")
      .source("lines", memory::source({}, text))
      .to_many<std::string_view>("split",
                                 [](std::string_view line, Emit<std::string_view>& emit) {
                                   while (!line.empty()) {
                                     const size_t end = std::min(line.find(' '), line.size());
                                     emit(line.substr(0, end));
                                     line.remove_prefix(std::min(end + 1, line.size()));
                                   }
                                 })
      .key_by([](std::string_view word) { return word; })
      .state<Count>("count",
                    [](std::string_view word, Count& count) {
                      return std::string(word) + "=" + std::to_string(++count.n);
                    })
      .sink("out", into_memory());
  Interpreter interpreter(app.graph());
  interpreter.feed("lines", "a b a");
  interpreter.feed("lines", "b a");
  EXPECT_EQ(interpreter.output("out"),
            (std::vector<std::string>{"a=1", "b=1", "a=2", "b=2", "a=3"}));
}

TEST(InterpreterTest, MergesAndFansOutAndTakesBackTheOutputsOfAFailedRecord) {
  Application app("merge");
  Pipeline pipeline = app.pipeline("p");
  const auto left = pipeline.source("left", memory::source({}, text));
  const auto right = pipeline.source("right", memory::source({}, text));
  const auto merged = left.merge("both", right);
  merged.sink("all", into_memory());
  merged
      .to_many<std::string>("twice",
                            [](std::string_view value, Emit<std::string>& emit) {
                              emit(std::string(value));
                              if (value == "bad") throw std::runtime_error("bad value");
                              emit(std::string(value));
                            })
      .sink("doubled", into_memory());
  Interpreter interpreter(app.graph());
  interpreter.feed("left", "l");
  interpreter.feed("right", "r");
  interpreter.feed("right", "bad");
  EXPECT_EQ(interpreter.output("all"), (std::vector<std::string>{"l", "r", "bad"}));
  EXPECT_EQ(interpreter.output("doubled"), (std::vector<std::string>{"ll", "rr"}));
  EXPECT_EQ(interpreter.user_errors(), 1u);
}

TEST(InterpreterTest, DropsKeysThatAreNotListed) {
  Application app("closed");
  app.pipeline("p")
      .source("in", memory::source({}, text))
      .key_by([](std::string_view value) { return value; }, std::vector<std::string>{"yes", "also"})
      .state<Count>("count", [](std::string_view value, Count&) { return std::string(value); })
      .sink("out", into_memory());
  Interpreter interpreter(app.graph());
  for (const char* value : {"yes", "no", "also"}) interpreter.feed("in", value);
  EXPECT_EQ(interpreter.output("out"), (std::vector<std::string>{"yes", "also"}));
  EXPECT_EQ(interpreter.keys_not_listed(), 1u);
}

struct Visit {
  int64_t at = 0;
};
TEST(InterpreterTest, UsesOfASharedStateSeeWhatTheOthersLeft) {
  Application app("shared");
  const auto add = [](std::string_view, uint64_t& total) { return std::to_string(++total); };
  for (const char* pipeline : {"one", "two"}) {
    const std::string name = pipeline;
    app.pipeline(name)
        .source("in-" + name, memory::source({}, text))
        .spread("deal-" + name)
        .key_by([](std::string_view word) { return word; })
        .state<uint64_t>("use-" + name, shared("total"), add)
        .sink("out-" + name, into_memory());
  }
  Interpreter interpreter(app.graph());
  interpreter.feed("in-one", "a");
  interpreter.feed("in-two", "a");
  interpreter.feed("in-two", "b");
  interpreter.feed("in-one", "a");
  EXPECT_EQ(interpreter.output("out-one"), (std::vector<std::string>{"1", "3"}));
  EXPECT_EQ(interpreter.output("out-two"), (std::vector<std::string>{"2", "1"}));
}

struct Session {
  int64_t visits = 0;

  void on_event(const Visit& visit, Context& context) {
    ++visits;
    context.timer("end", Time{visit.at + 10});
  }
  std::string on_timer(std::string_view name, Context& context) {
    context.clear_state();
    return std::string(name) + "@" + std::to_string(context.event_time().ns) + ":" +
           std::to_string(visits);
  }
};

TEST(InterpreterTest, FiresTimersInTheOrderOfTimeWhenInputEnds) {
  Application app("timers");
  app.pipeline("p")
      .source("in", memory::source({},
                                   [](std::string_view bytes) {
                                     return Visit{std::atoll(std::string(bytes).c_str())};
                                   }))
      .event_time([](const Visit& visit) { return Time{visit.at}; }, bounded_lateness(Duration(0)))
      .key_by([](const Visit& visit) { return visit.at % 2; })
      .process<Session>("session")
      .sink("out", into_memory());
  Interpreter interpreter(app.graph());
  for (const char* value : {"2", "7", "4"}) interpreter.feed("in", value);
  EXPECT_TRUE(interpreter.output("out").empty());
  interpreter.finish();
  EXPECT_EQ(interpreter.output("out"), (std::vector<std::string>{"end@14:2", "end@17:1"}));
  EXPECT_EQ(interpreter.timers_fired(), 2u);
}

}  // namespace
}  // namespace wallaroo::sim
