// Credits, the overflow outbox, routing and control marks of the sending side of an edge.
#include "flow/exchange.h"

#include <gtest/gtest.h>

#include "flow/no_owner_test.h"

#include <array>
#include <string>
#include <vector>

#include "base/hash.h"
#include "io/lines_log_test.h"
#include "state/keyed_state.h"

namespace wallaroo::flow {
namespace {

class Gather final : public Carrier {
 public:
  void deliver(Batch* batch) override { sent.push_back(batch); }
  void bring_home(Batch*) override {}
  std::vector<Batch*> sent;
};

class ExchangeTest : public testing::Test {
 protected:
  ExchangeTest() {
    options_.cores = 2;
    options_.credits_per_channel = 2;
    options_.batch_records_max = 3;
    options_.batch_bytes_max = 256;
  }
  ~ExchangeTest() override {
    for (Batch* batch : carrier_.sent) pool_.give(batch);
  }

  Exchange make(KeyList keys = {}) { return make(plan::Routing::by_key, std::move(keys)); }
  Exchange make(plan::Routing routing, KeyList keys = {}) {
    return Exchange({4, 0, routing, route_, options_, std::move(keys)}, chain_, pool_, carrier_);
  }
  void append(Exchange& exchange, const std::string& key, const std::string& payload = "v") {
    Record record;
    record.key = key.data();
    record.key_bytes = static_cast<uint32_t>(key.size());
    record.payload = payload.data();
    record.payload_bytes = static_cast<uint32_t>(payload.size());
    exchange.append(&record, 1);
  }
  /// A key that core `core` owns.
  std::string key_of(uint32_t core) const {
    for (int i = 0;; ++i) {
      const std::string key = "key" + std::to_string(i);
      const auto partition = state::partition_of(base::routing_hash(key), options_.partitions);
      if (route_.owner[partition.value] == core) return key;
    }
  }
  void bring_back(Exchange& exchange) {
    Batch* batch = carrier_.sent.front();
    carrier_.sent.erase(carrier_.sent.begin());
    const uint32_t core = batch->header.to_core;
    pool_.give(batch);
    exchange.credit(core);
  }

