package main

import (
	"testing"

	"wallaroo.example/examples/exampletest"
)

func TestTotalsAreThoseExpected(t *testing.T) { exampletest.TotalsOfWords(t, build()) }
