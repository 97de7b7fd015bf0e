package main

import (
	"encoding/binary"
	"net"

	"wallaroo.example/examples/words"
	"wallaroo.example/wallaroo"
	"wallarooapi/application"
)

// The word count by the API of 2018: the classic one, with a dictionary for each first letter.

type lineDecoder struct{}

func (lineDecoder) HeaderLength() uint64 { return 4 }
func (lineDecoder) PayloadLength(header []byte) uint64 {
	return uint64(binary.BigEndian.Uint32(header))
}
func (lineDecoder) Decode(line []byte) interface{} { return string(line) }

type splitter struct{}

func (splitter) Name() string         { return "split" }
func (s splitter) Build() interface{} { return s }
func (splitter) Compute(data interface{}) (all []interface{}) {
	words.Split(data.(string), func(word string) { all = append(all, word) })
	return all
}

type byFirstLetter struct{}

func (byFirstLetter) Partition(data interface{}) uint64 {
	first := data.(string)[0]
	if first < 'a' || first > 'z' {
		return otherLetters
	}
	return uint64(first)
}

const otherLetters = '!' // what begins with none

func firstLetters() (letters []uint64) {
	for _, letter := range "abcdefghijklmnopqrstuvwxyz" + string(otherLetters) {
		letters = append(letters, uint64(letter))
	}
	return letters
}

type dictionary map[string]uint64

type dictionaries struct{}

func (dictionaries) Name() string       { return "dictionary" }
func (dictionaries) Build() interface{} { return dictionary{} }

type countWords struct{}

func (countWords) Name() string { return "count" }
func (countWords) Compute(data interface{}, state interface{}) (interface{}, bool) {
	word, totals := data.(string), state.(dictionary)
	totals[word]++
	return &words.Total{Word: word, Count: totals[word]}, true
}

type totalEncoder struct{}

func (totalEncoder) Encode(data interface{}) []byte {
	line, _ := words.Append(*data.(*words.Total), nil)
	return append(line, '\n')
}

// wordCount2018 is the word count between two addresses.
func wordCount2018(in, out string) (*wallaroo.App, error) {
	fromHost, fromPort, err := net.SplitHostPort(in)
	if err != nil {
		return nil, err
	}
	toHost, toPort, err := net.SplitHostPort(out)
	if err != nil {
		return nil, err
	}
	app := application.MakeApplication("Word Count")
	app.NewPipeline("Words", application.MakeTCPSourceConfig(fromHost, fromPort, lineDecoder{})).
		ToMulti(splitter{}).
		ToStatePartition(countWords{}, dictionaries{}, "dictionaries", byFirstLetter{}, firstLetters()).
		ToSink(application.MakeTCPSinkConfig(toHost, toPort, totalEncoder{}))
	app.ToJson()
	return application.Described().Build()
}
