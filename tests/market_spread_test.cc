// The market spread example on one to three cores. Which quotes an order finds depends on the
// network; what is checked is that its results belong to one order in which a symbol's quotes and
// orders can have met.
#include "market_spread/market_spread.h"

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <vector>

namespace {

constexpr int kSymbols = 40;
constexpr uint32_t kOrdersEach = 50;
constexpr size_t kRejectedBytes = 47;

std::string text(const wl::Bytes& bytes) { return std::string(bytes.view()); }

std::string symbol_of(int number) {
  return "S" + std::to_string(100 + number);  // four characters
}

std::string order_record(uint32_t account, const std::string& symbol) {
  wl::Bytes out;
  out << '\1' << '\2';
  records::put_number(out, account, 4);
  out << "order1" << symbol;
  records::put_double(out, 10);
  records::put_double(out, 99.5);
  out << "20261125-12:00:00.000";
  return text(out);
}

std::string quote_record(const std::string& symbol, double bid, double offer) {
  wl::Bytes out;
  out << '\2' << symbol << "20261125-12:00:00.000";
  records::put_double(out, bid);
  records::put_double(out, offer);
  return text(out);
}

struct Seen {
  uint32_t account;
  double bid;
  double offer;
};
using BySymbol = std::map<std::string, std::vector<Seen>>;

/// Rejected orders of each symbol, in the order in which they came out.
BySymbol run(uint32_t cores, const std::vector<std::string>& quotes,
             const std::vector<std::string>& orders) {
  wl::Application app("market-spread");
  auto output = std::make_shared<wl::MemoryOutput>();
  follow_quotes(
      app.pipeline("market-data").source("quotes", wl::memory::source(quotes, read_quote)));
  check_orders(app.pipeline("orders").source("orders", wl::memory::source(orders, read_order)))
      .sink("rejected", wl::memory::sink(output, wl::framing::raw, write_rejected));
  const auto done = app.run({.cores = cores, .quiet = true});
  EXPECT_TRUE(done.has_value()) << (done ? "" : done.error().message);
  BySymbol seen;
  for (const wl::Bytes& bytes : output->by_core) {
    std::string_view left = bytes.view();
    EXPECT_EQ(left.size() % kRejectedBytes, 0u);
    for (; !left.empty(); left.remove_prefix(kRejectedBytes)) {
      EXPECT_EQ(left.substr(5, 6), "order1");
      EXPECT_EQ(records::double_at(left, 23), 99.5);
      seen[std::string(left.substr(11, 4))].push_back(
          {static_cast<uint32_t>(records::number_at(left, 1, 4)), records::double_at(left, 31),
           records::double_at(left, 39)});
    }
  }
  return seen;
}

class MarketSpread : public testing::TestWithParam<uint32_t> {};

TEST_P(MarketSpread, results_are_those_of_a_legal_order) {
  std::vector<std::string> quotes, orders;
  for (uint32_t i = 0; i < kOrdersEach; ++i) {
    for (int s = 0; s < kSymbols; ++s) orders.push_back(order_record(i, symbol_of(s)));
  }
  // A third of the symbols is never quoted, a third narrowly, a third widely.
  for (int s = 0; s < kSymbols; ++s) {
    if (s % 3 == 1) quotes.push_back(quote_record(symbol_of(s), 10, 10.02));
    if (s % 3 == 2) quotes.push_back(quote_record(symbol_of(s), 10, 10.06));
  }
  quotes.push_back("not a quote");
  auto seen = run(GetParam(), quotes, orders);
  for (int s = 0; s < kSymbols; ++s) {
    SCOPED_TRACE(symbol_of(s));
    const std::vector<Seen>& rejected = seen[symbol_of(s)];
    // Memory sources deal their messages over the cores: only one core keeps all in order.
    if (GetParam() == 1) {
      for (size_t i = 0; i < rejected.size(); ++i) EXPECT_EQ(rejected[i].account, i);
    }
    EXPECT_TRUE(s % 3 == 1 || rejected.size() == kOrdersEach) << rejected.size();
    bool quoted = false;
    for (const Seen& order : rejected) {
      EXPECT_FALSE(quoted && order.bid == 0) << "a quote was forgotten";
      quoted |= order.bid != 0;
      const bool wide = s % 3 == 2 && order.bid == 10 && order.offer == 10.06;
      EXPECT_TRUE(order.bid == 0 || wide) << order.bid << ' ' << order.offer;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Cores, MarketSpread, testing::Values(1u, 2u, 3u));

TEST(MarketSpreadRules, spread_counts_absolutely_and_in_proportion) {
  const std::vector<std::string> order = {order_record(1, "NONE")};
  EXPECT_EQ(run(1, {}, order)["NONE"].size(), 1u) << "nothing is known of it";
  EXPECT_EQ(read_quote(quote_record("ABCD", 1, 2))->offer, 2);
  EXPECT_FALSE(read_quote(order_record(1, "ABCD")).has_value());
  EXPECT_FALSE(read_order(quote_record("ABCD", 1, 2)).has_value());
}

}  // namespace
