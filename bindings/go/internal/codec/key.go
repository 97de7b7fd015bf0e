package codec

import (
	"encoding/binary"
	"fmt"
	"reflect"
	"sync"
	"unsafe"
)

// Key writes and reads keys. Equal keys have equal bytes, because bytes are what the engine hashes
// and compares; keys with equal bytes are the same one to it, also where Go tells them apart: times
// that differ in their location alone, pointers to equal values. One that [KeyFor] made can be used
// from several goroutines.
type Key[K comparable] interface {
	// Append appends the bytes of key to out. When it fails, it gives out as it was.
	Append(out []byte, key K) ([]byte, error)

	// Decode reads the key whose bytes are all of in. Nothing refers to in afterwards.
	Decode(in []byte) (K, error)

	// Description is that of the codec of K.
	Description() string
}

// keys holds a Key[K] for each reflect.Type that KeyFor was asked for and can encode.
var keys sync.Map

// KeyFor gives the encoding of K as a key. It is made once per type. An integer or bool is its value
// as 8 bytes, a string its own bytes without a length, and anything else what [For] writes. The
// error says why K cannot be a key: it cannot be encoded, or has a floating-point number.
func KeyFor[K comparable]() (Key[K], error) {
	typ := reflect.TypeOf((*K)(nil)).Elem()
	if made, ok := keys.Load(typ); ok {
		return made.(Key[K]), nil
	}
	plan, err := compile(typ)
	if err != nil {
		return nil, err
	}
	if part := floatIn(typ, typ.String()); part != "" {
		return nil, fmt.Errorf("cannot use %s as a key: %s is a floating-point number, and -0 equals 0 "+
			"without having its bytes; use an integer or text", typ, part)
	}
	made, _ := keys.LoadOrStore(typ, fastestKey[K](typ, plan))
	return made.(Key[K]), nil
}

func fastestKey[K comparable](typ reflect.Type, plan *node) Key[K] {
	if !isCustom(typ) {
		switch typ.Kind() {
		case reflect.String:
			return textKey[K]{plan}
		case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
			return numberKey[K]{node: plan, signed: true}
		case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64,
			reflect.Uintptr, reflect.Bool:
			return numberKey[K]{node: plan, isBool: typ.Kind() == reflect.Bool}
		}
	}
	made := &planKey[K]{node: plan}
	made.scratch.New = func() any { return new(K) }
	return made
}

// floatIn names a floating-point number in typ, which can be encoded, or gives none. Custom types
// are trusted to write equal bytes for equal keys.
func floatIn(typ reflect.Type, where string) string {
	if typ == timeType || isCustom(typ) {
		return ""
	}
	switch typ.Kind() {
	case reflect.Float32, reflect.Float64:
		return where
	case reflect.Array, reflect.Slice:
		return floatIn(typ.Elem(), where+"[]")
	case reflect.Pointer:
		return floatIn(typ.Elem(), where)
	case reflect.Map: // behind a pointer
		if part := floatIn(typ.Key(), where+"[key]"); part != "" {
			return part
		}
		return floatIn(typ.Elem(), where+"[]")
	case reflect.Struct:
		for i := 0; i < typ.NumField(); i++ {
			field := typ.Field(i)
			if !isEncoded(field) {
				continue
			}
			if part := floatIn(field.Type, where+"."+field.Name); part != "" {
				return part
			}
		}
	}
	return ""
}

// textKey is that of strings.
type textKey[K comparable] struct{ *node }

func (k textKey[K]) Append(out []byte, key K) ([]byte, error) {
	return append(out, TextOf(&key)...), nil
}

// IsText says whether TextOf gives the bytes of a key, which spares the call of Append.
func IsText[K comparable](key Key[K]) bool {
	_, is := key.(textKey[K])
	return is
}

// TextOf gives the text of a key that is one; no other may be asked.
func TextOf[K comparable](key *K) string { return *(*string)(unsafe.Pointer(key)) }

func (k textKey[K]) Decode(in []byte) (key K, err error) {
	*(*string)(unsafe.Pointer(&key)) = string(in)
	return key, nil
}

// numberKey is that of integers and bool.
type numberKey[K comparable] struct {
	*node
	signed bool
	isBool bool
}

// wide gives the value with 64 bits, sign-extended if it is signed.
func (k numberKey[K]) wide(key K) uint64 {
	at := unsafe.Pointer(&key)
	switch unsafe.Sizeof(key) {
	case 1:
		if k.signed {
			return uint64(*(*int8)(at))
		}
		return uint64(*(*uint8)(at))
	case 2:
		if k.signed {
			return uint64(*(*int16)(at))
		}
		return uint64(*(*uint16)(at))
	case 4:
		if k.signed {
			return uint64(*(*int32)(at))
		}
		return uint64(*(*uint32)(at))
	default:
		return *(*uint64)(at)
	}
}

func (k numberKey[K]) Append(out []byte, key K) ([]byte, error) {
	return binary.LittleEndian.AppendUint64(out, k.wide(key)), nil
}

func (k numberKey[K]) Decode(in []byte) (key K, err error) {
	if len(in) != 8 {
		return key, k.wrongSize(len(in), 8)
	}
	number := binary.LittleEndian.Uint64(in)
	if k.isBool && number > 1 {
		return key, fmt.Errorf("cannot read %s: %d is neither 0 nor 1", k.typ, number)
	}
	at := unsafe.Pointer(&key)
	switch unsafe.Sizeof(key) {
	case 1:
		*(*uint8)(at) = uint8(number)
	case 2:
		*(*uint16)(at) = uint16(number)
	case 4:
		*(*uint32)(at) = uint32(number)
	default:
		*(*uint64)(at) = number
	}
	if k.wide(key) != number {
		var none K
		return none, fmt.Errorf("cannot read %s: the number does not fit", k.typ)
	}
	return key, nil
}

// planKey is that of any type. The scratch spares an allocation for each key, which would escape.
type planKey[K comparable] struct {
	*node
	scratch sync.Pool // of *K
}

func (k *planKey[K]) Append(out []byte, key K) ([]byte, error) {
	at := k.scratch.Get().(*K)
	*at = key
	longer, err := appendOps(out, k.ops, unsafe.Pointer(at))
	k.keep(at)
	if err != nil {
		return out, err
	}
	return longer, nil
}

func (k *planKey[K]) Decode(in []byte) (key K, err error) {
	at := k.scratch.Get().(*K)
	rest, err := decodeOps(in, k.ops, unsafe.Pointer(at))
	if err == nil && len(rest) != 0 {
		err = k.tooMany(len(rest))
	}
	if err == nil {
		key = *at
	}
	k.keep(at)
	return key, err
}

func (k *planKey[K]) keep(at *K) {
	var none K
	*at = none
	k.scratch.Put(at)
}
