package main

import (
	"wallaroo.example/examples/words"
	"wallaroo.example/wallaroo"
)

// wordCount is the word count on the engine, between a source and a sink.
func wordCount(app *wallaroo.App, from wallaroo.SourceSpec, to wallaroo.SinkSpec, seen func()) *wallaroo.App {
	lines := wallaroo.Source(app.Pipeline("words"), "lines", from, wallaroo.Text)
	split := wallaroo.FlatMap(lines, "split", words.Split)
	byWord := wallaroo.KeyBy(split, func(word string) string { return word })
	totals := wallaroo.Stateful(byWord, "count", func(word string, count *uint64) (words.Total, error) {
		*count++
		return words.Total{Word: word, Count: *count}, nil
	})
	totals.Sink("totals", to, func(total words.Total, out []byte) ([]byte, error) {
		seen()
		return words.Append(total, out)
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
