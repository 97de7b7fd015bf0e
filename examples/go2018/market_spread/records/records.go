// Package records holds the messages of market spread and how they look as bytes.
package records

import (
	"encoding/binary"
	"math"
	"strings"
)

// Records begin with their kind. Numbers are big-endian, symbols are filled up with spaces.
const (
	KindQuote = 'Q' // symbol, bid, offer
	KindOrder = 'O' // symbol, number
)

const symbolSize = 4

type Quote struct {
	Symbol     string
	Bid, Offer float64
}

type Order struct {
	Symbol string
	Number uint32
}

// Rejection is an order with the prices that reject it.
type Rejection struct {
	Order
	Bid, Offer float64
}

// Key makes a number of a symbol.
func Key(symbol string) uint64 {
	return uint64(binary.BigEndian.Uint32(appendSymbol(nil, symbol)))
}

func appendSymbol(out []byte, symbol string) []byte {
	return append(out, (symbol + strings.Repeat(" ", symbolSize))[:symbolSize]...)
}

func symbol(in []byte) string { return strings.TrimRight(string(in[:symbolSize]), " ") }

func appendPrice(out []byte, price float64) []byte {
	return binary.BigEndian.AppendUint64(out, math.Float64bits(price))
}

func price(in []byte) float64 { return math.Float64frombits(binary.BigEndian.Uint64(in)) }

func (q *Quote) Append(out []byte) []byte {
	out = appendSymbol(append(out, KindQuote), q.Symbol)
	return appendPrice(appendPrice(out, q.Bid), q.Offer)
}

func (o *Order) Append(out []byte) []byte {
	return binary.BigEndian.AppendUint32(appendSymbol(append(out, KindOrder), o.Symbol), o.Number)
}

// Decode makes a *Quote or an *Order of a record. It panics on anything else.
func Decode(in []byte) interface{} {
	body := in[1:]
	switch in[0] {
	case KindQuote:
		return &Quote{symbol(body), price(body[symbolSize:]), price(body[symbolSize+8:])}
	case KindOrder:
		return &Order{symbol(body), binary.BigEndian.Uint32(body[symbolSize:])}
	}
	panic("no kind of record: " + string(in[:1]))
}
