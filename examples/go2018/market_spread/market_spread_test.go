package main

import (
	"fmt"
	"testing"

	examples "wallaroo.example/examples/exampletest"
	"wallaroo.example/wallaroo"
	"wallaroo.example/wallaroo/harness"

	"examples2018/exampletest"
	"examples2018/market_spread/records"
)

func program(t *testing.T) *wallaroo.App {
	return exampletest.App(t, []string{"--in", "127.0.0.1:7010,127.0.0.1:7011"}, func() { ApplicationSetup() })
}

// feed gives a line of input.txt to the source that it is for.
func feed(t *testing.T, h *harness.Harness, line string) {
	t.Helper()
	order, quote := &records.Order{}, &records.Quote{}
	if _, err := fmt.Sscanf(line, "O %d %s", &order.Number, &order.Symbol); err == nil {
		h.FeedConnection("orders-source", int(order.Number), string(order.Append(nil)))
		return
	}
	if _, err := fmt.Sscanf(line, "Q %s %f %f", &quote.Symbol, &quote.Bid, &quote.Offer); err != nil {
		t.Fatal(line, err)
	}
	h.Feed("quotes-source", string(quote.Append(nil)))
}

func TestPipelinesMeetInTheStateOfASymbol(t *testing.T) {
	examples.OnCores(t, program(t), func(t *testing.T, h *harness.Harness) {
		for i, line := range examples.Lines(t, "input.txt") {
			feed(t, h, line)
			h.Drain() // which pipeline's message comes first is up to the network otherwise
			if i == 4 {
				h.ReloadStates()
			}
		}
		examples.Same(t, exampletest.Output(h, "orders-sink"), examples.Lines(t, "expected.txt"))
	})
}

func TestSymbolsThatAreNotListedAndOtherRecordsAreDropped(t *testing.T) {
	examples.OnCores(t, program(t), func(t *testing.T, h *harness.Harness) {
		feed(t, h, "O 1 NONE")
		h.Feed("orders-source", "X", "", "O")
		feed(t, h, "O 2 T")
		examples.Same(t, exampletest.Output(h, "orders-sink"), []string{"2 T rejected: 0.00 0.00"})
		dropped := h.Counter("orders-source", "keys_not_listed")
		failed := h.Counter("orders-source", "user_errors")
		if dropped != 1 || failed != 3 {
			t.Errorf("%d not listed, %d failed; wanted 1 and 3", dropped, failed)
		}
	})
}
