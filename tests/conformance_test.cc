// The conformance suite on the C++ API: every case of tests/conformance on its program, on each of
// its numbers of cores, with several orders in which the cores act and sizes of batches.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "conformance/cases.h"
#include "conformance/graphs_cpp/graphs.h"

namespace conformance {
namespace {

namespace json = boost::json;
using wl::testkit::DeadLetter;
using wl::testkit::Harness;
using wl::testkit::HarnessOptions;

constexpr size_t kCasesMin = 60;

const std::map<std::string, Program>& programs() {
  static const auto all = [] {
    std::map<std::string, Program> made;
    for (const Programs& some : {stateless_programs(), failing_programs(), keyed_programs(),
                                 joined_programs(), timed_programs()}) {
      for (const Program& program : some) made[program.name] = program;
    }
    return made;
  }();
  return all;
}

const std::vector<Case>& cases() {
  static const std::vector<Case> all = cases_in(WALLAROO_CONFORMANCE);
  return all;
}

std::string text(const json::object& fields, std::string_view name) {
  return fields.contains(name) ? std::string(fields.at(name).as_string()) : std::string();
}

json::object object(const json::object& fields, std::string_view name) {
  return fields.contains(name) ? fields.at(name).as_object() : json::object();
}

// ---- running -----------------------------------------------------------------------------------

void take_step(Harness& harness, const json::object& step) {
  if (step.contains("feed")) {
    const json::object& feed = step.at("feed").as_object();
    const auto connection = feed.contains("connection") ? feed.at("connection").as_int64() : 0;
    const Texts messages = texts_of(feed.at("messages"));
    harness.feed(text(feed, "source"), messages, static_cast<uint32_t>(connection));
    if (feed.contains("drain") && !feed.at("drain").as_bool()) return;
  } else if (step.contains("generate")) {
    const json::object& made = step.at("generate").as_object();
    harness.generate(text(made, "source"), static_cast<uint64_t>(made.at("count").as_int64()));
  } else if (step.contains("advance_to_ms")) {
    harness.advance_to({step.at("advance_to_ms").as_int64() * 1'000'000});
  } else if (step.contains("reload_states")) {
    harness.reload_states();
  } else if (step.contains("close")) {
    harness.close(text(step, "close"));
  } else if (step.contains("finish")) {
    harness.finish();
    return;
  } else {
    throw std::runtime_error("there is no such step: " + json::serialize(step));
  }
  harness.drain();
}

// ---- comparing ---------------------------------------------------------------------------------

std::string compare_outputs(const Harness& harness, const json::object& fields) {
  const json::object outputs = object(fields, "outputs");
  const json::object bytes = object(fields, "output_bytes");
  const std::string order = text(fields, "order");
  std::string wrong;
  for (const std::string& sink : harness.sinks()) {
    const std::string what = "output of '" + sink + "'";
    if (!outputs.contains(sink) && !bytes.contains(sink)) {
      wrong += what + " is not expected by the case\n";
    }
    if (outputs.contains(sink)) {
      wrong += difference(what, ordered(texts_of(outputs.at(sink)), order),
                          ordered(harness.output(sink), order));
    }
    if (bytes.contains(sink)) {
      wrong += difference(what + " in bytes", {std::string(bytes.at(sink).as_string())},
                          {to_base64(harness.output_bytes(sink))});
    }
  }
  return wrong;
}

/// Those that the case names; failures that it does not name must not have been.
std::string compare_counters(const Harness& harness, const json::object& fields) {
  std::map<std::pair<std::string, std::string>, int64_t> wanted;
  std::vector<std::string> stages = harness.sources();
  for (const std::string& stage : harness.stages_with_state()) stages.push_back(stage);
  for (const std::string& stage : stages) {
    for (const char* counter : {"user_errors", "undecodable"}) wanted[{stage, counter}] = 0;
  }
  for (const auto& of_stage : object(fields, "counters")) {
    for (const auto& counter : of_stage.value().as_object()) {
      wanted[{of_stage.key(), counter.key()}] = counter.value().as_int64();
    }
  }
  std::string wrong;
  for (const auto& [names, value] : wanted) {
    const auto& [stage, counter] = names;
    wrong += difference("counter '" + counter + "' of '" + stage + "'", {std::to_string(value)},
                        {std::to_string(harness.counter(stage, counter))});
  }
  return wrong;
}

std::string compare_states(const Harness& harness, const Program& program,
                           const json::object& fields) {
  std::string wrong;
  for (const auto& of_stage : object(fields, "states")) {
    const StateText& state_of = program.states.at(of_stage.key());
    for (const auto& wanted : of_stage.value().as_object()) {
      const Texts text =
          wanted.value().is_null() ? Texts{} : Texts{std::string(wanted.value().as_string())};
      const auto state = state_of(harness, wanted.key());
      wrong += difference("state of " + shown(wanted.key()), text, state ? Texts{*state} : Texts{});
    }
  }
  for (const auto& of_stage : object(fields, "state_bytes")) {
    Texts wanted;
    for (const auto& state : of_stage.value().as_object()) {
      wanted.push_back(std::string(state.key()) + ' ' + std::string(state.value().as_string()));
    }
    Texts found;
    for (const auto& [key, state] : harness.encoded_states(of_stage.key())) {
      found.push_back(to_hex(key) + ' ' + to_hex(state));
    }
    wrong += difference("bytes of states", ordered(wanted, "any"), ordered(found, "any"));
  }
  return wrong;
}

bool is_like(const DeadLetter& letter, const json::object& wanted) {
  const std::map<std::string, std::string> fields = {
      {"stage", letter.stage},    {"function", letter.function},
      {"key", letter.key},        {"timer", letter.timer},
      {"source", letter.source},  {"message", std::to_string(letter.message)},
      {"payload", letter.payload}};
  for (const auto& [name, found] : fields) {
    if (wanted.contains(name) && text_of_message(wanted.at(name)) != found) return false;
  }
  return letter.error.find(text(wanted, "error_contains")) != std::string::npos;
}

std::string compare_dead_letters(const Harness& harness, const json::object& fields) {
  std::vector<DeadLetter> letters = harness.dead_letters();
  std::string wrong;
  const json::array none;
  const json::array& expected =
      fields.contains("dead_letters") ? fields.at("dead_letters").as_array() : none;
  for (const json::value& wanted : expected) {
    const auto found = std::find_if(letters.begin(), letters.end(), [&](const DeadLetter& letter) {
      return is_like(letter, wanted.as_object());
    });
    if (found == letters.end()) {
      wrong += "no dead letter is like " + json::serialize(wanted) + "\n";
    } else {
      letters.erase(found);
    }
  }
  for (const DeadLetter& letter : letters) {
    wrong += "a dead letter that is not expected: stage " + shown(letter.stage) + ", function " +
             shown(letter.function) + ", error " + shown(letter.error) + ", key " +
             shown(letter.key) + ", timer " + shown(letter.timer) + ", payload " +
             shown(letter.payload) + "\n";
  }
  return wrong;
}

std::string compare_failure(const Harness& harness, const json::object& fields) {
  const auto failure = harness.failure();
  if (!fields.contains("failure_contains")) {
    return failure ? "the worker has stopped: " + failure->message + "\n" : std::string();
  }
  const std::string wanted = text(fields, "failure_contains");
  if (failure && failure->message.find(wanted) != std::string::npos) return {};
  return "failure: " + shown(wanted) + " wanted, " +
         (failure ? shown(failure->message) : std::string("nothing")) + " found\n";
}

std::string compare_refusal(const wl::Application& app, const json::object& fields) {
  const auto checked = app.check();
  const std::string said = checked ? "nothing was refused" : checked.error().message;
  std::string wrong;
  for (const std::string& wanted : texts_of(fields.at("refused_contains"))) {
    if (said.find(wanted) == std::string::npos) wrong += "refused: " + said + "\n";
  }
  return wrong;
}

/// How many lines of the log hold a text.
std::string compare_log(const Harness& harness, const json::object& fields) {
  std::string wrong;
  for (const auto& wanted : object(fields, "log")) {
    const auto lines =
        std::count_if(harness.log().begin(), harness.log().end(), [&](const std::string& line) {
          return line.find(std::string_view(wanted.key())) != std::string::npos;
        });
    wrong += difference("lines of the log with " + shown(wanted.key()),
                        {std::to_string(wanted.value().as_int64())}, {std::to_string(lines)});
  }
  return wrong;
}

/// What is not as the case says, in sentences.
std::string differences(const Program& program, const json::object& fields,
                        const HarnessOptions& options) {
  try {
    wl::Application app("conformance");
    program.build(app);
    if (fields.contains("refused_contains")) return compare_refusal(app, fields);
    Harness harness(app, options);
    for (const json::value& step : fields.at("steps").as_array()) {
      take_step(harness, step.as_object());
    }
    return compare_outputs(harness, fields) + compare_counters(harness, fields) +
           compare_states(harness, program, fields) + compare_dead_letters(harness, fields) +
           compare_failure(harness, fields) + compare_log(harness, fields);
  } catch (const std::exception& mistake) {
    return std::string("the case cannot be run: ") + mistake.what() + "\n";
  }
}

// ---- tests -------------------------------------------------------------------------------------

/// What is not as the case says in any of the ways to run it.
std::string differences_in_all_ways(const Program& program, const json::object& fields) {
  std::string all;
  for (const json::value& cores : fields.at("cores").as_array()) {
    for (const uint64_t seed : {0u, 1u, 77u}) {
      for (const uint32_t batch : {1u, 128u}) {
        HarnessOptions options;
        options.cores = static_cast<uint32_t>(cores.as_int64());
        options.seed = seed;
        options.batch_messages_max = batch;
        options.sinks_push_back = seed == 77;
        const std::string wrong = differences(program, fields, options);
        if (wrong.empty()) continue;
        all += std::to_string(options.cores) + " cores, seed " + std::to_string(seed) +
               ", batches of " + std::to_string(batch) + ":\n" + wrong;
      }
    }
  }
  return all;
}

class Conformance : public testing::TestWithParam<size_t> {};

TEST_P(Conformance, holds) {
  const json::object& fields = cases()[GetParam()].fields;
  ASSERT_TRUE(programs().contains(text(fields, "graph"))) << "no program " << text(fields, "graph");
  const std::string wrong = differences_in_all_ways(programs().at(text(fields, "graph")), fields);
  const std::string known = text(object(fields, "differs"), "cpp");
  if (known.empty()) {
    EXPECT_EQ(wrong, "") << text(fields, "about");
  } else {
    EXPECT_NE(wrong, "") << "this holds now; take the difference out of the case: " << known;
  }
}

std::vector<size_t> numbers_of_cases() {
  std::vector<size_t> numbers(cases().size());
  for (size_t i = 0; i < numbers.size(); ++i) numbers[i] = i;
  return numbers;
}

INSTANTIATE_TEST_SUITE_P(Cases, Conformance, testing::ValuesIn(numbers_of_cases()),
                         [](const auto& of) { return cases()[of.param].name; });

TEST(ConformanceSuite, is_whole) {
  EXPECT_GE(cases().size(), kCasesMin) << "cases are missing in " << WALLAROO_CONFORMANCE;
  std::set<std::string> used;
  for (const Case& one : cases()) used.insert(text(one.fields, "graph"));
  for (const auto& [name, program] : programs()) {
    EXPECT_TRUE(used.contains(name)) << "no case uses the program '" << name << "'";
  }
}

/// A case that holds for the program failing_structs, with one part of its text replaced.
std::string wrong_with(std::string_view part, std::string_view instead) {
  std::string text = R"({"steps": [{"feed": {"source": "lines", "messages":
    ["ab", "nocount", "ab"]}}], "order": "exact", "outputs": {"out": ["ab 1", "ab 2"]},
    "counters": {"count": {"user_errors": 1}}, "state_bytes": {"count": {
    "f8ffffffffffffff": "0200000000000000", "fdffffffffffffff": "0100000000000000"}},
    "dead_letters": [{"error_contains": "does not count", "key": "-3"}]})";
  text.replace(text.find(part), part.size(), instead);
  return differences(programs().at("failing_structs"), json::parse(text).as_object(), {});
}

