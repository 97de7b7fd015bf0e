#include "flow/chain.h"

#include <gtest/gtest.h>

#include "flow/no_owner_test.h"
#include "io/lines_log_test.h"

namespace wallaroo::flow {
namespace {

class StageChainTest : public testing::Test {
 protected:
  StageChainTest() {
    plan_.graph.nodes.resize(1);
    plan_.stages.resize(1);
    plan_.stages[0].name = "stage";
  }

  NoOwner owner_;
  StageCounters counters_;
  io::LinesLog log_;
  plan::Plan plan_;
  Failures failures_{plan_, log_};
  StageChain chain_{"stage", owner_, counters_, log_, failures_};
  const Site site_{"in"};
};

TEST_F(StageChainTest, says_why_a_message_cannot_be_decoded) {
  EXPECT_TRUE(chain_.undecodable(site_, 0, "price: 300 does not fit in 8 bits"));
  EXPECT_TRUE(chain_.undecodable(site_, 0, {}));
  EXPECT_EQ(log_.lines, (std::vector<std::string>{
                            "'in' failed on a message: it cannot be decoded: price: 300 does not "
                            "fit in 8 bits; the message is dropped and counted (stage 'stage')",
                            "'in' failed on a message: it cannot be decoded; the message is "
                            "dropped and counted (stage 'stage')"}));
  EXPECT_EQ(counters_.undecodable.get(), 2u);
}

TEST_F(StageChainTest, warns_of_the_first_messages_only) {
  for (int i = 0; i < 100; ++i) chain_.undecodable(site_, 0, {});
  EXPECT_EQ(log_.lines.size(), 5u);
  EXPECT_EQ(counters_.undecodable.get(), 100u);
  EXPECT_EQ(owner_.failures, 5) << "nothing is looked up for a failure that nobody hears of";
}

}  // namespace
}  // namespace wallaroo::flow
