// Package records holds the records of the market spread example: fixed layouts, numbers big-endian,
// floats as IEEE 754.
package records

import (
	"encoding/binary"
	"fmt"
	"math"
)

// An Order is 53 bytes: 1, side, account, order id (6), symbol (4), quantity, price, time (21, not
// read).
type Order struct {
	Side            uint8 // 1 buys, 2 sells
	Account         uint32
	ID, Symbol      string
	Quantity, Price float64
}

// A Quote is 42 bytes: 2, symbol (4), time (21, not read), bid, offer.
type Quote struct {
	Symbol     string
	Bid, Offer float64
}

// A Rejected order goes out with the prices that rejected it, in 47 bytes: side, account, order id
// (6), symbol (4), quantity, price, bid, offer.
type Rejected struct {
	Order      Order
	Bid, Offer float64
}

const (
	orderBytes = 53
	quoteBytes = 42
)

// DecodeOrder refuses anything that is not an order.
func DecodeOrder(bytes []byte) (Order, error) {
	if len(bytes) != orderBytes || bytes[0] != 1 {
		return Order{}, fmt.Errorf("no order: %d bytes", len(bytes))
	}
	return Order{bytes[1], binary.BigEndian.Uint32(bytes[2:]), string(bytes[6:12]), string(bytes[12:16]),
		float(bytes[16:]), float(bytes[24:])}, nil
}

// DecodeQuote refuses anything that is not a quote.
func DecodeQuote(bytes []byte) (Quote, error) {
	if len(bytes) != quoteBytes || bytes[0] != 2 {
		return Quote{}, fmt.Errorf("no quote: %d bytes", len(bytes))
	}
	return Quote{string(bytes[1:5]), float(bytes[26:]), float(bytes[34:])}, nil
}

// AppendRejected writes a rejected order.
func AppendRejected(r Rejected, out []byte) ([]byte, error) {
	out = append(out, r.Order.Side)
	out = binary.BigEndian.AppendUint32(out, r.Order.Account)
	out = append(out, r.Order.ID...)
	out = append(out, r.Order.Symbol...)
	return appendFloats(out, r.Order.Quantity, r.Order.Price, r.Bid, r.Offer), nil
}

func float(bytes []byte) float64 { return math.Float64frombits(binary.BigEndian.Uint64(bytes)) }
