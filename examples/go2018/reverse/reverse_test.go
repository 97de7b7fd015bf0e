package main

import (
	"testing"

	"wallaroo.example/wallaroo/harness"

	"examples2018/exampletest"
)

// Stages without keys and their sink run without Serialize, which could not write what they put out.
func TestTextsGoOutBackwards(t *testing.T) {
	app := exampletest.App(t, nil, func() { ApplicationSetup() })
	exampletest.OnCores(t, app, func(t *testing.T, h *harness.Harness) {
		exampletest.Feed(h, "reverse-source", exampletest.Lines(t, "input.txt")...)
		exampletest.Same(t, exampletest.Output(h, "reverse-sink"), exampletest.Lines(t, "expected.txt"))
		if failures := h.Counter("reverse-source", "user_errors"); failures != 0 {
			t.Errorf("%d failures", failures)
		}
	})
}
