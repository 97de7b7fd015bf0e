// Alphabet adds up votes for letters; after each vote the letter's total goes out. The keys are a
// closed list, the letters a to z: a vote for anything else is dropped and counted.
package main

import (
	"encoding/binary"
	"fmt"

	"wallaroo.example/wallaroo"
)

// A Vote is five bytes: the letter, and the number of votes, big-endian.
type Vote struct {
	Letter byte
	Votes  uint32
}

// A Total is what has been voted for a letter.
type Total struct {
	Letter byte
	Votes  uint64
}

func decode(message []byte) (Vote, error) {
	if len(message) != 5 {
		return Vote{}, fmt.Errorf("a vote has 5 bytes, not %d", len(message))
	}
	return Vote{message[0], binary.BigEndian.Uint32(message[1:])}, nil
}

func letterOf(vote Vote) byte { return vote.Letter }

func add(vote Vote, total *Total) (Total, error) {
	total.Letter = vote.Letter
	total.Votes += uint64(vote.Votes)
	return *total, nil
}

func encode(total Total, out []byte) ([]byte, error) {
	return fmt.Appendf(out, "%c => %d", total.Letter, total.Votes), nil
}

func build() *wallaroo.App {
	app := wallaroo.New("alphabet")
	votes := wallaroo.Source(app.Pipeline("votes"), "votes",
		wallaroo.ListenTCP(app.Flag("in", ":7010"), wallaroo.U32BE), decode)
	byLetter := wallaroo.KeyByListed(votes, letterOf, []byte("abcdefghijklmnopqrstuvwxyz"))
	wallaroo.Stateful(byLetter, "add", add).
		Sink("totals", wallaroo.DialTCP(app.Flag("out", ":7002"), wallaroo.Lines), encode)
	return app
}

func main() { build().Main() }
