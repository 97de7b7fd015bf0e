package main

import (
	"encoding/binary"
	"math"
	"strconv"
	"testing"

	"wallaroo.example/examples/exampletest"
	"wallaroo.example/wallaroo/harness"
)

func TestDegreesAreThoseExpected(t *testing.T) {
	exampletest.OnCores(t, build(), func(t *testing.T, h *harness.Harness) {
		messages := []string{"not four bytes"}
		for _, line := range exampletest.Lines(t, "input.txt") {
			degrees, err := strconv.ParseFloat(line, 32)
			if err != nil {
				t.Fatal(err)
			}
			bits := math.Float32bits(float32(degrees))
			messages = append(messages, string(binary.BigEndian.AppendUint32(nil, bits)))
		}
		exampletest.Feed(h, "celsius", messages...)
		exampletest.Same(t, h.Output("fahrenheit"), exampletest.Lines(t, "expected.txt"))
		if refused := h.Counter("celsius", "undecodable"); refused != 1 {
			t.Error(refused, "messages were refused")
		}
	})
}
