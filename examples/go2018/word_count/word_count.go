// Word count, as a program of 2018: lines come in, words are counted in 27 dictionaries, and the new
// total of each word goes out.
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
	flags := flag.NewFlagSet("word_count", flag.ExitOnError)
	in := flags.String("in", "127.0.0.1:7010", "where lines come in")
	out := flags.String("out", "127.0.0.1:7002", "where totals go")
	flags.Parse(wa.Args[1:])
	from, to := strings.SplitN(*in, ":", 2), strings.SplitN(*out, ":", 2)

	wa.Serialize = serialize
	wa.Deserialize = deserialize

	application := app.MakeApplication("Word Count")
	application.NewPipeline("Words", app.MakeTCPSourceConfig(from[0], from[1], &LineDecoder{})).
		ToMulti(&SplitterBuilder{}).
		ToStatePartition(&Counter{}, &DictionaryBuilder{}, "dictionaries", &ByFirstLetter{}, firstLetters()).
		ToSink(app.MakeTCPSinkConfig(to[0], to[1], &TotalEncoder{}))
	return C.CString(application.ToJson())
}

// Words that begin with no letter have a dictionary together.
const otherLetters = '!'

func firstLetters() []uint64 {
	letters := []uint64{otherLetters}
	for letter := uint64('a'); letter <= 'z'; letter++ {
		letters = append(letters, letter)
	}
	return letters
}

// LineDecoder takes lines, each after its length in four bytes.
type LineDecoder struct{}

func (*LineDecoder) HeaderLength() uint64 { return 4 }

func (*LineDecoder) PayloadLength(header []byte) uint64 {
	return uint64(binary.BigEndian.Uint32(header))
}

func (*LineDecoder) Decode(line []byte) interface{} {
	return string(line)
}

type SplitterBuilder struct{}

func (*SplitterBuilder) Build() interface{} { return &Splitter{} }

// Splitter makes words of a line. Two spaces have an empty word between them, on which ByFirstLetter
// panics: such a message is dropped and counted.
type Splitter struct{}

func (*Splitter) Name() string { return "split" }

func (*Splitter) Compute(data interface{}) []interface{} {
	var words []interface{}
	for _, word := range strings.Split(data.(string), " ") {
		word = strings.ToLower(strings.Trim(word, ".,;:!?\"'()-"))
		words = append(words, word)
	}
	return words
}

type ByFirstLetter struct{}

func (*ByFirstLetter) Partition(data interface{}) uint64 {
	first := data.(string)[0]
	if first < 'a' || first > 'z' {
		return otherLetters
	}
	return uint64(first)
}

// Dictionary is a state: words and how often they came.
type Dictionary struct{ Totals map[string]uint64 }

type DictionaryBuilder struct{}

func (*DictionaryBuilder) Name() string       { return "dictionary" }
func (*DictionaryBuilder) Build() interface{} { return &Dictionary{map[string]uint64{}} }

// Total is a word and how often it has come so far.
type Total struct {
	Word string
	N    uint64
}

type Counter struct{}

func (*Counter) Name() string { return "count" }

func (*Counter) Compute(data interface{}, state interface{}) (interface{}, bool) {
	word, dictionary := data.(string), state.(*Dictionary)
	dictionary.Totals[word]++
	return &Total{word, dictionary.Totals[word]}, true
}

type TotalEncoder struct{}

func (*TotalEncoder) Encode(data interface{}) []byte {
	total := data.(*Total)
	line := fmt.Sprintf("%s => %d\n", total.Word, total.N)
	fmt.Print(line)
	return []byte(line)
}

// The bytes of a value begin with its kind.
const (
	kindWord = iota
	kindTotal
	kindDictionary
)

func serialize(value interface{}) []byte {
	var out bytes.Buffer
	switch value.(type) {
	case string:
		out.WriteByte(kindWord)
	case *Total:
		out.WriteByte(kindTotal)
	case *Dictionary:
		out.WriteByte(kindDictionary)
	default:
		return nil
	}
	if err := gob.NewEncoder(&out).Encode(value); err != nil {
		panic(err)
	}
	return out.Bytes()
}

func deserialize(in []byte) interface{} {
	var value interface{}
	switch in[0] {
	case kindWord:
		value = new(string)
	case kindTotal:
		value = &Total{}
	case kindDictionary:
		value = &Dictionary{}
	}
	if err := gob.NewDecoder(bytes.NewReader(in[1:])).Decode(value); err != nil {
		panic(err)
	}
	if word, is := value.(*string); is {
		return *word
	}
	return value
}

func main() {}
