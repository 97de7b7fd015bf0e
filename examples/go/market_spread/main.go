// Market_spread checks orders against prices: two pipelines meet in one state for each symbol. The
// symbols are known beforehand, from a file that is read at start.
package main

import (
	"fmt"
	"os"
	"strings"

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

func build(symbols []string) *wallaroo.App {
	app := wallaroo.New("market-spread")
	quotes := wallaroo.Source(app.Pipeline("quotes"), "quotes",
		wallaroo.ListenTCP(app.Flag("quotes", ":7011"), wallaroo.U32BE), records.DecodeQuote)
	wallaroo.Stateful(wallaroo.KeyByListed(quotes, symbolOfQuote, symbols), "follow-market", followQuote,
		wallaroo.Shared("markets"))
	orders := wallaroo.Source(app.Pipeline("orders"), "orders",
		wallaroo.ListenTCP(app.Flag("orders", ":7010"), wallaroo.U32BE), records.DecodeOrder)
	wallaroo.Stateful(wallaroo.KeyByListed(orders, symbolOfOrder, symbols), "check-order", checkOrder,
		wallaroo.Shared("markets")).
		Sink("rejected", wallaroo.DialTCP(app.Flag("out", ":7002"), wallaroo.U32BE), records.AppendRejected)
	return app
}

func readSymbols(file string) ([]string, error) {
	text, err := os.ReadFile(file)
	return strings.Fields(string(text)), err
}

func main() {
	symbols, err := readSymbols("symbols.txt")
	if err != nil {
		fmt.Fprintln(os.Stderr, "market_spread: start it where symbols.txt lies:", err)
		os.Exit(1)
	}
	build(symbols).Main()
}
