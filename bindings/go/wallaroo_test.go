package wallaroo_test

import (
	"fmt"
	"strings"
	"testing"

	"wallaroo.example/wallaroo"
	"wallaroo.example/wallaroo/harness"
)

type total struct {
	Word string
	N    uint64
}

func split(line string, emit func(string)) error {
	for _, word := range strings.Fields(line) {
		emit(strings.ToLower(word))
	}
	return nil
}

func count(word string, n *uint64) (total, error) {
	*n++
	return total{word, *n}, nil
}

func format(t total, out []byte) ([]byte, error) {
	return fmt.Appendf(out, "%s => %d", t.Word, t.N), nil
}

func wordCount() *wallaroo.App {
	app := wallaroo.New("word-count")
	lines := wallaroo.Source(app.Pipeline("words"), "lines",
		wallaroo.ListenTCP(app.Flag("in", ":7010"), wallaroo.U32BE), wallaroo.Text)
	words := wallaroo.FlatMap(lines, "split", split)
	counts := wallaroo.Stateful(wallaroo.KeyBy(words, func(w string) string { return w }), "count", count)
	counts.Sink("counts", wallaroo.DialTCP(app.Flag("out", ":7002"), wallaroo.Lines), format)
	return app
}

func TestWordCount(t *testing.T) {
	h := harness.New(t, wordCount(), harness.Cores(2))
	h.Feed("lines", "the cat and the dog", "The END")
	got := h.Output("counts")
	t.Log(got)
	if len(got) != 7 {
		t.Fatal(got)
	}
	h.ReloadStates()
	h.Feed("lines", "the")
	if got := h.Output("counts"); len(got) != 1 || got[0] != "the => 4" {
		t.Fatal(got)
	}
	if n, ok := harness.State[uint64](h, "count", "the"); !ok || n != 4 {
		t.Fatal(n, ok)
	}
}
