// Package guide is what the blocks of docs/guide/go.md take for granted; tools/go_snippets puts it
// beside them.
package guide

import (
	"strconv"
	"strings"

	"wallaroo.example/wallaroo"
)

var app = wallaroo.New("guide")

var lines = wallaroo.Source(app.Pipeline("given"), "lines", wallaroo.Messages(1, "north 2"), wallaroo.Text)

type parcel struct {
	Shop   string
	Weight int
}

var parcels = wallaroo.Map(lines, "read", readParcel)

func readParcel(line string) (parcel, error) {
	shop, weight, _ := strings.Cut(line, " ")
	n, err := strconv.Atoi(weight)
	return parcel{shop, n}, err
}

func shopOf(p parcel) string { return p.Shop }

func decodeParcel(message []byte) (parcel, error) { return readParcel(string(message)) }

func appendParcel(p parcel, out []byte) ([]byte, error) { return append(out, p.Shop...), nil }

type account struct{ Sum int }

func book(p parcel, a *account) (parcel, error) {
	a.Sum += p.Weight
	return p, nil
}
