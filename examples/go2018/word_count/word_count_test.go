package main

import (
	"strings"
	"testing"

	examples "wallaroo.example/examples/exampletest"
	"wallaroo.example/wallaroo/harness"

	"examples2018/exampletest"
)

func program(t *testing.T, test func(t *testing.T, h *harness.Harness)) {
	app := exampletest.App(t, nil, func() { ApplicationSetup() })
	examples.OnCores(t, app, test)
}

func TestWordsAreCounted(t *testing.T) {
	program(t, func(t *testing.T, h *harness.Harness) {
		examples.Feed(h, "words-source", examples.Lines(t, "input.txt")...)
		examples.Same(t, exampletest.Output(h, "words-sink"), examples.Lines(t, "expected.txt"))
	})
}

func TestDictionariesAreStoredAndLoaded(t *testing.T) {
	program(t, func(t *testing.T, h *harness.Harness) {
		h.Feed("words-source", "one two", "one")
		h.Drain()
		h.ReloadStates()
		h.Feed("words-source", "one two")
		examples.Same(t, exampletest.Output(h, "words-sink"),
			[]string{"one => 1", "two => 1", "one => 2", "one => 3", "two => 2"})
	})
}

// On an empty word the partition function panics. That concerns the empty word only.
func TestEmptyWordsAreDroppedAndCounted(t *testing.T) {
	lines := []struct {
		text  string
		empty int
	}{
		{"", 1}, {"   ", 4}, {"two  spaces", 1}, {"alone - there", 1}, {"äpfel Über straße", 0},
		{" before and behind ", 2}, {"42 !? 42", 1}, {"\x00 \xff\xfe", 0},
	}
	program(t, func(t *testing.T, h *harness.Harness) {
		failures, words := 0, 0
		for i, line := range lines {
			h.FeedConnection("words-source", i, line.text)
			failures += line.empty
			words += len(strings.Split(line.text, " ")) - line.empty
		}
		if got := exampletest.Output(h, "words-sink"); len(got) != words {
			t.Errorf("%d words, wanted %d: %q", len(got), words, got)
		}
		if got := h.Counter("words-source", "user_errors"); got != failures {
			t.Errorf("%d failures, wanted %d", got, failures)
		}
		if h.Failure() != nil {
			t.Error(h.Failure())
		}
		if log := strings.Join(h.Log(), "\n"); !strings.Contains(log, "index out of range [0] with length 0") {
			t.Errorf("the log does not tell of the panic:\n%s", log)
		}
	})
}
