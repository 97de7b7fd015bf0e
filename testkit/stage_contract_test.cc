// The contract of stages holds for good programs; and each way in which a program can depend on
// what it must not is found, by a program that does so.
#include "wallaroo/testkit/stage_contract.h"

#include <gtest/gtest.h>
#include <wallaroo/wallaroo.h>

#include <memory>

#include "wallaroo/testkit.h"

namespace {

/// A state of which one field is forgotten when it is stored.
class Half {
 public:
  Half() = default;
  uint64_t stored = 0;
  uint64_t forgotten = 0;
};

}  // namespace

template <>
struct wallaroo::Codec<Half> {
  static void encode(const Half& value, Bytes& out) { Codec<uint64_t>::encode(value.stored, out); }
  static bool decode(Reader& in, Half& value) { return Codec<uint64_t>::decode(in, value.stored); }
  static std::string description() { return "half"; }
};

namespace wallaroo::testkit {
namespace {

using namespace std::chrono_literals;

struct Total {
  std::string name;
  uint64_t messages = 0;
};

StageCase names_case() {
  StageCase stage_case;
  for (uint32_t i = 0; i < 40; ++i) {
    const uint32_t who = i * 7 % 5;
    stage_case.input.push_back({"names", "name" + std::to_string(who), who});
  }
  stage_case.key_of = [](std::string_view, std::string_view message) {
    return std::string(message.substr(0, message.find(' ')));
  };
  return stage_case;
}

Stream<std::string_view> names_of(Application& app) {
  return app.pipeline("p").source("names", tcp::listen(":7010", framing::lines, text));
}

Sink<Text> out() { return tcp::connect(":7002", framing::lines, text); }

constexpr auto by_name = [](std::string_view name) { return name; };

void build_counts(Application& app) {
  names_of(app)
      .key_by(by_name)
      .state<Total>("count",
                    [](std::string_view name, Total& total) {
                      total.name = name;
                      ++total.messages;
                      return total;
                    })
      .sink("counts", tcp::connect(":7002", framing::lines, [](const Total& total, Bytes& to) {
              to << total.name << ' ' << total.messages;
            }));
}

TEST(StageContract, holds_for_a_program_that_keeps_it) {
  const StageReport report = check_stage_contract(build_counts, names_case());
  EXPECT_EQ(report.wrong, "");
  EXPECT_EQ(report.variants, 23u);
}

TEST(StageContract, compares_with_what_the_case_expects) {
  StageCase stage_case;
  stage_case.input = {{"names", "ann"}, {"names", "bob"}, {"names", "ann"}};
  stage_case.expected["counts"] = {"bob 1", "ann 2", "ann 1"};
  EXPECT_EQ(check_stage_contract(build_counts, stage_case).wrong, "");
  stage_case.key_of = names_case().key_of;
  EXPECT_EQ(check_stage_contract(build_counts, stage_case).wrong,
            "'one message at a time' is not as expected: key 'ann' at the sink 'counts' differs "
            "from number 1 on:\n  expected [ann 2, ann 1]\n  found    [ann 1, ann 2]");
  stage_case.expected["counts"] = {"bob 1", "ann 1"};
  EXPECT_NE(check_stage_contract(build_counts, stage_case).wrong, "");
  stage_case.expected["counts"] = {"bob 1", "ann 1", "ann 2"};
  EXPECT_EQ(check_stage_contract(build_counts, stage_case).wrong, "");
  stage_case.expected["totals"] = {};
  EXPECT_THROW(check_stage_contract(build_counts, stage_case), Mistake);
}

// A view of the state that the next message of the batch changes: right only in batches of 1.
TEST(StageContract, finds_what_depends_on_where_batches_end) {
  const auto build = [](Application& app) {
    names_of(app)
        .key_by(by_name)
        .state<std::string>("last",
                            [](std::string_view name, std::string& last) {
                              last = std::string(name) + (last.ends_with('a') ? "-b" : "-a");
                              return std::string_view(last);
                            })
        .sink("out", out());
  };
  const StageReport report = check_stage_contract(build, names_case());
  EXPECT_TRUE(report.wrong.starts_with("'everything at once' is not like")) << report.wrong;
}

TEST(StageContract, finds_what_depends_on_how_many_cores_there_are) {
  const auto build = [](Application& app) {
    names_of(app)
        .key_by(by_name)
        .state_many<uint64_t, std::string>(
            "number",
            [seen = uint64_t{0}](std::string_view name, uint64_t&, auto& emit) mutable {
              emit(std::string(name) + ' ' + std::to_string(++seen));
            })
        .sink("out", out());
  };
  StageCase stage_case = names_case();
  stage_case.compare_states = false;
  for (auto& message : stage_case.input) message.connection = 0;
  const StageReport report = check_stage_contract(build, stage_case);
  EXPECT_NE(report.wrong.find("on 2 cores' is not like"), std::string::npos) << report.wrong;
}

// What one stage leaves for another outside of any state: who acts first decides what is found.
TEST(StageContract, finds_what_depends_on_who_acts_first) {
  const auto build = [](Application& app) {
    const auto seen = std::make_shared<uint64_t>(0);
    const auto names = names_of(app).to("see", [seen](std::string_view name) {
      ++*seen;
      return name;
    });
    names.key_by(by_name)
        .state<uint64_t>("look",
                         [seen](std::string_view name, uint64_t&) {
                           return std::string(name) + ' ' + std::to_string(*seen);
                         })
        .sink("out", out());
  };
  EXPECT_NE(check_stage_contract(build, names_case()).wrong, "");
}

TEST(StageContract, finds_a_state_that_is_not_stored_whole) {
  const auto build = [](Application& app) {
    names_of(app)
        .key_by(by_name)
        .state<Half>("count",
                     [](std::string_view name, Half& half) {
                       ++half.stored;
                       return std::string(name) + ' ' + std::to_string(++half.forgotten);
                     })
        .sink("out", out());
  };
  const StageReport report = check_stage_contract(build, names_case());
  EXPECT_TRUE(report.wrong.starts_with("'states stored and loaded between messages' is not like"))
      << report.wrong;
}

struct Silence {
  std::string who;
  std::optional<std::string> on_event(std::string_view name, Context& context) {
    who = name;
    context.timer("silent", context.event_time() + 3s);
    return std::nullopt;
  }
  std::optional<std::string> on_timer(std::string_view, Context&) { return who + " silent"; }
};

TEST(StageContract, holds_for_timers_generators_and_two_pipelines_on_a_state) {
  const auto build = [](Application& app) {
    names_of(app).key_by(by_name).process<Silence>("silence").sink("silent", out());
    app.pipeline("ticks")
        .source("ticks", generator([](uint64_t number) { return std::optional(number); }))
        .key_by([](uint64_t number) { return number % 3; })
        .state<uint64_t>("sum",
                         [](uint64_t number, uint64_t& sum) {
                           sum += number;
                           return std::to_string(number % 3) + ' ' + std::to_string(sum);
                         })
        .sink("sums", out());
  };
  StageCase stage_case = names_case();
  stage_case.input.insert(stage_case.input.begin(), {"ticks", "20"});
  for (uint32_t i = 0; i < stage_case.input.size(); ++i) {
    stage_case.input[i].at = Time{} + std::chrono::seconds(i / 4);
  }
  stage_case.input.push_back({"ticks", "2"});
  stage_case.expected["sums"];
  const StageReport unlike = check_stage_contract(build, stage_case);
  EXPECT_NE(unlike.wrong.find("is not as expected: key '0' at the sink 'sums'"), std::string::npos)
      << unlike.wrong;
  stage_case.expected.clear();
  EXPECT_EQ(check_stage_contract(build, stage_case).wrong, "");
  stage_case.input.push_back({"ticks", "two"});
  EXPECT_THROW(check_stage_contract(build, stage_case), Mistake);
}

}  // namespace
}  // namespace wallaroo::testkit
