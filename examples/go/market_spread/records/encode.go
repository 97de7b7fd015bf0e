package records

import (
	"encoding/binary"
	"math"
)

// AppendOrder writes an order, with blanks for its time.
func AppendOrder(o Order, out []byte) []byte {
	out = append(out, 1, o.Side)
	out = binary.BigEndian.AppendUint32(out, o.Account)
	out = append(append(out, o.ID...), o.Symbol...)
	return append(appendFloats(out, o.Quantity, o.Price), blankTime...)
}

// AppendQuote writes a quote, with blanks for its time.
func AppendQuote(q Quote, out []byte) []byte {
	out = append(append(append(out, 2), q.Symbol...), blankTime...)
	return appendFloats(out, q.Bid, q.Offer)
}

const blankTime = "                     "

func appendFloats(out []byte, numbers ...float64) []byte {
	for _, number := range numbers {
		out = binary.BigEndian.AppendUint64(out, math.Float64bits(number))
	}
	return out
}
