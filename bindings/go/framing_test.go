package wallaroo_test

import (
	"encoding/binary"
	"errors"
	"math"
	"math/rand"
	"testing"

	"wallaroo.example/wallaroo"
)

// A header of 3 bytes: 'M' and a length of 2.
func payloadOf(header []byte) (uint64, error) {
	if header[0] != 'M' {
		return 0, errors.New("no message")
	}
	return uint64(binary.BigEndian.Uint16(header[1:])), nil
}

func framed(texts ...string) string {
	var bytes []byte
	for _, text := range texts {
		bytes = binary.BigEndian.AppendUint16(append(bytes, 'M'), uint16(len(text)))
		bytes = append(bytes, text...)
	}
	return string(bytes)
}

// find gives bytes to Header at most `most` messages at a time, and returns the messages, what is
// left, and the problem.
func find(payload func([]byte) (uint64, error), bytes string, sizeMax uint32, most int) (texts []string, left string, problem uint32) {
	for {
		found := make([]wallaroo.Span, most)
		count, problem := wallaroo.FindMessages(3, payload, []byte(bytes), sizeMax, found)
		end := uint64(0)
		for _, span := range found[:count] {
			texts = append(texts, bytes[span.Begin:span.End])
			end = span.End
		}
		bytes = bytes[end:]
		if problem != 0 || count < most {
			return texts, bytes, problem
		}
	}
}

func TestHeaderFindsMessagesInPieces(t *testing.T) {
	texts := []string{"one", "", "three", "four"}
	whole := framed(texts...)
	for most := 1; most <= 5; most++ {
		got, left, problem := find(payloadOf, whole, 100, most)
		same(t, got, texts)
		same(t, left, "")
		same(t, problem, uint32(0))
	}
	for cut := 0; cut <= len(whole); cut++ {
		first, left, problem := find(payloadOf, whole[:cut], 100, 8)
		same(t, problem, uint32(0))
		second, left, problem := find(payloadOf, left+whole[cut:], 100, 8)
		same(t, append(first, second...), texts)
		same(t, left, "")
		same(t, problem, uint32(0))
	}
}

const tooLong, senseless = 1, 2

func TestHeaderRefusesWhatMakesNoSense(t *testing.T) {
	good := framed("good")
	for name, test := range map[string]struct {
		payload func([]byte) (uint64, error)
		bytes   string
		problem uint32
	}{
		"another header":   {payloadOf, good + "X\x00\x01a", senseless},
		"longer than may":  {payloadOf, good + "M\x00\x65", tooLong},
		"as long as may":   {payloadOf, good + "M\x00\x64", 0},
		"endless":          {func([]byte) (uint64, error) { return math.MaxUint64, nil }, "abc", tooLong},
		"nearly endless":   {func([]byte) (uint64, error) { return math.MaxUint64 - 2, nil }, "abc", tooLong},
		"panics":           {func(header []byte) (uint64, error) { return uint64(header[7]), nil }, "abc", senseless},
		"panics with nil":  {func([]byte) (uint64, error) { panic(nil) }, "abc", senseless},
		"half a header":    {payloadOf, good + "M\x00", 0},
		"nothing":          {payloadOf, "", 0},
		"error and length": {func([]byte) (uint64, error) { return 1, errors.New("no") }, "abcd", senseless},
	} {
		texts, _, problem := find(test.payload, test.bytes, 100, 4)
		if problem != test.problem {
			t.Errorf("%s: %d", name, problem)
		}
		if len(test.bytes) > len(good) && (len(texts) != 1 || texts[0] != "good") {
			t.Errorf("%s: the message before it is %q", name, texts)
		}
	}
}

// Whatever comes, spans lie in order and within the bytes, and the function sees its header only.
func TestHeaderStaysWithinHostileBytes(t *testing.T) {
	random := rand.New(rand.NewSource(1))
	for round := 0; round < 20000; round++ {
		bytes := make([]byte, random.Intn(60))
		random.Read(bytes)
		size := 1 + random.Intn(8)
		found := make([]wallaroo.Span, 1+random.Intn(4))
		count, _ := wallaroo.FindMessages(size, func(header []byte) (uint64, error) {
			if len(header) != size {
				t.Fatal("a header of", len(header))
			}
			switch header[0] % 8 {
			case 0:
				return 0, errors.New("no")
			case 1:
				panic("no")
			case 2:
				return random.Uint64(), nil
			}
			return uint64(header[0] % 8), nil
		}, bytes, 16, found)
		at := uint64(0)
		for _, span := range found[:count] {
			if span.Begin != at+uint64(size) || span.End < span.Begin || span.End > uint64(len(bytes)) {
				t.Fatal(bytes, found[:count])
			}
			at = span.End
		}
	}
}
