package main

import (
	"testing"

	"wallaroo.example/examples/exampletest"
	"wallaroo.example/examples/market_spread/records"
	"wallaroo.example/examples/market_spread/spread"
	"wallaroo.example/wallaroo/harness"
)

func quote(symbol string, bid, offer float64) string {
	return string(records.AppendQuote(records.Quote{Symbol: symbol, Bid: bid, Offer: offer}, nil))
}

func orderOf(account uint32, symbol string) records.Order {
	return records.Order{Side: 1, Account: account, ID: "ORDER1", Symbol: symbol, Quantity: 100, Price: 10.5}
}

func order(account uint32, symbol string) string {
	return string(records.AppendOrder(orderOf(account, symbol), nil))
}

func rejected(t *testing.T, account uint32, symbol string, bid, offer float64) string {
	bytes, err := records.AppendRejected(records.Rejected{Order: orderOf(account, symbol), Bid: bid, Offer: offer}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return string(bytes)
}

func TestOrdersAreRejectedWhileTheSpreadIsTooWide(t *testing.T) {
	symbols, err := readSymbols("symbols.txt")
	if err != nil {
		t.Fatal(err)
	}
	exampletest.OnCores(t, build(symbols), func(t *testing.T, h *harness.Harness) {
		for _, step := range []struct{ source, message string }{
			{"quotes", quote("AAPL", 10, 10.02)},
			{"orders", order(1, "AAPL")}, // accepted
			{"orders", order(2, "MSFT")}, // nothing is known
			{"orders", order(3, "NONE")}, // not listed
			{"orders", "no order"},
			{"quotes", quote("AAPL", 10, 10.06)},
			{"orders", order(4, "AAPL")}, // 0.06 is too much
			{"quotes", quote("NVDA", 0.5, 0.54)},
			{"orders", order(5, "NVDA")}, // 8 % of the middle
		} {
			h.Feed(step.source, step.message)
			h.Drain()
		}
		exampletest.Same(t, h.Output("rejected"), []string{
			rejected(t, 2, "MSFT", 0, 0), rejected(t, 4, "AAPL", 10, 10.06), rejected(t, 5, "NVDA", 0.5, 0.54)})
		if dropped, refused := h.Counter("orders", "keys_not_listed"), h.Counter("orders", "undecodable"); dropped != 1 || refused != 1 {
			t.Error(dropped, "orders of no symbol,", refused, "undecodable")
		}
		if market, known := harness.State[spread.Market](h, "markets", "AAPL"); !known || market.Accepts {
			t.Error("the market of AAPL is", market)
		}
	})
}
