// Alphabet, as a program of 2018: votes for letters come in, and the new total of each letter goes
// out.
package main

import (
	"C"

	"bytes"
	"encoding/binary"
	"encoding/gob"
	"flag"
	"fmt"
	"strings"

	wa "wallarooapi"
	app "wallarooapi/application"
)

//export ApplicationSetup
func ApplicationSetup() *C.char {
	flags := flag.NewFlagSet("alphabet", flag.ExitOnError)
	in := flags.String("in", "127.0.0.1:7010", "where votes come in")
	out := flags.String("out", "127.0.0.1:7002", "where totals go")
	flags.Parse(wa.Args[1:])
	from, to := strings.Split(*in, ":"), strings.Split(*out, ":")

	wa.Serialize = Serialize
	wa.Deserialize = Deserialize

	application := app.MakeApplication("Alphabet")
	application.NewPipeline("Votes", app.MakeTCPSourceConfig(from[0], from[1], &VotesDecoder{})).
		ToStatePartition(&AddVotes{}, &TotalBuilder{}, "letters", &ByLetter{}, letters()).
		ToSink(app.MakeTCPSinkConfig(to[0], to[1], &TotalEncoder{}))
	return C.CString(application.ToJson())
}

func letters() []uint64 {
	all := make([]uint64, 26)
	for i := range all {
		all[i] = uint64('a' + i)
	}
	return all
}

// Votes are messages, totals of a letter as they go out, and states.
type Votes struct {
	Letter byte
	Count  uint64
}

// VotesDecoder takes a letter and a number of votes in four bytes, after a length.
type VotesDecoder struct{}

func (*VotesDecoder) HeaderLength() uint64 { return 4 }

func (*VotesDecoder) PayloadLength(header []byte) uint64 {
	return uint64(binary.BigEndian.Uint32(header))
}

func (*VotesDecoder) Decode(b []byte) interface{} {
	return &Votes{b[0], uint64(binary.BigEndian.Uint32(b[1:]))}
}

type ByLetter struct{}

func (*ByLetter) Partition(data interface{}) uint64 { return uint64(data.(*Votes).Letter) }

type TotalBuilder struct{}

func (*TotalBuilder) Name() string       { return "total" }
func (*TotalBuilder) Build() interface{} { return &Votes{} }

type AddVotes struct{}

func (*AddVotes) Name() string { return "add votes" }

func (*AddVotes) Compute(data interface{}, state interface{}) (interface{}, bool) {
	votes, total := data.(*Votes), state.(*Votes)
	if votes.Count == 0 {
		return nil, false
	}
	total.Letter = votes.Letter
	total.Count += votes.Count
	result := *total
	return &result, true
}

type TotalEncoder struct{}

func (*TotalEncoder) Encode(data interface{}) []byte {
	total := data.(*Votes)
	return []byte(fmt.Sprintf("%c => %d\n", total.Letter, total.Count))
}

func Serialize(value interface{}) []byte {
	var out bytes.Buffer
	if err := gob.NewEncoder(&out).Encode(value); err != nil {
		panic(err)
	}
	return out.Bytes()
}

func Deserialize(in []byte) interface{} {
	votes := &Votes{}
	if err := gob.NewDecoder(bytes.NewReader(in)).Decode(votes); err != nil {
		panic(err)
	}
	return votes
}

func main() {}
