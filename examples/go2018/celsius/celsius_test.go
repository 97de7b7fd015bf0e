package main

import (
	"encoding/binary"
	"math"
	"strconv"
	"testing"

	examples "wallaroo.example/examples/exampletest"
	"wallaroo.example/wallaroo/harness"

	"examples2018/exampletest"
)

func frame(t *testing.T, text string) string {
	t.Helper()
	value, err := strconv.ParseFloat(text, 32)
	if err != nil {
		t.Fatal(err)
	}
	return string(binary.BigEndian.AppendUint32(nil, math.Float32bits(float32(value))))
}

func TestTemperaturesAreConverted(t *testing.T) {
	app := exampletest.App(t, nil, func() { ApplicationSetup() })
	examples.OnCores(t, app, func(t *testing.T, h *harness.Harness) {
		for i, text := range examples.Lines(t, "input.txt") {
			h.FeedConnection("temperatures-source", i, frame(t, text))
		}
		examples.Same(t, exampletest.Output(h, "temperatures-sink"), examples.Lines(t, "expected.txt"))
	})
}

func TestATemperatureThatIsTooShortIsDroppedAndCounted(t *testing.T) {
	app := exampletest.App(t, nil, func() { ApplicationSetup() })
	examples.OnCores(t, app, func(t *testing.T, h *harness.Harness) {
		h.Feed("temperatures-source", "xy", frame(t, "100"))
		examples.Same(t, exampletest.Output(h, "temperatures-sink"), []string{"212.00"})
		if failures := h.Counter("temperatures-source", "user_errors"); failures != 1 {
			t.Errorf("%d failures, wanted 1", failures)
		}
	})
}
