package main

import (
	"testing"

	"wallaroo.example/examples/exampletest"
	"wallaroo.example/wallaroo/harness"
)

func TestTotalsAreThoseExpected(t *testing.T) {
	exampletest.OnCores(t, build(), func(t *testing.T, h *harness.Harness) {
		exampletest.Feed(h, "lines", exampletest.Lines(t, "input.txt"))
		totals := h.Output("totals")
		if len(totals) != 8 {
			t.Errorf("%d totals went out for 8 words", len(totals))
		}
		exampletest.Same(t, exampletest.LastTotals(totals), exampletest.Lines(t, "expected.txt"))
	})
}
