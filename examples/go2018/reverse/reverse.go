// Reverse, as a program of 2018: texts come in, and go out backwards.
package main

import (
	"C"

	"encoding/binary"
	"flag"
	"strings"

	wa "wallarooapi"
	app "wallarooapi/application"
)

//export ApplicationSetup
func ApplicationSetup() *C.char {
	flags := flag.NewFlagSet("reverse", flag.ExitOnError)
	in := flags.String("in", "127.0.0.1:7010", "where texts come in")
	out := flags.String("out", "127.0.0.1:7002", "where they go")
	flags.Parse(wa.Args[1:])
	from, to := strings.Split(*in, ":"), strings.Split(*out, ":")

	wa.Serialize = Serialize
	wa.Deserialize = Deserialize

	application := app.MakeApplication("Reverse")
	application.NewPipeline("Reverse", app.MakeTCPSourceConfig(from[0], from[1], &TextDecoder{})).
		To(&ReverserBuilder{}).
		ToSink(app.MakeTCPSinkConfig(to[0], to[1], &TextEncoder{}))
	return C.CString(application.ToJson())
}

// Serialize knows the texts that come in only. What Reverse puts out stays in its worker, and needs
// no bytes.
func Serialize(value interface{}) []byte {
	if text, is := value.(*string); is {
		return []byte("t" + *text)
	}
	return nil
}

func Deserialize(bytes []byte) interface{} {
	text := string(bytes[1:])
	return &text
}

type TextDecoder struct{}

func (*TextDecoder) HeaderLength() uint64 { return 4 }

func (*TextDecoder) PayloadLength(header []byte) uint64 {
	return uint64(binary.BigEndian.Uint32(header))
}

func (*TextDecoder) Decode(bytes []byte) interface{} {
	text := string(bytes)
	return &text
}

type ReverserBuilder struct{}

func (*ReverserBuilder) Build() interface{} { return &Reverser{} }

type Reverser struct{}

func (*Reverser) Name() string { return "reverse" }

func (*Reverser) Compute(data interface{}) interface{} {
	letters := []rune(*data.(*string))
	for i, j := 0, len(letters)-1; i < j; i, j = i+1, j-1 {
		letters[i], letters[j] = letters[j], letters[i]
	}
	return string(letters)
}

type TextEncoder struct{}

func (*TextEncoder) Encode(data interface{}) []byte { return []byte(data.(string) + "\n") }

func main() {}