TEST(ConformanceSuite, notices_what_is_wrong) {
  EXPECT_EQ(wrong_with("exact", "by_key"), "");
  EXPECT_EQ(wrong_with("ab 2", "ab 3"),
            "output of 'out': 2 wanted, 2 found; at number 2 'ab 3' wanted, 'ab 2' found\n");
  EXPECT_EQ(wrong_with("\"outputs\"", "\"none\""), "output of 'out' is not expected by the case\n");
  EXPECT_NE(wrong_with("\"order\"", "\"output_bytes\": {\"out\": \"YWIgMQo=\"}, \"order\""), "");
  EXPECT_NE(wrong_with("exact", "as it comes"), "");
  EXPECT_NE(wrong_with("counters", "none"), "") << "an error that the case does not name";
  EXPECT_NE(wrong_with("user_errors\": 1", "user_errors\": 2"), "");
  EXPECT_NE(wrong_with("\"0200000000000000\"", "\"0200000000000001\""), "");
  EXPECT_NE(wrong_with("dead_letters", "none"), "");
  EXPECT_NE(wrong_with("\"-3\"", "\"3\""), "");
  EXPECT_NE(wrong_with("\"order\"", "\"failure_contains\": \"count\", \"order\""), "");
  EXPECT_NE(wrong_with("\"order\"", "\"log\": {\"failed on\": 2}, \"order\""), "");
  EXPECT_NE(wrong_with("\"feed\"", "\"eat\""), "");
}

}  // namespace
}  // namespace conformance
