// Market spread, as a program of 2018: quotes change what is known of a symbol, and orders for a
// symbol whose prices are too far apart are rejected. Two pipelines meet in one state for each
// symbol.
package main

import (
	"C"

	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/gob"
	"flag"
	"fmt"
	"os"
	"strings"

	wa "wallarooapi"
	app "wallarooapi/application"

	"examples2018/market_spread/records"
)

//export ApplicationSetup
func ApplicationSetup() *C.char {
	flags := flag.NewFlagSet("market_spread", flag.ExitOnError)
	in := flags.String("in", "127.0.0.1:7010,127.0.0.1:7011", "where orders and quotes come in")
	out := flags.String("out", "127.0.0.1:7002", "where rejected orders go")
	flags.Parse(wa.Args[1:])
	from, to := strings.Split(*in, ","), strings.Split(*out, ":")
	orders, quotes := strings.Split(from[0], ":"), strings.Split(from[1], ":")

	wa.Serialize = Serialize
	wa.Deserialize = Deserialize

	symbols := readSymbols("symbols.txt")
	application := app.MakeApplication("Market Spread")
	application.NewPipeline("Orders", app.MakeTCPSourceConfig(orders[0], orders[1], &RecordDecoder{})).
		ToStatePartition(&CheckOrder{}, &MarketBuilder{}, "markets", &BySymbol{}, symbols).
		ToSink(app.MakeTCPSinkConfig(to[0], to[1], &RejectionEncoder{}))
	application.NewPipeline("Quotes", app.MakeTCPSourceConfig(quotes[0], quotes[1], &RecordDecoder{})).
		ToStatePartition(&TakeQuote{}, &MarketBuilder{}, "markets", &BySymbol{}, symbols).
		Done()
	json := application.ToJson()
	fmt.Println(json)
	return C.CString(json)
}

func readSymbols(name string) []uint64 {
	file, err := os.Open(name)
	if err != nil {
		panic(err)
	}
	defer file.Close()
	var keys []uint64
	for lines := bufio.NewScanner(file); lines.Scan(); {
		keys = append(keys, records.Key(lines.Text()))
	}
	return keys
}

type RecordDecoder struct{}

func (*RecordDecoder) HeaderLength() uint64 { return 2 }

func (*RecordDecoder) PayloadLength(header []byte) uint64 {
	return uint64(binary.BigEndian.Uint16(header))
}

func (*RecordDecoder) Decode(record []byte) interface{} { return records.Decode(record) }

type BySymbol struct{}

func (*BySymbol) Partition(data interface{}) uint64 {
	switch record := data.(type) {
	case *records.Order:
		return records.Key(record.Symbol)
	case *records.Quote:
		return records.Key(record.Symbol)
	}
	panic("a record without symbol")
}

// Market is what is known of a symbol. At first no order is accepted.
type Market struct {
	Bid, Offer float64
	Closed     bool
}

type MarketBuilder struct{}

func (*MarketBuilder) Name() string       { return "market" }
func (*MarketBuilder) Build() interface{} { return &Market{Closed: true} }

type TakeQuote struct{}

func (*TakeQuote) Name() string { return "take quote" }

func (*TakeQuote) Compute(data interface{}, state interface{}) (interface{}, bool) {
	quote, market := data.(*records.Quote), state.(*Market)
	spread, middle := quote.Offer-quote.Bid, (quote.Offer+quote.Bid)/2
	market.Bid, market.Offer = quote.Bid, quote.Offer
	market.Closed = spread >= 0.05 || spread/middle >= 0.05
	return nil, true
}

type CheckOrder struct{}

func (*CheckOrder) Name() string { return "check order" }

func (*CheckOrder) Compute(data interface{}, state interface{}) (interface{}, bool) {
	order, market := data.(*records.Order), state.(*Market)
	if !market.Closed {
		return nil, false
	}
	return &records.Rejection{Order: *order, Bid: market.Bid, Offer: market.Offer}, false
}

type RejectionEncoder struct{}

func (*RejectionEncoder) Encode(data interface{}) []byte {
	r := data.(*records.Rejection)
	return []byte(fmt.Sprintf("%d %s rejected: %.2f %.2f\n", r.Number, r.Symbol, r.Bid, r.Offer))
}

const (
	typeOrder = iota + 1
	typeQuote
	typeRejection
	typeMarket
)

func Serialize(value interface{}) []byte {
	kind := uint32(0)
	switch value.(type) {
	case *records.Order:
		kind = typeOrder
	case *records.Quote:
		kind = typeQuote
	case *records.Rejection:
		kind = typeRejection
	case *Market:
		kind = typeMarket
	default:
		return nil
	}
	var out bytes.Buffer
	binary.Write(&out, binary.BigEndian, kind)
	if err := gob.NewEncoder(&out).Encode(value); err != nil {
		panic(err)
	}
	return out.Bytes()
}

func Deserialize(in []byte) interface{} {
	var value interface{}
	switch binary.BigEndian.Uint32(in) {
	case typeOrder:
		value = &records.Order{}
	case typeQuote:
		value = &records.Quote{}
	case typeRejection:
		value = &records.Rejection{}
	case typeMarket:
		value = &Market{}
	}
	if err := gob.NewDecoder(bytes.NewReader(in[4:])).Decode(value); err != nil {
		panic(err)
	}
	return value
}

func main() {}
