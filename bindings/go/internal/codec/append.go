package codec

import (
	"encoding"
	"encoding/binary"
	"fmt"
	"math"
	"reflect"
	"time"
	"unsafe"
)

// sliceHeader is a slice of any type in memory.
type sliceHeader struct {
	data unsafe.Pointer
	len  int
	cap  int
}

// appendOps appends the value at `at`. The common steps are here, without a call for each.
func appendOps(out []byte, ops []op, at unsafe.Pointer) ([]byte, error) {
	for i := range ops {
		step := &ops[i]
		from := unsafe.Add(at, step.offset)
		switch step.kind {
		case opByte, opBool:
			out = append(out, *(*byte)(from))
		case opHalf:
			out = binary.LittleEndian.AppendUint16(out, *(*uint16)(from))
		case opQuarter:
			out = binary.LittleEndian.AppendUint32(out, *(*uint32)(from))
		case opWord:
			out = binary.LittleEndian.AppendUint64(out, *(*uint64)(from))
		case opRun:
			out = append(out, unsafe.Slice((*byte)(from), step.size)...)
		case opText:
			text := *(*string)(from)
			if tooLong(len(text)) {
				return nil, step.lengthTooLarge(len(text))
			}
			out = binary.LittleEndian.AppendUint32(out, uint32(len(text)))
			out = append(out, text...)
		default:
			var err error
			if out, err = step.append(out, from); err != nil {
				return nil, err
			}
		}
	}
	return out, nil
}

func (o *op) append(out []byte, from unsafe.Pointer) ([]byte, error) {
	switch o.kind {
	case opBytes:
		data := *(*[]byte)(from)
		if tooLong(len(data)) {
			return nil, o.lengthTooLarge(len(data))
		}
		return append(binary.LittleEndian.AppendUint32(out, uint32(len(data))), data...), nil
	case opInt:
		return binary.LittleEndian.AppendUint64(out, uint64(*(*int)(from))), nil
	case opUint:
		return binary.LittleEndian.AppendUint64(out, uint64(*(*uint)(from))), nil
	case opTime:
		return o.appendTime(out, *(*time.Time)(from))
	case opPointer:
		pointee := *(*unsafe.Pointer)(from)
		if pointee == nil {
			return append(out, 0), nil
		}
		return appendOps(append(out, 1), o.more.elem.ops, pointee)
	case opArray:
		return o.appendElements(out, from, o.more.count)
	case opNumbers, opSlice:
		slice := (*sliceHeader)(from)
		if tooLong(slice.len) {
			return nil, o.lengthTooLarge(slice.len)
		}
		out = binary.LittleEndian.AppendUint32(out, uint32(slice.len))
		if o.kind == opNumbers {
			return append(out, unsafe.Slice((*byte)(slice.data), slice.len*int(o.size))...), nil
		}
		return o.appendElements(out, slice.data, slice.len)
	case opMap:
		return o.appendMap(out, from)
	case opCustom:
		return o.appendCustom(out, from)
	default: // left out
		return out, nil
	}
}

func (o *op) appendElements(out []byte, first unsafe.Pointer, count int) ([]byte, error) {
	for i := 0; i < count; i++ {
		var err error
		out, err = appendOps(out, o.more.elem.ops, unsafe.Add(first, uintptr(i)*o.size))
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// noTime stands for the zero time.Time.
const noTime = math.MinInt64

func (o *op) appendTime(out []byte, at time.Time) ([]byte, error) {
	since := int64(noTime)
	if !at.IsZero() {
		since = at.UnixNano()
		if since == noTime || !time.Unix(0, since).Equal(at) {
			return nil, fmt.Errorf("cannot write %s: the time %s is out of range; times are "+
				"between the years 1678 and 2262, or zero", o.more.where, at)
		}
	}
	return binary.LittleEndian.AppendUint64(out, uint64(since)), nil
}

func (o *op) appendCustom(out []byte, from unsafe.Pointer) ([]byte, error) {
	value := reflect.NewAt(o.more.typ, from).Interface().(encoding.BinaryMarshaler)
	data, err := value.MarshalBinary()
	if err != nil {
		return nil, fmt.Errorf("cannot write %s: %w", o.more.where, err)
	}
	if tooLong(len(data)) {
		return nil, o.lengthTooLarge(len(data))
	}
	return append(binary.LittleEndian.AppendUint32(out, uint32(len(data))), data...), nil
}
