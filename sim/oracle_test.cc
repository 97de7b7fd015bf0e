// Checks that must fail: each oracle is shown a history with one thing wrong and must object.
#include <gtest/gtest.h>

#include <algorithm>

#include "sim/workload.h"
#include "sim/workloads/events.h"

namespace wallaroo::sim {
namespace {

/// Two connections of one key, merged by turns.
struct History {
  Evidence evidence;
  std::vector<Folded> results;

  History() {
    Fold fold;
    evidence.taken.resize(2);
    for (uint32_t number = 0; number < 5; ++number) {
      for (uint32_t sender = 0; sender < 2; ++sender) {
        const Event event{7, sender, number};
        evidence.taken[sender].messages.push_back("7 " + std::to_string(sender) + " " +
                                                  std::to_string(number));
        fold.add(event);
        results.push_back({event, fold});
      }
    }
  }
  /// Folds anew, as a stage would have done that processed in this order.
  void refold() {
    Fold fold;
    for (Folded& result : results) {
      fold.add(result.event);
      result.fold = fold;
    }
  }
};

TEST(FoldJudgeTest, AcceptsALegalMerge) {
  const History history;
  const FoldJudge judge(history.evidence);
  EXPECT_EQ(judge.complete(history.results), "");
  EXPECT_EQ(judge.legal(history.results), "");
}

TEST(FoldJudgeTest, ObjectsToALostEvent) {
  History history;
  history.results.erase(history.results.begin() + 3);
  EXPECT_NE(FoldJudge(history.evidence).complete(history.results).find("lost"), std::string::npos);
}

TEST(FoldJudgeTest, ObjectsToADoubledEvent) {
  History history;
  history.results.push_back(history.results[3]);
  EXPECT_NE(FoldJudge(history.evidence).complete(history.results).find("twice"), std::string::npos);
}

TEST(FoldJudgeTest, ObjectsToAnInventedEvent) {
  History history;
  history.results.push_back({{7, 9, 9}, {}});
  EXPECT_NE(FoldJudge(history.evidence).complete(history.results).find("not taken"),
            std::string::npos);
}

TEST(FoldJudgeTest, ObjectsToEventsOfOneConnectionOutOfOrder) {
  History history;
  std::swap(history.results[0].event, history.results[2].event);
  history.refold();
  EXPECT_NE(FoldJudge(history.evidence).legal(history.results).find("changed places"),
            std::string::npos);
}

TEST(FoldJudgeTest, AllowsAnotherOrderBetweenConnections) {
  History history;
  std::swap(history.results[0].event, history.results[1].event);
  history.refold();
  EXPECT_EQ(FoldJudge(history.evidence).legal(history.results), "");
}

TEST(FoldJudgeTest, ObjectsToAStateThatLostAnUpdate) {
  History history;
  history.results[4].fold = history.results[3].fold;
  EXPECT_NE(FoldJudge(history.evidence).legal(history.results).find("not the fold"),
            std::string::npos);
}

/// A source on core 0 that has run the first `before` events when barrier 1 passes, and a state
/// that holds the fold of the first `held`.
std::string check_cut(size_t before, size_t held) {
  const History history;
  CutLedger ledger;
  ledger.set_core(0);
  for (size_t i = 0; i < history.results.size(); ++i) {
    if (i == before) ledger.cut(1, "source");
    ledger.run("source", history.results[i].event);
  }
  ledger.cut(1, "state");
  if (held > 0) ledger.state(1, "state", 7, history.results[held - 1].fold);
  return ledger.check("state", {{7, history.results}});
}

TEST(CutLedgerTest, AcceptsAStateThatHoldsWhatWasInFrontOfTheBarrier) {
  EXPECT_EQ(check_cut(4, 4), "");
  EXPECT_EQ(check_cut(0, 0), "");
}
TEST(CutLedgerTest, ObjectsToAnEventFromBehindTheBarrier) {
  EXPECT_NE(check_cut(4, 5).find("behind it"), std::string::npos);
}
TEST(CutLedgerTest, ObjectsToAnEventMissingInFrontOfTheBarrier) {
  EXPECT_NE(check_cut(4, 3).find("3 of 4"), std::string::npos);
}

TEST(InterpreterOracleTest, ObjectsToAMissingAnExtraAndAnAlteredResult) {
  base::Rng rng(1);
  const auto workload = make_word_count(rng);
  Application app("words");
  workload->build(app);
  Evidence evidence;
  evidence.taken.push_back({"lines", 0, {"a b a", "b"}});
  evidence.written["counts"] = {"a => 1", "b => 1", "a => 2", "b => 2"};
  EXPECT_EQ(workload->check(evidence), "");
  Evidence missing = evidence;
  missing.written["counts"].pop_back();
  EXPECT_NE(workload->check(missing), "");
  Evidence extra = evidence;
  extra.written["counts"].push_back("c => 1");
  EXPECT_NE(workload->check(extra), "");
  Evidence swapped = evidence;
  std::swap(swapped.written["counts"][0], swapped.written["counts"][2]);
  EXPECT_NE(workload->check(swapped), "");
}

}  // namespace
}  // namespace wallaroo::sim
