// Orders against prices: two pipelines meet in one state for each symbol.
#pragma once

#include "records.h"

constexpr double kSpreadMax = 0.05;  // absolute, and as a part of the middle

/// What is known of a symbol. Until its first quote, orders are rejected.
struct Market {
  double bid = 0;
  double offer = 0;
  bool rejects = true;
};

/// Quotes change the state; nothing comes out, so the pipeline ends here.
inline void follow_quotes(const wl::Stream<Quote>& quotes) {
  quotes.key_by(&Quote::symbol)
      .state<Market>("follow-market", wl::shared("markets"),
                     [](const Quote& quote, Market& market) -> std::optional<Quote> {
                       const double spread = quote.offer - quote.bid;
                       const double middle = (quote.bid + quote.offer) / 2;
                       market = {quote.bid, quote.offer,
                                 spread >= kSpreadMax || spread / middle >= kSpreadMax};
                       return std::nullopt;
                     });
}

/// Orders only read it; those that come while the spread is too wide come out.
inline wl::Stream<Rejected> check_orders(const wl::Stream<Order>& orders) {
  return orders.key_by(&Order::symbol)
      .state<Market>("check-order", wl::shared("markets"),
                     [](const Order& order, Market& market) -> std::optional<Rejected> {
                       if (!market.rejects) return std::nullopt;
                       return Rejected{order, market.bid, market.offer};
                     });
}
