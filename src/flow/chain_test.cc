#include "flow/chain.h"

#include <gtest/gtest.h>

namespace wallaroo::flow {
namespace {

class Owner final : public ChainOwner {
 public:
  void on_event_time(int64_t, int64_t) override {}
  void on_set_timer(const Record&, std::string_view, int64_t) override {}
  void on_cancel_timer(const Record&, std::string_view) override {}
  Failure failure(const Site& site, std::string_view error, uint32_t) const override {
    return {0, site, error, record_, {}, false, {}, {}, 0};
  }

 private:
  Record record_;
};

class Lines final : public io::Log {
 public:
  void write(io::LogLevel, std::string_view message) override { all.emplace_back(message); }
  std::vector<std::string> all;
};

class StageChainTest : public testing::Test {
 protected:
  StageChainTest() {
    plan_.graph.nodes.resize(1);
    plan_.stages.resize(1);
    plan_.stages[0].name = "stage";
  }

  Owner owner_;
  StageCounters counters_;
  Lines lines_;
  plan::Plan plan_;
  Failures failures_{plan_, lines_};
  StageChain chain_{"stage", owner_, counters_, lines_, failures_};
  const Site site_{"in"};
};

TEST_F(StageChainTest, says_why_a_message_cannot_be_decoded) {
  EXPECT_TRUE(chain_.undecodable(site_, 0, "price: 300 does not fit in 8 bits"));
  EXPECT_TRUE(chain_.undecodable(site_, 0, {}));
  EXPECT_EQ(lines_.all, (std::vector<std::string>{
                            "'in' failed on a message: it cannot be decoded: price: 300 does not "
                            "fit in 8 bits; the message is dropped and counted (stage 'stage')",
                            "'in' failed on a message: it cannot be decoded; the message is "
                            "dropped and counted (stage 'stage')"}));
  EXPECT_EQ(counters_.undecodable.get(), 2u);
}

TEST_F(StageChainTest, warns_of_the_first_messages_only) {
  for (int i = 0; i < 100; ++i) chain_.undecodable(site_, 0, {});
  EXPECT_EQ(lines_.all.size(), 5u);
  EXPECT_EQ(counters_.undecodable.get(), 100u);
}

}  // namespace
}  // namespace wallaroo::flow
