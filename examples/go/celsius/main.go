// Celsius makes degrees Fahrenheit of degrees Celsius, in two steps. Messages are plain numbers.
package main

import (
	"encoding/binary"
	"fmt"
	"math"
	"strconv"

	"wallaroo.example/wallaroo"
)

// decode reads four bytes: a float, IEEE 754, big-endian. Anything else is refused and counted.
func decode(message []byte) (float32, error) {
	if len(message) != 4 {
		return 0, fmt.Errorf("a temperature has 4 bytes, not %d", len(message))
	}
	return math.Float32frombits(binary.BigEndian.Uint32(message)), nil
}

func multiply(degrees float32) (float32, error) { return degrees * 1.8, nil }
func add(degrees float32) (float32, error)      { return degrees + 32, nil }

func encode(degrees float32, out []byte) ([]byte, error) {
	return strconv.AppendFloat(out, float64(degrees), 'f', 6, 64), nil
}

func build() *wallaroo.App {
	app := wallaroo.New("celsius")
	celsius := wallaroo.Source(app.Pipeline("degrees"), "celsius",
		wallaroo.ListenTCP(app.Flag("in", ":7010"), wallaroo.U32BE), decode)
	wallaroo.Map(wallaroo.Map(celsius, "multiply", multiply), "add", add).
		Sink("fahrenheit", wallaroo.DialTCP(app.Flag("out", ":7002"), wallaroo.Lines), encode)
	return app
}

func main() { build().Main() }
