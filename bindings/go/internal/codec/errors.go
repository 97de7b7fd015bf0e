package codec

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
)

// tooLong says whether a length has no place in the format.
func tooLong(length int) bool { return uint64(length) > math.MaxUint32 }

func (o *op) lengthTooLarge(length int) error {
	return fmt.Errorf("cannot write %s: its length %d is more than 32 bits hold", o.more.where, length)
}

func (o *op) endsEarly(need uint64, left int) error {
	return fmt.Errorf("cannot read %s: it takes %d bytes or more, and %d are left", o.more.where, need, left)
}

func (o *op) lengthNotLeft(length uint64, left int) error {
	return fmt.Errorf("cannot read %s: a length of %d is more than the %d bytes left can hold",
		o.more.where, length, left)
}

func (o *op) neither(flag byte) error {
	return fmt.Errorf("cannot read %s: the flag %d is neither 0 nor 1", o.more.where, flag)
}

func (o *op) outOfRange() error {
	return fmt.Errorf("cannot read %s: the number does not fit a %s of this machine", o.more.where, o.more.typ)
}

var errSameKey = errors.New("two of its keys have the same bytes, and one would be lost")

func (n *node) tooMany(left int) error {
	return fmt.Errorf("cannot read a %s: %d bytes follow its end", n.typ, left)
}

func (n *node) wrongSize(bytes, want int) error {
	if bytes > want {
		return n.tooMany(bytes - want)
	}
	return n.ops[0].endsEarly(uint64(want), bytes)
}

func (n *node) wrongText(in []byte) error {
	if len(in) < 4 {
		return n.ops[0].endsEarly(4, len(in))
	}
	length := uint64(binary.LittleEndian.Uint32(in))
	if left := uint64(len(in) - 4); length <= left {
		return n.tooMany(int(left - length))
	}
	return n.ops[0].lengthNotLeft(length, len(in)-4)
}
