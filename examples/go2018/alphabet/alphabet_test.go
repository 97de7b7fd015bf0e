package main

import (
	"encoding/binary"
	"fmt"
	"testing"

	"wallaroo.example/wallaroo/harness"

	"examples2018/exampletest"
)

func vote(letter byte, count int) string {
	return string(binary.BigEndian.AppendUint32([]byte{letter}, uint32(count)))
}

func votes(t *testing.T, file string) (all []string) {
	for _, line := range exampletest.Lines(t, file) {
		var letter byte
		var count int
		if _, err := fmt.Sscanf(line, "%c %d", &letter, &count); err != nil {
			t.Fatal(err)
		}
		all = append(all, vote(letter, count))
	}
	return all
}

func TestVotesAreAddedUp(t *testing.T) {
	app := exampletest.App(t, nil, func() { ApplicationSetup() })
	exampletest.OnCores(t, app, func(t *testing.T, h *harness.Harness) {
		h.Feed("votes-source", votes(t, "input.txt")...)
		exampletest.Same(t, exampletest.Output(h, "votes-sink"), exampletest.Lines(t, "expected.txt"))
		h.ReloadStates()
		h.Feed("votes-source", vote('a', 1))
		got := exampletest.Output(h, "votes-sink")
		exampletest.Same(t, got, append(exampletest.Lines(t, "expected.txt"), "a => 8"))
	})
}

func TestLettersThatAreNotListedAreDroppedAndCounted(t *testing.T) {
	app := exampletest.App(t, nil, func() { ApplicationSetup() })
	exampletest.OnCores(t, app, func(t *testing.T, h *harness.Harness) {
		h.Feed("votes-source", vote('A', 1), vote('a', 1), vote('!', 1))
		exampletest.Same(t, exampletest.Output(h, "votes-sink"), []string{"a => 1"})
		if dropped := h.Counter("votes-source", "keys_not_listed"); dropped != 2 {
			t.Errorf("%d keys were not listed, wanted 2", dropped)
		}
	})
}