  Options options_;
  Route route_ = Route::even(1024, 2);
  io::LinesLog log_;
  NoOwner owner_;
  StageCounters counters_;
  plan::Plan plan_;
  Failures failures_{plan_, log_};
  StageChain chain_{"stage", owner_, counters_, log_, failures_};
  BatchPool pool_{256};
  Gather carrier_;
};

TEST_F(ExchangeTest, records_reach_the_owner_of_their_key_in_order) {
  Exchange exchange = make();
  for (const char* payload : {"a", "b", "c"}) append(exchange, key_of(1), payload);
  append(exchange, key_of(0), "x");
  exchange.flush();
  ASSERT_EQ(carrier_.sent.size(), 2u);
  EXPECT_EQ(carrier_.sent[0]->header.to_core, 1);
  EXPECT_EQ(carrier_.sent[0]->header.edge, 4u);
  std::array<Record, wire::kBatchRecordsMax> records;
  ASSERT_TRUE(wire::parse(*carrier_.sent[0], records.data()));
  EXPECT_EQ(records[0].payload_view(), "a");
  EXPECT_EQ(records[2].payload_view(), "c");
  EXPECT_EQ(carrier_.sent[1]->header.to_core, 0);
}

TEST_F(ExchangeTest, without_credit_the_chain_is_blocked_and_nothing_is_lost) {
  Exchange exchange = make();
  const std::string key = key_of(1);
  for (int i = 0; i < 12; ++i) append(exchange, key);  // four batches, two credits
  EXPECT_EQ(carrier_.sent.size(), 2u);
  EXPECT_EQ(chain_.ports_blocked, 1u);
  bring_back(exchange);
  EXPECT_EQ(chain_.ports_blocked, 1u) << "one batch still waits in the outbox";
  bring_back(exchange);
  EXPECT_EQ(chain_.ports_blocked, 0u);
  EXPECT_EQ(carrier_.sent.size(), 2u);
  bring_back(exchange);
  bring_back(exchange);
  EXPECT_TRUE(exchange.quiet());
}

TEST_F(ExchangeTest, a_barrier_comes_behind_what_was_appended_before_it) {
  Exchange exchange = make();
  append(exchange, key_of(1));
  exchange.barrier(9);
  append(exchange, key_of(1));
  exchange.flush();
  ASSERT_EQ(carrier_.sent.size(), 3u);  // core 0: the barrier alone
  for (const Batch* batch : carrier_.sent) {
    const bool cut = batch->header.barrier == 9;
    EXPECT_EQ(batch->header.count, cut && batch->header.to_core == 0 ? 0u : 1u);
  }
  EXPECT_EQ(carrier_.sent.back()->header.barrier, 0u);
}

TEST_F(ExchangeTest, a_batch_opened_for_a_watermark_is_named_after_its_first_record) {
  Exchange exchange = make();
  chain_.arrival_ns = 5;
  exchange.watermark(10);
  chain_.position = {2, 0, 7, 31};
  chain_.arrival_ns = 6;
  append(exchange, key_of(0));
  chain_.position.message = 32;
  append(exchange, key_of(0));
  exchange.flush();
  ASSERT_EQ(carrier_.sent.size(), 2u);
  for (const Batch* batch : carrier_.sent) {
    if (batch->header.to_core != 0) continue;
    EXPECT_EQ(batch->header.count, 2u);
    EXPECT_EQ(batch->header.oldest_arrival_ns, 6);
    EXPECT_EQ(batch->header.position.source, 2u);
    EXPECT_EQ(batch->header.position.message, 31u);
  }
}

TEST_F(ExchangeTest, a_batch_is_named_after_what_all_its_records_have_in_common) {
  Exchange exchange = make();
  const auto position_of = [&](const std::vector<wire::SourcePosition>& of) {
    for (const wire::SourcePosition& position : of) {
      chain_.position = position;
      append(exchange, key_of(0));
    }
    exchange.flush();
    EXPECT_EQ(carrier_.sent.size(), 1u);
    EXPECT_EQ(carrier_.sent[0]->header.count, of.size());
    const wire::SourcePosition position = carrier_.sent[0]->header.position;
    bring_back(exchange);
    return position;
  };
  const wire::SourcePosition one_origin = position_of({{2, 0, 7, 31}, {2, 0, 7, 32}});
  EXPECT_EQ(one_origin.origin, 7u);
  EXPECT_EQ(one_origin.message, 31u);
  const wire::SourcePosition one_source = position_of({{2, 0, 7, 33}, {2, 1, 7, 1}, {2, 0, 7, 34}});
  EXPECT_EQ(one_source.source, 2u);
  EXPECT_EQ(one_source.origin, wire::kNoOrigin);
  EXPECT_EQ(position_of({{2, 0, 7, 35}, {3, 0, 7, 1}}).source, wire::kNoSource);
  EXPECT_EQ(position_of({{}, {3, 0, 7, 2}}).source, wire::kNoSource);
}

TEST_F(ExchangeTest, a_waiting_watermark_is_replaced_by_a_later_one) {
  Exchange exchange = make();
  exchange.watermark(10);
  exchange.watermark(20);
  exchange.flush();
  ASSERT_EQ(carrier_.sent.size(), 2u);
  EXPECT_EQ(carrier_.sent[0]->header.watermark_ns, 20);
  exchange.flush();
  EXPECT_EQ(carrier_.sent.size(), 2u) << "said once";
}

TEST_F(ExchangeTest, a_record_longer_than_a_batch_gets_one_of_its_own) {
  Exchange exchange = make();
  append(exchange, key_of(1), std::string(10'000, 'x'));
  append(exchange, key_of(1), "short");
  exchange.flush();
  ASSERT_EQ(carrier_.sent.size(), 2u);
  std::array<Record, wire::kBatchRecordsMax> records;
  ASSERT_TRUE(wire::parse(*carrier_.sent[0], records.data()));
  EXPECT_EQ(records[0].payload_bytes, 10'000u);
}

TEST_F(ExchangeTest, a_spread_deals_to_the_cores_that_have_room) {
  Exchange exchange = make(plan::Routing::spread);
  for (int i = 0; i < 4; ++i) {
    append(exchange, "", "x");
    exchange.flush();
  }
  ASSERT_EQ(carrier_.sent.size(), 4u);
  for (size_t i = 0; i < 4; ++i) EXPECT_EQ(carrier_.sent[i]->header.to_core, (i + 1) % 2);
  while (carrier_.sent.size() > 3) bring_back(exchange);  // one of core 1
  for (int i = 0; i < 3; ++i) append(exchange, "", "y");
  EXPECT_EQ(carrier_.sent.back()->header.to_core, 1);
  EXPECT_EQ(chain_.ports_blocked, 0u);
}

TEST_F(ExchangeTest, a_spread_tells_every_core_of_barriers_and_its_end) {
  Exchange exchange = make(plan::Routing::spread);
  exchange.barrier(3);
  exchange.end();
  ASSERT_EQ(carrier_.sent.size(), 4u);
  for (size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(carrier_.sent[i]->header.to_core, i);
    EXPECT_EQ(carrier_.sent[i]->header.barrier, 3u);
    EXPECT_TRUE(carrier_.sent[i + 2]->header.ends);
  }
}

TEST_F(ExchangeTest, keys_that_are_not_listed_are_dropped_and_counted) {
  Exchange exchange = make(KeyList({"a", "b"}));
  for (const char* key : {"a", "c", "b", "a", "d"}) append(exchange, key);
  exchange.flush();
  uint32_t records = 0;
  for (const Batch* batch : carrier_.sent) records += batch->header.count;
  EXPECT_EQ(records, 3u);
  EXPECT_EQ(counters_.keys_not_listed.get(), 2u);
}

}  // namespace
}  // namespace wallaroo::flow
