// Word_count_classic counts words in the shape of the first word counts: 27 keys known beforehand,
// 'a' to 'z' and '!' for everything else; the state of each is a dictionary.
package main

import (
	"wallaroo.example/examples/words"
	"wallaroo.example/wallaroo"
)

// A Dictionary holds the totals of the words of one letter.
type Dictionary struct{ Totals map[string]uint64 }

func count(word string, dictionary *Dictionary) (words.Total, error) {
	if dictionary.Totals == nil {
		dictionary.Totals = map[string]uint64{}
	}
	dictionary.Totals[word]++
	return words.Total{Word: word, Count: dictionary.Totals[word]}, nil
}

func letterOf(word string) byte {
	if word[0] >= 'a' && word[0] <= 'z' {
		return word[0]
	}
	return '!'
}

func build() *wallaroo.App {
	app := wallaroo.New("word-count-classic")
	lines := wallaroo.Source(app.Pipeline("words"), "lines",
		wallaroo.ListenTCP(app.Flag("in", ":7010"), wallaroo.U32BE), wallaroo.Text)
	split := wallaroo.FlatMap(lines, "split", words.Split)
	byLetter := wallaroo.KeyByListed(split, letterOf, []byte("abcdefghijklmnopqrstuvwxyz!"))
	wallaroo.Stateful(byLetter, "count", count).
		Sink("totals", wallaroo.DialTCP(app.Flag("out", ":7002"), wallaroo.Lines), words.Append)
	return app
}

func main() { build().Main() }
