package main

import (
	"testing"

	examples "wallaroo.example/examples/exampletest"
	"wallaroo.example/wallaroo/harness"

	"examples2018/exampletest"
)

// Stages without keys and their sink run without Serialize, which could not write what they put out.
func TestTextsGoOutBackwards(t *testing.T) {
	app := exampletest.App(t, nil, func() { ApplicationSetup() })
	examples.OnCores(t, app, func(t *testing.T, h *harness.Harness) {
		examples.Feed(h, "reverse-source", examples.Lines(t, "input.txt")...)
		examples.Same(t, exampletest.Output(h, "reverse-sink"), examples.Lines(t, "expected.txt"))
		if failures := h.Counter("reverse-source", "user_errors"); failures != 0 {
			t.Errorf("%d failures", failures)
		}
	})
}
