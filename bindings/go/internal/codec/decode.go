package codec

import (
	"encoding"
	"encoding/binary"
	"fmt"
	"reflect"
	"time"
	"unsafe"
)

// decodeOps reads the value at `at` and gives the bytes behind it. The common steps are here,
// without a call for each.
func decodeOps(in []byte, ops []op, at unsafe.Pointer) ([]byte, error) {
	for i := range ops {
		step := &ops[i]
		to := unsafe.Add(at, step.offset)
		switch step.kind {
		case opByte:
			if len(in) < 1 {
				return nil, step.endsEarly(1, len(in))
			}
			*(*byte)(to) = in[0]
			in = in[1:]
		case opHalf:
			if len(in) < 2 {
				return nil, step.endsEarly(2, len(in))
			}
			*(*uint16)(to) = binary.LittleEndian.Uint16(in)
			in = in[2:]
		case opQuarter:
			if len(in) < 4 {
				return nil, step.endsEarly(4, len(in))
			}
			*(*uint32)(to) = binary.LittleEndian.Uint32(in)
			in = in[4:]
		case opWord:
			if len(in) < 8 {
				return nil, step.endsEarly(8, len(in))
			}
			*(*uint64)(to) = binary.LittleEndian.Uint64(in)
			in = in[8:]
		case opRun:
			if uint64(len(in)) < uint64(step.size) {
				return nil, step.endsEarly(uint64(step.size), len(in))
			}
			copy(unsafe.Slice((*byte)(to), step.size), in)
			in = in[step.size:]
		case opText:
			length, rest, err := step.length(in, 1)
			if err != nil {
				return nil, err
			}
			setText((*string)(to), rest[:length])
			in = rest[length:]
		default:
			var err error
			if in, err = step.decode(in, to); err != nil {
				return nil, err
			}
		}
	}
	return in, nil
}

// setText makes a string only where it differs from the one there.
func setText(text *string, bytes []byte) {
	if *text != string(bytes) {
		*text = string(bytes)
	}
}

// length reads the length of something whose elements take at least `min` bytes each, which have to
// be left.
func (o *op) length(in []byte, min uint64) (int, []byte, error) {
	if len(in) < 4 {
		return 0, nil, o.endsEarly(4, len(in))
	}
	length := binary.LittleEndian.Uint32(in)
	in = in[4:]
	if min == 1 { // spares text the division
		if uint64(length) > uint64(len(in)) {
			return 0, nil, o.lengthNotLeft(uint64(length), len(in))
		}
	} else if uint64(length) > uint64(len(in))/min {
		return 0, nil, o.lengthNotLeft(uint64(length), len(in))
	}
	return int(length), in, nil
}

// flag reads a byte that is 0 or 1.
func (o *op) flag(in []byte) (bool, []byte, error) {
	if len(in) < 1 {
		return false, nil, o.endsEarly(1, len(in))
	}
	if in[0] > 1 {
		return false, nil, o.neither(in[0])
	}
	return in[0] == 1, in[1:], nil
}

func (o *op) word(in []byte) (uint64, []byte, error) {
	if len(in) < 8 {
		return 0, nil, o.endsEarly(8, len(in))
	}
	return binary.LittleEndian.Uint64(in), in[8:], nil
}

func (o *op) decode(in []byte, to unsafe.Pointer) (rest []byte, err error) {
	switch o.kind {
	case opBool:
		*(*bool)(to), rest, err = o.flag(in)
		return rest, err
	case opBytes:
		length, rest, err := o.length(in, 1)
		if err != nil {
			return nil, err
		}
		data := (*[]byte)(to)
		*data = append((*data)[:0], rest[:length]...)
		return rest[length:], nil
	case opInt, opUint:
		return o.decodeNarrow(in, to)
	case opTime:
		since, rest, err := o.word(in)
		if err != nil {
			return nil, err
		}
		at := time.Time{}
		if int64(since) != noTime {
			at = time.Unix(0, int64(since)).UTC()
		}
		*(*time.Time)(to) = at
		return rest, nil
	case opPointer:
		return o.decodePointer(in, to)
	case opArray:
		for i := 0; i < o.more.count; i++ {
			in, err = decodeOps(in, o.more.elem.ops, unsafe.Add(to, uintptr(i)*o.size))
			if err != nil {
				return nil, err
			}
		}
		return in, nil
	case opNumbers:
		return o.decodeNumbers(in, (*sliceHeader)(to))
	case opSlice:
		return o.decodeSlice(in, (*sliceHeader)(to))
	case opMap:
		return o.decodeMap(in, to)
	case opCustom:
		return o.decodeCustom(in, to)
	default: // left out
		o.more.clear(to)
		return in, nil
	}
}

// clear makes the value at `at` zero, which lets go of what it refers to.
func (d *details) clear(at unsafe.Pointer) { reflect.NewAt(d.typ, at).Elem().Set(d.zero) }

