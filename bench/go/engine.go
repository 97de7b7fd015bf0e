package main

import (
	"wallaroo.example/wallaroo"
)

// wordCount is the word count on the engine, between a source and a sink.
func wordCount(app *wallaroo.App, from wallaroo.SourceSpec, to wallaroo.SinkSpec, seen func()) *wallaroo.App {
	lines := wallaroo.Source(app.Pipeline("words"), "lines", from, wallaroo.Text)
	words := wallaroo.FlatMap(lines, "split", func(line string, emit func(string)) error {
		eachWord(line, emit)
		return nil
	})
	byWord := wallaroo.KeyBy(words, func(word string) string { return word })
	totals := wallaroo.Stateful(byWord, "count", func(word string, count *uint64) (total, error) {
		*count++
		return total{word, *count}, nil
	})
	totals.Sink("totals", to, func(t total, out []byte) ([]byte, error) {
		seen()
		return t.append(out), nil
	})
	return app
}

// nothing takes messages and drops them at once: what is left is the border.
func nothing(from wallaroo.SourceSpec, seen func()) *wallaroo.App {
	app := wallaroo.New("nothing")
	wallaroo.Source(app.Pipeline("lines"), "lines", from, func([]byte) (int, error) { return 0, nil }).
		Filter("drop", func(int) bool { seen(); return false })
	return app
}
