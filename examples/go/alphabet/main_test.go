package main

import (
	"encoding/binary"
	"strconv"
	"testing"

	"wallaroo.example/examples/exampletest"
	"wallaroo.example/wallaroo/harness"
)

func vote(t *testing.T, line string) string {
	votes, err := strconv.ParseUint(line[2:], 10, 32)
	if err != nil {
		t.Fatal(err)
	}
	return string(binary.BigEndian.AppendUint32([]byte{line[0]}, uint32(votes)))
}

func TestTotalsAreThoseExpected(t *testing.T) {
	exampletest.OnCores(t, build(), func(t *testing.T, h *harness.Harness) {
		var messages []string
		outside := 0
		for _, line := range exampletest.Lines(t, "input.txt") {
			messages = append(messages, vote(t, line))
			if line[0] < 'a' || line[0] > 'z' {
				outside++
			}
		}
		exampletest.Feed(h, "votes", append(messages, vote(t, "! 7"))...)
		exampletest.Same(t, exampletest.LastTotals(h.Output("totals")), exampletest.Lines(t, "expected.txt"))
		if dropped := h.Counter("votes", "keys_not_listed"); dropped != outside+1 {
			t.Errorf("%d votes for no letter were dropped instead of %d", dropped, outside+1)
		}
	})
}