// decodeNarrow reads an int or uint that has 32 bits here.
func (o *op) decodeNarrow(in []byte, to unsafe.Pointer) ([]byte, error) {
	number, rest, err := o.word(in)
	if err != nil {
		return nil, err
	}
	if o.kind == opInt {
		narrow := int(int64(number))
		if int64(narrow) != int64(number) {
			return nil, o.outOfRange()
		}
		*(*int)(to) = narrow
	} else {
		narrow := uint(number)
		if uint64(narrow) != number {
			return nil, o.outOfRange()
		}
		*(*uint)(to) = narrow
	}
	return rest, nil
}

// decodePointer makes a new value: unlike the memory of slices, pointers are kept elsewhere often.
func (o *op) decodePointer(in []byte, to unsafe.Pointer) ([]byte, error) {
	present, rest, err := o.flag(in)
	if err != nil {
		return nil, err
	}
	if !present {
		*(*unsafe.Pointer)(to) = nil
		return rest, nil
	}
	elem := o.more.elem
	if uint64(len(rest)) < elem.min {
		return nil, o.endsEarly(elem.min, len(rest))
	}
	made := reflect.New(elem.typ).UnsafePointer()
	*(*unsafe.Pointer)(to) = made
	return decodeOps(rest, elem.ops, made)
}

func (o *op) decodeNumbers(in []byte, slice *sliceHeader) ([]byte, error) {
	length, rest, err := o.length(in, uint64(o.size))
	if err != nil {
		return nil, err
	}
	bytes := length * int(o.size)
	if length > slice.cap {
		*slice = sliceHeader{newNumbers(bytes), length, length}
	}
	slice.len = length
	copy(unsafe.Slice((*byte)(slice.data), bytes), rest)
	return rest[bytes:], nil
}

// newNumbers makes memory that is aligned for any number whose size divides `bytes`.
func newNumbers(bytes int) unsafe.Pointer {
	switch {
	case bytes%8 == 0:
		return unsafe.Pointer(&make([]uint64, bytes/8)[0])
	case bytes%4 == 0:
		return unsafe.Pointer(&make([]uint32, bytes/4)[0])
	case bytes%2 == 0:
		return unsafe.Pointer(&make([]uint16, bytes/2)[0])
	default:
		return unsafe.Pointer(&make([]byte, bytes)[0])
	}
}

// roomFor limits how many elements of `size` bytes in memory are made before they are read. A length
// that the bytes left can hold may still promise far more memory: custom types take 4 bytes or more,
// but can be of any size.
func roomFor(length, left int, size uintptr) int {
	const most = 8 // bytes of memory for one that is left: pointers need that
	if limit := uint64(left)*most/uint64(size+1) + 1; uint64(length) > limit {
		return int(limit)
	}
	return length
}

func (o *op) decodeSlice(in []byte, slice *sliceHeader) ([]byte, error) {
	elem := o.more.elem
	length, in, err := o.length(in, elem.min)
	if err != nil {
		return nil, err
	}
	if length > slice.cap {
		room := roomFor(length, len(in), o.size)
		*slice = sliceHeader{o.newElements(room), 0, room}
	} else if elem.reuses {
		// Behind the end there may be copies of elements before it, as deleting leaves them: they
		// share memory, which must not be filled twice.
		zero := reflect.Zero(elem.typ)
		for i := slice.len; i < length; i++ {
			reflect.NewAt(elem.typ, unsafe.Add(slice.data, uintptr(i)*o.size)).Elem().Set(zero)
		}
	}
	for i := 0; i < length; i++ {
		if i == slice.cap {
			o.grow(slice, length)
		}
		if in, err = decodeOps(in, elem.ops, unsafe.Add(slice.data, uintptr(i)*o.size)); err != nil {
			return nil, err
		}
	}
	slice.len = length
	return in, nil
}

func (o *op) newElements(count int) unsafe.Pointer {
	if o.more.elem.typ.Kind() == reflect.String && count > 0 { // spares the header of MakeSlice
		return unsafe.Pointer(&make([]string, count)[0])
	}
	return reflect.MakeSlice(o.more.typ, count, count).UnsafePointer()
}

// grow makes room for more elements, at most `length`, behind those that fill the slice.
func (o *op) grow(slice *sliceHeader, length int) {
	room := length
	if half := length / 2; slice.cap <= half {
		room = slice.cap * 2
	}
	made := reflect.MakeSlice(o.more.typ, room, room)
	slice.len = slice.cap
	reflect.Copy(made, reflect.NewAt(o.more.typ, unsafe.Pointer(slice)).Elem())
	*slice = sliceHeader{made.UnsafePointer(), slice.len, room}
}

// decodeCustom gives UnmarshalBinary a zero value: few expect one that was used.
func (o *op) decodeCustom(in []byte, to unsafe.Pointer) ([]byte, error) {
	length, rest, err := o.length(in, 1)
	if err != nil {
		return nil, err
	}
	o.more.clear(to)
	value := reflect.NewAt(o.more.typ, to).Interface().(encoding.BinaryUnmarshaler)
	if err := value.UnmarshalBinary(rest[:length:length]); err != nil {
		return nil, fmt.Errorf("cannot read %s: %w", o.more.where, err)
	}
	return rest[length:], nil
}
