package main

import (
	"encoding/binary"
	"fmt"
	"testing"

	examples "wallaroo.example/examples/exampletest"
	"wallaroo.example/wallaroo/harness"

	"examples2018/exampletest"
)

func vote(letter byte, count int) string {
	return string(binary.BigEndian.AppendUint32([]byte{letter}, uint32(count)))
}

func votes(t *testing.T, file string) (all []string) {
	for _, line := range examples.Lines(t, file) {
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
	examples.OnCores(t, app, func(t *testing.T, h *harness.Harness) {
		h.Feed("votes-source", votes(t, "input.txt")...)
		examples.Same(t, exampletest.Output(h, "votes-sink"), examples.Lines(t, "expected.txt"))
		h.ReloadStates()
		h.Feed("votes-source", vote('a', 1))
		got := exampletest.Output(h, "votes-sink")
		examples.Same(t, got, append(examples.Lines(t, "expected.txt"), "a => 8"))
	})
}

func TestLettersThatAreNotListedAreDroppedAndCounted(t *testing.T) {
	app := exampletest.App(t, nil, func() { ApplicationSetup() })
	examples.OnCores(t, app, func(t *testing.T, h *harness.Harness) {
		h.Feed("votes-source", vote('A', 1), vote('a', 1), vote('!', 1))
		examples.Same(t, exampletest.Output(h, "votes-sink"), []string{"a => 1"})
		if dropped := h.Counter("votes-source", "keys_not_listed"); dropped != 2 {
			t.Errorf("%d keys were not listed, wanted 2", dropped)
		}
	})
}
