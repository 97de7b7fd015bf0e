package main

import (
	"testing"

	"wallaroo.example/examples/exampletest"
	"wallaroo.example/wallaroo/harness"
)

func TestLinesComeOutBackwards(t *testing.T) {
	exampletest.OnCores(t, build(), func(t *testing.T, h *harness.Harness) {
		exampletest.Feed(h, "lines", exampletest.Lines(t, "input.txt")...)
		exampletest.Same(t, h.Output("reversed"), exampletest.Lines(t, "expected.txt"))
	})
}
