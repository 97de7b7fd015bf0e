// Market_spread checks orders against prices. The symbols are known beforehand, from a file that is
// read at start.
package main

import (
	"fmt"
	"os"
	"strings"

	"wallaroo.example/examples/market_spread/records"
	"wallaroo.example/examples/market_spread/spread"
	"wallaroo.example/wallaroo"
)

func build(symbols []string) *wallaroo.App {
	app := wallaroo.New("market-spread")
	quotes := wallaroo.Source(app.Pipeline("quotes"), "quotes",
		wallaroo.ListenTCP(app.Flag("quotes", ":7011"), wallaroo.U32BE), records.DecodeQuote)
	orders := wallaroo.Source(app.Pipeline("orders"), "orders",
		wallaroo.ListenTCP(app.Flag("orders", ":7010"), wallaroo.U32BE), records.DecodeOrder)
	spread.Check(symbols, quotes, orders, wallaroo.DialTCP(app.Flag("out", ":7002"), wallaroo.U32BE))
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
