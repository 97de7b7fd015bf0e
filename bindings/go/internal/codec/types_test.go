package codec

import (
	"errors"
	"fmt"
	"math"
	"math/rand"
	"reflect"
	"strconv"
	"time"
)

type colour uint16

const green colour = 500

type point struct {
	X int32
	Y int64
}

type named struct {
	Name  string
	Count uint64
}

// flat has no padding.
type flat struct {
	A, B uint32
	C    int64
}

// money keeps its fields to itself and so needs its own methods.
type money struct{ cents int64 }

func (m money) MarshalBinary() ([]byte, error) {
	return []byte(strconv.FormatInt(m.cents, 10)), nil
}

func (m *money) UnmarshalBinary(data []byte) (err error) {
	m.cents, err = strconv.ParseInt(string(data), 10, 64)
	return err
}

func (money) Generate(random *rand.Rand, _ int) reflect.Value {
	return reflect.ValueOf(money{random.Int63()})
}

// tally adds to what is there, as UnmarshalBinary may that expects a zero value.
type tally map[string]int

func (t *tally) MarshalBinary() ([]byte, error) { return []byte(fmt.Sprint(len(*t))), nil }

func (t *tally) UnmarshalBinary(data []byte) error {
	if *t == nil {
		*t = tally{}
	}
	count, err := strconv.Atoi(string(data))
	for i := 0; i < count && i < 100; i++ {
		(*t)[fmt.Sprint(len(*t))] = 1
	}
	return err
}

var errFull = errors.New("full")

// broken fails.
type broken struct{ N int }

func (broken) MarshalBinary() ([]byte, error)     { return nil, errFull }
func (*broken) UnmarshalBinary(data []byte) error { return errFull }

// at is a time that testing/quick can make.
type at struct{ When time.Time }

func (at) Generate(random *rand.Rand, _ int) reflect.Value {
	if random.Intn(4) == 0 {
		return reflect.ValueOf(at{})
	}
	since := int64(random.Uint64())
	if since == math.MinInt64 {
		since++
	}
	return reflect.ValueOf(at{time.Unix(0, since).UTC()})
}

type Embedded struct{ Depth uint8 }

type everything struct {
	Yes     bool
	Letter  byte
	I8      int8
	U16     uint16
	I32     rune
	Int     int
	Uint    uint
	Pointer uintptr
	F32     float32
	F64     float64
	Colour  colour
	Text    string
	Raw     []byte
	Length  time.Duration
	When    at
	Numbers []uint32
	Flat    []flat
	Ints    []int
	Names   []named
	Bits    []bool
	Words   []string
	Triple  [3]int16
	Bytes   [4]byte
	Corners [2]point
	Many    [2]string
	Maybe   *named
	Deep    **uint16
	Pair    struct {
		First  int
		Second string
	}
	Counts map[string]uint64
	Groups map[uint32][]string
	Nested map[point]map[string][]named
	Set    map[int]struct{}
	Empty  struct{}
	Money  money
	Purse  []money
	Lists  [][][]byte
	Embedded
}

// same is reflect.DeepEqual but for nil and empty slices and maps, and NaN.
func same(a, b reflect.Value) bool {
	switch a.Kind() {
	case reflect.Float32, reflect.Float64:
		return math.Float64bits(a.Float()) == math.Float64bits(b.Float())
	case reflect.Slice, reflect.Array:
		for i := 0; i < a.Len() && a.Len() == b.Len(); i++ {
			if !same(a.Index(i), b.Index(i)) {
				return false
			}
		}
		return a.Len() == b.Len()
	case reflect.Map:
		for _, key := range a.MapKeys() {
			if !b.MapIndex(key).IsValid() || !same(a.MapIndex(key), b.MapIndex(key)) {
				return false
			}
		}
		return a.Len() == b.Len()
	case reflect.Pointer:
		if a.IsNil() || b.IsNil() {
			return a.IsNil() == b.IsNil()
		}
		return same(a.Elem(), b.Elem())
	case reflect.Struct:
		for i := 0; i < a.NumField(); i++ {
			switch field := a.Type().Field(i); {
			case field.Name == "_":
			case !field.IsExported():
				return reflect.DeepEqual(a.Interface(), b.Interface())
			case !same(a.Field(i), b.Field(i)):
				return false
			}
		}
		return true
	default:
		return reflect.DeepEqual(a.Interface(), b.Interface())
	}
}
