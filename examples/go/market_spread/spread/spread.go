// Package spread checks orders against prices: while the spread of a symbol is too wide, its orders
// are rejected. Two pipelines meet in one state for each symbol.
package spread

import (
	"wallaroo.example/examples/market_spread/records"
	"wallaroo.example/wallaroo"
)

const spreadMax = 0.05 // absolute, and as a part of the middle

// A Market is what is known of a symbol. Until its first quote, orders are rejected.
type Market struct {
	Bid, Offer float64
	Accepts    bool
}

// followQuote changes the state; nothing comes out, so its pipeline ends there.
func followQuote(quote records.Quote, market *Market) (records.Quote, error) {
	spread, middle := quote.Offer-quote.Bid, (quote.Bid+quote.Offer)/2
	*market = Market{quote.Bid, quote.Offer, spread < spreadMax && spread/middle < spreadMax}
	return records.Quote{}, wallaroo.Skip
}

// checkOrder only reads it; orders that come while the spread is too wide come out.
func checkOrder(order records.Order, market *Market) (records.Rejected, error) {
	if market.Accepts {
		return records.Rejected{}, wallaroo.Skip
	}
	return records.Rejected{Order: order, Bid: market.Bid, Offer: market.Offer}, nil
}

func symbolOfQuote(quote records.Quote) string { return quote.Symbol }
func symbolOfOrder(order records.Order) string { return order.Symbol }

// Check checks the orders against the quotes; symbols are all there may be.
func Check(symbols []string, quotes wallaroo.Stream[records.Quote], orders wallaroo.Stream[records.Order], rejected wallaroo.SinkSpec) {
	wallaroo.Stateful(wallaroo.KeyByListed(quotes, symbolOfQuote, symbols), "follow-market", followQuote,
		wallaroo.Shared("markets"))
	wallaroo.Stateful(wallaroo.KeyByListed(orders, symbolOfOrder, symbols), "check-order", checkOrder,
		wallaroo.Shared("markets")).
		Sink("rejected", rejected, records.AppendRejected)
}
