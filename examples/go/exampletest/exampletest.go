// Package exampletest holds what the tests of the examples share.
package exampletest

import (
	"os"
	"reflect"
	"sort"
	"strings"
	"testing"

	"wallaroo.example/wallaroo"
	"wallaroo.example/wallaroo/harness"
)

// Lines reads the lines of a file.
func Lines(t *testing.T, file string) []string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
}

// OnCores runs a test with a harness of the application on 1, 2 and 3 cores.
func OnCores(t *testing.T, app *wallaroo.App, test func(t *testing.T, h *harness.Harness)) {
	for cores := 1; cores <= 3; cores++ {
		t.Run(strings.Repeat("core ", cores), func(t *testing.T) {
			test(t, harness.New(t, app, harness.Cores(cores), harness.Seed(uint64(cores))))
		})
	}
}

// Feed gives each message to the source by a connection of its own, so that they are dealt over the
// cores.
func Feed(h *harness.Harness, source string, messages ...string) {
	for i, message := range messages {
		h.FeedConnection(source, i, message)
	}
}

// Same compares lines whose order is open.
func Same(t *testing.T, got, wanted []string) {
	t.Helper()
	got, wanted = append([]string(nil), got...), append([]string(nil), wanted...)
	sort.Strings(got)
	sort.Strings(wanted)
	if !reflect.DeepEqual(got, wanted) {
		t.Errorf("got %q\nwanted %q", got, wanted)
	}
}

// LastTotals keeps the last of the lines "key => total" of each key; those of one key come in order.
func LastTotals(lines []string) []string {
	last := map[string]string{}
	for _, line := range lines {
		key, total, _ := strings.Cut(line, " => ")
		last[key] = total
	}
	var totals []string
	for key, total := range last {
		totals = append(totals, key+" => "+total)
	}
	return totals
}

// TotalsOfWords feeds the lines of input.txt to a word count and compares what comes out with
// expected.txt.
func TotalsOfWords(t *testing.T, app *wallaroo.App) {
	OnCores(t, app, func(t *testing.T, h *harness.Harness) {
		Feed(h, "lines", Lines(t, "input.txt")...)
		totals := h.Output("totals")
		if len(totals) != 8 {
			t.Errorf("%d totals went out for 8 words", len(totals))
		}
		Same(t, LastTotals(totals), Lines(t, "expected.txt"))
	})
}
