// Celsius, as a program of 2018: temperatures in Celsius come in, and go out in Fahrenheit.
package main

import (
	"C"

	"encoding/binary"
	"flag"
	"fmt"
	"math"
	"strings"

	wa "wallarooapi"
	app "wallarooapi/application"
)

//export ApplicationSetup
func ApplicationSetup() *C.char {
	flags := flag.NewFlagSet("celsius", flag.ExitOnError)
	in := flags.String("in", "127.0.0.1:7010", "where temperatures come in")
	out := flags.String("out", "127.0.0.1:7002", "where they go")
	flags.Parse(wa.Args[1:])
	from, to := strings.Split(*in, ":"), strings.Split(*out, ":")

	wa.Serialize = func(value interface{}) []byte {
		return binary.BigEndian.AppendUint32(nil, math.Float32bits(value.(float32)))
	}
	wa.Deserialize = func(bytes []byte) interface{} { return decode(bytes) }

	application := app.MakeApplication("Celsius to Fahrenheit")
	application.NewPipeline("Temperatures", app.MakeTCPSourceConfig(from[0], from[1], &Decoder{})).
		To(&ScaleBuilder{}).
		To(&ShiftBuilder{}).
		ToSink(app.MakeTCPSinkConfig(to[0], to[1], &Encoder{}))
	return C.CString(application.ToJson())
}

func decode(bytes []byte) float32 { return math.Float32frombits(binary.BigEndian.Uint32(bytes)) }

type Decoder struct{}

func (*Decoder) HeaderLength() uint64                  { return 4 }
func (*Decoder) PayloadLength(header []byte) uint64    { return uint64(binary.BigEndian.Uint32(header)) }
func (*Decoder) Decode(temperature []byte) interface{} { return decode(temperature) }

type ScaleBuilder struct{}

func (*ScaleBuilder) Build() interface{} { return &Scale{} }

type Scale struct{}

func (*Scale) Name() string                         { return "times 1.8" }
func (*Scale) Compute(data interface{}) interface{} { return data.(float32) * 1.8 }

type ShiftBuilder struct{}

func (*ShiftBuilder) Build() interface{} { return &Shift{} }

type Shift struct{}

func (*Shift) Name() string                         { return "plus 32" }
func (*Shift) Compute(data interface{}) interface{} { return data.(float32) + 32 }

type Encoder struct{}

func (*Encoder) Encode(data interface{}) []byte { return []byte(fmt.Sprintf("%.2f\n", data)) }

func main() {}
