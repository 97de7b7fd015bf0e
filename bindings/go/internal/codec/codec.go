// Package codec turns Go values into bytes and back, in the format of docs/formats/values.md, so
// that batches, keys and snapshots of Go and of C++ pipelines are alike.
//
// What a Go type is in that format:
//
//	int, uint, uintptr                i64, u64, u64
//	other integers, floats, bool      by their size
//	string, []byte                    string
//	time.Duration                     duration 1/1000000000(i64)
//	time.Time                         time(duration 1/1000000000(i64)): nanoseconds since 1970
//	*T                                optional(T)
//	[N]T, []T                         array N(T), list(T)
//	map[K]V, map[K]struct{}           map(K,V), list(K), sorted by the bytes of the keys
//	struct                            struct(A,B,…) of its fields in order, embedded ones too
//	MarshalBinary and UnmarshalBinary custom NAME: a length and what MarshalBinary gives
//
// A named type is what its underlying type is; Go has no enum.
//
// The zero time.Time, the year 1, is too early for 64 bits of nanoseconds and yet in every value
// that nobody filled in. It is written as the smallest number, std::chrono's time_point::min().
//
// No field is lost in silence. An unexported field is an error of [For], unless its tag
// `wallaroo:"-"` says to leave it out, as it does for exported fields; what is left out is zero
// after Decode. A struct that embeds a type with MarshalBinary or UnmarshalBinary is read and
// written field by field: its own methods cannot be told from those it got by embedding, and the
// latter know nothing of the other fields.
//
// What Go has no bytes for: nil and empty slices are the same, and Decode makes a map even when it
// is empty, because writing to a nil map would panic where the value that was encoded did not.
package codec

import (
	"encoding/binary"
	"reflect"
	"sync"
	"unsafe"
)

// Codec writes and reads values of T. One that [For] made can be used from several goroutines.
type Codec[T any] interface {
	// Append appends the bytes of value to out. When it fails, it gives out as it was.
	Append(out []byte, value *T) ([]byte, error)

	// Decode reads value from all of in, which may come from anywhere. The result depends on in
	// alone, but the slices and maps that value held are filled again rather than made anew: call
	// it with a value that shares none of them with anything that is still needed, and in which no
	// two share memory. Nothing refers to in afterwards. When it fails, value is unspecified, but
	// can be decoded into.
	Decode(in []byte, value *T) error

	// Description is the full type, as stored in snapshots: kind and order of the fields, nested.
	Description() string
}

// codecs holds a Codec[T] for each reflect.Type that For was asked for and can encode.
var codecs sync.Map

// For gives the codec that follows from the type T. It is made once per type. The error says which
// part of T cannot be encoded and what to do about it.
func For[T any]() (Codec[T], error) {
	typ := reflect.TypeOf((*T)(nil)).Elem()
	if made, ok := codecs.Load(typ); ok {
		return made.(Codec[T]), nil
	}
	plan, err := compile(typ)
	if err != nil {
		return nil, err
	}
	made, _ := codecs.LoadOrStore(typ, fastest[T](plan))
	return made.(Codec[T]), nil
}

// fastest picks a codec without a loop over steps for the types that are but one common step.
func fastest[T any](plan *node) Codec[T] {
	if len(plan.ops) == 1 && plan.ops[0].offset == 0 {
		switch plan.ops[0].kind {
		case opWord:
			return wordCodec[T]{plan}
		case opText:
			return textCodec[T]{plan}
		case opBytes:
			return bytesCodec[T]{plan}
		}
	}
	return planCodec[T]{plan}
}

// planCodec is the codec of any type.
type planCodec[T any] struct{ *node }

func (c planCodec[T]) Append(out []byte, value *T) ([]byte, error) {
	longer, err := appendOps(out, c.ops, unsafe.Pointer(value))
	if err != nil {
		return out, err
	}
	return longer, nil
}

func (c planCodec[T]) Decode(in []byte, value *T) error {
	rest, err := decodeOps(in, c.ops, unsafe.Pointer(value))
	if err != nil {
		return err
	}
	if len(rest) != 0 {
		return c.tooMany(len(rest))
	}
	return nil
}

// wordCodec is that of numbers of 8 bytes.
type wordCodec[T any] struct{ *node }

func (c wordCodec[T]) Append(out []byte, value *T) ([]byte, error) {
	return binary.LittleEndian.AppendUint64(out, *(*uint64)(unsafe.Pointer(value))), nil
}

func (c wordCodec[T]) Decode(in []byte, value *T) error {
	if len(in) != 8 {
		return c.wrongSize(len(in), 8)
	}
	*(*uint64)(unsafe.Pointer(value)) = binary.LittleEndian.Uint64(in)
	return nil
}

// textCodec is that of strings.
type textCodec[T any] struct{ *node }

func (c textCodec[T]) Append(out []byte, value *T) ([]byte, error) {
	text := *(*string)(unsafe.Pointer(value))
	if tooLong(len(text)) {
		return out, c.ops[0].lengthTooLarge(len(text))
	}
	return append(binary.LittleEndian.AppendUint32(out, uint32(len(text))), text...), nil
}

func (c textCodec[T]) Decode(in []byte, value *T) error {
	if len(in) < 4 || uint64(binary.LittleEndian.Uint32(in)) != uint64(len(in)-4) {
		return c.wrongText(in)
	}
	setText((*string)(unsafe.Pointer(value)), in[4:])
	return nil
}

// bytesCodec is that of byte slices.
type bytesCodec[T any] struct{ *node }

func (c bytesCodec[T]) Append(out []byte, value *T) ([]byte, error) {
	data := *(*[]byte)(unsafe.Pointer(value))
	if tooLong(len(data)) {
		return out, c.ops[0].lengthTooLarge(len(data))
	}
	return append(binary.LittleEndian.AppendUint32(out, uint32(len(data))), data...), nil
}

func (c bytesCodec[T]) Decode(in []byte, value *T) error {
	if len(in) < 4 || uint64(binary.LittleEndian.Uint32(in)) != uint64(len(in)-4) {
		return c.wrongText(in)
	}
	data := (*[]byte)(unsafe.Pointer(value))
	*data = append((*data)[:0], in[4:]...)
	return nil
}

// Description is that of every codec here.
func (n *node) Description() string { return n.description }
