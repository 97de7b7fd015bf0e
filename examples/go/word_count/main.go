// Word_count counts words: after each occurrence of a word its total goes out.
package main

import (
	"wallaroo.example/examples/words"
	"wallaroo.example/wallaroo"
)

func count(word string, count *uint64) (words.Total, error) {
	*count++
	return words.Total{Word: word, Count: *count}, nil
}

func build() *wallaroo.App {
	app := wallaroo.New("word-count")
	lines := wallaroo.Source(app.Pipeline("words"), "lines",
		wallaroo.ListenTCP(app.Flag("in", ":7010"), wallaroo.U32BE), wallaroo.Text)
	split := wallaroo.FlatMap(lines, "split", words.Split)
	byWord := wallaroo.KeyBy(split, func(word string) string { return word })
	wallaroo.Stateful(byWord, "count", count).
		Sink("totals", wallaroo.DialTCP(app.Flag("out", ":7002"), wallaroo.Lines), words.Append)
	return app
}

func main() { build().Main() }
