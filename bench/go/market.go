package main

import (
	"context"
	"fmt"
	"sync/atomic"

	"wallaroo.example/examples/market_spread/records"
	"wallaroo.example/examples/market_spread/spread"
	"wallaroo.example/wallaroo"
)

const symbolCount = 350

// marketData makes as many quotes as orders; each tenth quote has a spread that is too wide.
func marketData(count int) (symbols, quotes, orders []string) {
	for i := 0; i < symbolCount; i++ {
		symbols = append(symbols, fmt.Sprintf("S%03d", i))
	}
	for i := 0; i < count; i++ {
		symbol := symbols[(i*7919)%symbolCount]
		offer := 10.02
		if i%10 == 0 {
			offer = 10.5
		}
		quotes = append(quotes, string(records.AppendQuote(records.Quote{Symbol: symbol, Bid: 10, Offer: offer}, nil)))
		orders = append(orders, string(records.AppendOrder(records.Order{Side: 1, Account: uint32(i),
			ID: "ORDER1", Symbol: symbol, Quantity: 100, Price: 10}, nil)))
	}
	return symbols, quotes, orders
}

const marketMessages = 50_000

// measureMarket is the figure for a message of either stream.
func measureMarket(onEngine bool, passes int) (figure, error) {
	symbols, quotes, orders := marketData(marketMessages)
	if !onEngine {
		m := meter{warm: 2 * marketMessages}
		market := market{known: map[string]*records.Quote{}}
		for pass := 0; pass < passes; pass++ {
			for i := range quotes {
				market.quote(quotes[i])
				market.order(orders[i])
				m.one()
				m.one()
			}
		}
		return m.figure(), nil
	}
	app := wallaroo.New("market-spread")
	spread.Check(symbols,
		wallaroo.Generate(app.Pipeline("quotes"), "quotes", 0, from(quotes, passes, records.DecodeQuote)),
		wallaroo.Generate(app.Pipeline("orders"), "orders", 0, from(orders, passes, records.DecodeOrder)),
		wallaroo.Discard(wallaroo.U32BE))
	return measureRun(app, uint64(2*marketMessages*passes))
}

// from decodes messages, several times over, as a source of them would.
func from[T any](messages []string, passes int, decode func([]byte) (T, error)) func(number uint64) (T, bool) {
	return func(number uint64) (T, bool) {
		message := messages[number%uint64(len(messages))]
		value, err := decode([]byte(message))
		return value, err == nil && number < uint64(len(messages)*passes)
	}
}

// measureRun measures a whole run, for jobs whose second pass cannot be told from the first.
func measureRun(app *wallaroo.App, units uint64) (figure, error) {
	m := meter{warm: 1}
	m.one()
	err := app.Run(context.Background(), "--quiet", "--http", "off")
	atomic.AddUint64(&m.seen, units)
	return m.figure(), err
}
