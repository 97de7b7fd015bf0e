package codec

import (
	"bytes"
	"errors"
	"math"
	"net/netip"
	"net/url"
	"reflect"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/quick"
	"time"
)

func codecFor[T any](t testing.TB) Codec[T] {
	t.Helper()
	made, err := For[T]()
	if err != nil {
		t.Fatal(err)
	}
	return made
}

func encoded[T any](t testing.TB, value T) []byte {
	t.Helper()
	out, err := codecFor[T](t).Append(nil, &value)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func decoded[T any](t testing.TB, in []byte) T {
	t.Helper()
	var value T
	if err := codecFor[T](t).Decode(in, &value); err != nil {
		t.Fatal(err)
	}
	return value
}

// expect checks the description, the bytes, and that they are read back.
func expect[T any](t *testing.T, value T, description, want string) {
	t.Helper()
	if got := codecFor[T](t).Description(); got != description {
		t.Errorf("%T is described as %s, not %s", value, got, description)
	}
	got := encoded(t, value)
	if string(got) != want {
		t.Errorf("%T %+v has the bytes %x, not %x", value, value, got, want)
	}
	if back := decoded[T](t, got); !same(reflect.ValueOf(&back), reflect.ValueOf(&value)) {
		t.Errorf("%T %+v is read back as %+v", value, value, back)
	}
}

func TestDocumentedBytes(t *testing.T) {
	yes := true
	type message struct {
		Kind uint16
		Text string
		Flag *bool
	}
	expect(t, message{258, "ab", &yes}, "struct(u16,string,optional(bool))",
		"\x02\x01"+"\x02\x00\x00\x00ab"+"\x01\x01")
	expect(t, message{}, "struct(u16,string,optional(bool))", strings.Repeat("\x00", 7))
	type longer struct {
		Kind uint16
		Text string
		Flag *bool
		List []int8
		Map  map[int8]uint32
	}
	expect(t, longer{258, "ab", &yes, []int8{-1, 2}, map[int8]uint32{'k': 7}},
		"struct(u16,string,optional(bool),list(i8),map(i8,u32))",
		"\x02\x01"+"\x02\x00\x00\x00ab"+"\x01\x01"+"\x02\x00\x00\x00\xff\x02"+
			"\x01\x00\x00\x00k\x07\x00\x00\x00")
}

func TestEachKind(t *testing.T) {
	expect(t, int8(-1), "i8", "\xff")
	expect(t, int16(-2), "i16", "\xfe\xff")
	expect(t, int32(-2), "i32", "\xfe\xff\xff\xff")
	expect(t, 'a', "i32", "a\x00\x00\x00")
	expect(t, int64(math.MinInt64), "i64", "\x00\x00\x00\x00\x00\x00\x00\x80")
	expect(t, -1, "i64", "\xff\xff\xff\xff\xff\xff\xff\xff")
	expect(t, uint8(200), "u8", "\xc8")
	expect(t, uint16(0x0102), "u16", "\x02\x01")
	expect(t, uint32(0x01020304), "u32", "\x04\x03\x02\x01")
	expect(t, uint64(math.MaxUint64), "u64", "\xff\xff\xff\xff\xff\xff\xff\xff")
	expect(t, uint(1), "u64", "\x01\x00\x00\x00\x00\x00\x00\x00")
	expect(t, uintptr(1), "u64", "\x01\x00\x00\x00\x00\x00\x00\x00")
	expect(t, float32(1), "f32", "\x00\x00\x80\x3f")
	expect(t, 1.0, "f64", "\x00\x00\x00\x00\x00\x00\xf0\x3f")
	expect(t, math.Copysign(0, -1), "f64", "\x00\x00\x00\x00\x00\x00\x00\x80")
	expect(t, math.NaN(), "f64", "\x01\x00\x00\x00\x00\x00\xf8\x7f")
	expect(t, true, "bool", "\x01")
	expect(t, green, "u16", "\xf4\x01")
	expect(t, "ab", "string", "\x02\x00\x00\x00ab")
	expect(t, []byte("ab"), "string", "\x02\x00\x00\x00ab")
	expect(t, []int8{1}, "list(i8)", "\x01\x00\x00\x00\x01")
	expect(t, [2]byte{1, 2}, "array 2(u8)", "\x01\x02")
	expect(t, [2]bool{true}, "array 2(bool)", "\x01\x00")
	expect(t, [0]string{}, "array 0(string)", "")
	expect(t, [1]string{"a"}, "array 1(string)", "\x01\x00\x00\x00a")
	expect(t, struct{}{}, "struct()", "")
	expect(t, time.Second, "duration 1/1000000000(i64)", "\x00\xca\x9a\x3b\x00\x00\x00\x00")
	expect(t, time.Unix(1, 2).UTC(), "time(duration 1/1000000000(i64))",
		"\x02\xca\x9a\x3b\x00\x00\x00\x00")
	expect(t, time.Time{}, "time(duration 1/1000000000(i64))", "\x00\x00\x00\x00\x00\x00\x00\x80")
	expect(t, map[string]bool{"b": true, "a": false}, "map(string,bool)",
		"\x02\x00\x00\x00"+"\x01\x00\x00\x00a\x00"+"\x01\x00\x00\x00b\x01")
	expect(t, map[uint8]struct{}{2: {}, 1: {}}, "list(u8)", "\x02\x00\x00\x00\x01\x02")
	expect(t, map[struct{}]uint8{{}: 1}, "map(struct(),u8)", "\x01\x00\x00\x00\x01")
	expect(t, []point{{1, 2}}, "list(struct(i32,i64))",
		"\x01\x00\x00\x00"+"\x01\x00\x00\x00"+"\x02\x00\x00\x00\x00\x00\x00\x00")
	expect(t, []flat{{1, 2, 3}}, "list(struct(u32,u32,i64))",
		"\x01\x00\x00\x00"+"\x01\x00\x00\x00\x02\x00\x00\x00"+"\x03\x00\x00\x00\x00\x00\x00\x00")
	expect(t, struct {
		Embedded
		B uint8
	}{Embedded{1}, 2}, "struct(struct(u8),u8)", "\x01\x02")
	expect(t, struct {
		_ uint32
		A uint8
		_ [3]byte
		B uint8
	}{A: 1, B: 2}, "struct(u8,u8)", "\x01\x02")
	one := uint8(1)
	pointer := &one
	expect(t, &pointer, "optional(optional(u8))", "\x01\x01\x01")
	expect(t, []*uint8{nil, pointer}, "list(optional(u8))", "\x02\x00\x00\x00\x00\x01\x01")
}

func TestCustomTypesNest(t *testing.T) {
	expect(t, money{-7}, "custom codec.money", "\x02\x00\x00\x00-7")
	expect(t, []money{{1}, {23}}, "list(custom codec.money)",
		"\x02\x00\x00\x00"+"\x01\x00\x00\x001"+"\x02\x00\x00\x0023")
	expect(t, map[money]*money{{1}: {2}}, "map(custom codec.money,optional(custom codec.money))",
		"\x01\x00\x00\x00"+"\x01\x00\x00\x001"+"\x01\x01\x00\x00\x002")
	expect(t, netip.MustParseAddr("1.2.3.4"), "custom netip.Addr", "\x04\x00\x00\x00\x01\x02\x03\x04")
	expect(t, &url.URL{Host: "a"}, "optional(custom url.URL)", "\x01\x03\x00\x00\x00//a")

	used := tally{"a": 1, "b": 1}
	if err := codecFor[tally](t).Decode([]byte("\x01\x00\x00\x003"), &used); err != nil || len(used) != 3 {
		t.Error("UnmarshalBinary was given what was there before:", used, err)
	}
	out, err := codecFor[[]broken](t).Append([]byte("before"), &[]broken{{}})
	if !errors.Is(err, errFull) || string(out) != "before" {
		t.Errorf("%q, %v", out, err)
	}
	err = codecFor[broken](t).Decode(make([]byte, 4), &broken{})
	if !errors.Is(err, errFull) || !strings.Contains(err.Error(), "codec.broken") {
		t.Error(err)
	}
}

func TestAnEmbeddedMarshalerDoesNotHideOtherFields(t *testing.T) {
	type stamped struct {
		time.Time
		Note string
	}
	expect(t, stamped{time.Unix(0, 1).UTC(), "n"},
		"struct(time(duration 1/1000000000(i64)),string)",
		"\x01\x00\x00\x00\x00\x00\x00\x00"+"\x01\x00\x00\x00n")
	type Cheque struct {
		*url.URL
		Note string
	}
	expect(t, Cheque{nil, "n"}, "struct(optional(custom url.URL),string)", "\x00\x01\x00\x00\x00n")
}

func TestFieldsThatAreLeftOutAreZeroAfterwards(t *testing.T) {
	type cached struct {
		A     uint8
		cache map[string]int `wallaroo:"-"`
		Chan  chan int       `wallaroo:"-"`
		B     uint8
	}
	value := cached{1, map[string]int{"a": 1}, make(chan int), 2}
	if got := encoded(t, value); string(got) != "\x01\x02" {
		t.Errorf("%x", got)
	}
	if err := codecFor[cached](t).Decode([]byte("\x03\x04"), &value); err != nil {
		t.Fatal(err)
	}
	if value.cache != nil || value.Chan != nil || value.A != 3 || value.B != 4 {
		t.Errorf("%+v", value)
	}
	if got := codecFor[cached](t).Description(); got != "struct(u8,u8)" {
		t.Error(got)
	}
}

type tree struct{ Children []tree }

type half struct{ n int }

func (half) MarshalBinary() ([]byte, error) { return nil, nil }

func refused[T any](t *testing.T, parts ...string) {
	t.Helper()
	_, err := For[T]()
	if err == nil {
		t.Errorf("%T can be encoded", *new(T))
		return
	}
	for _, part := range append(parts, "cannot encode ") {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("%q does not say %q", err, part)
		}
	}
}

func TestTypesWithoutAnEncoding(t *testing.T) {
	const remedy = "MarshalBinary and UnmarshalBinary, or pass a wallaroo.Codec"
	refused[any](t, "interface {}", "give it "+remedy)
	refused[error](t, "error", remedy)
	refused[func()](t, "func()", remedy)
	refused[chan int](t, "chan int", remedy)
	refused[complex64](t, "complex64", remedy)
	refused[tree](t, "codec.tree.Children[] of type codec.tree", "contains itself", "give it "+remedy)
	refused[map[string]*tree](t, "map[string]*codec.tree[].Children[]", "contains itself", remedy)
	refused[struct{ A []struct{ B complex128 } }](t, ".A[].B of type complex128", remedy)
	refused[[]half](t, "[]codec.half[].n", "unexported field of codec.half", "`wallaroo:\"-\"`",
		"give codec.half UnmarshalBinary, which it lacks beside MarshalBinary, or pass a wallaroo.Codec")
	refused[struct{ half }](t, ".half", "unexported")
	refused[[]struct{}](t, "take no bytes", remedy)
	refused[map[struct{}]struct{}](t, "take no bytes", remedy)
	refused[[][0]int](t, "take no bytes", remedy)
	refused[map[*int]int](t, "pointer in a key", remedy)
	refused[map[struct{ A [1]*int }]int](t, "pointer in a key", remedy)
	refused[map[string]error](t, "map[string]error[] of type error", remedy)
	refused[struct {
		A int `wallaroo:"a"`
	}](t, ".A", `wallaroo:"a"`)
	type inner struct{ Signal chan int }
	type outer struct{ Inner inner }
	refused[outer](t, "codec.outer.Inner.Signal of type chan int",
		"give it or codec.inner, which it is a part of, "+remedy)
}

func TestTimesOutOfRange(t *testing.T) {
	times := codecFor[[]time.Time](t)
	for _, bad := range []time.Time{
		time.Date(1600, 1, 1, 0, 0, 0, 0, time.UTC),
		time.Date(2300, 1, 1, 0, 0, 0, 0, time.UTC),
		time.Unix(0, math.MinInt64), // that is the zero time
		time.Time{}.Add(1),
	} {
		out, err := times.Append([]byte("before"), &[]time.Time{bad})
		if err == nil || string(out) != "before" || !strings.Contains(err.Error(), "[]time.Time[]") {
			t.Errorf("%v: %q, %v", bad, out, err)
		}
	}
	local := time.Date(2024, 5, 6, 7, 8, 9, 10, time.FixedZone("there", 3600))
	back := decoded[time.Time](t, encoded(t, local))
	if !back.Equal(local) || back.Location() != time.UTC {
		t.Error(back)
	}
	for _, since := range []int64{math.MinInt64 + 1, -1, 0, math.MaxInt64} {
		expect(t, time.Unix(0, since).UTC(), "time(duration 1/1000000000(i64))",
			string(encoded(t, since)))
	}
}

func TestKeysOfAMapThatAreWrittenAlike(t *testing.T) {
	moment := time.Unix(1, 0)
	value := map[time.Time]int{moment.UTC(): 1, moment.In(time.FixedZone("there", 60)): 2}
	if _, err := codecFor[map[time.Time]int](t).Append(nil, &value); !errors.Is(err, errSameKey) {
		t.Error(err)
	}
	numbers := map[float64]int{math.NaN(): 1, 2: 2}
	bytes := encoded(t, numbers)
	if err := codecFor[map[float64]int](t).Decode(bytes, &numbers); err != nil || len(numbers) != 2 {
		t.Error("a used map keeps its NaN:", numbers, err)
	}
	used := map[uint8]bool{7: true}
	err := codecFor[map[uint8]bool](t).Decode([]byte("\x02\x00\x00\x00\x01\x00\x01\x00"), &used)
	if err == nil || !strings.Contains(err.Error(), "keys differ") {
		t.Error("a key that comes twice is read:", used)
	}
}

func TestEveryKindComesBackEqual(t *testing.T) {
	property := func(value everything) bool {
		bytes := encoded(t, value)
		back := decoded[everything](t, bytes)
		return same(reflect.ValueOf(back), reflect.ValueOf(value))
	}
	if err := quick.Check(property, nil); err != nil {
		t.Error(err)
	}
}

func TestAUsedValueIsOverwrittenWhole(t *testing.T) {
	var used everything
	property := func(value everything) bool {
		bytes := encoded(t, value)
		if err := codecFor[everything](t).Decode(bytes, &used); err != nil {
			t.Error(err)
		}
		return same(reflect.ValueOf(used), reflect.ValueOf(value))
	}
	if err := quick.Check(property, nil); err != nil {
		t.Error(err)
	}
}

func comesBack[T any](t *testing.T) {
	t.Helper()
	property := func(value T) bool {
		back := decoded[T](t, encoded(t, value))
		return same(reflect.ValueOf(&back), reflect.ValueOf(&value))
	}
	if err := quick.Check(property, nil); err != nil {
		t.Error(err)
	}
}

func TestManyTypesComeBackEqual(t *testing.T) {
	comesBack[int](t)
	comesBack[uint8](t)
	comesBack[float32](t)
	comesBack[bool](t)
	comesBack[string](t)
	comesBack[[]byte](t)
	comesBack[at](t)
	comesBack[*int](t)
	comesBack[[]*named](t)
	comesBack[[3]flat](t)
	comesBack[[][]uint16](t)
	comesBack[[][3]byte](t)
	comesBack[map[[2]int16]bool](t)
	comesBack[map[int64]map[bool]string](t)
	comesBack[map[named]struct{}](t)
	comesBack[[]map[string]int](t)
}

func TestEqualMapsHaveEqualBytes(t *testing.T) {
	property := func(value map[string]map[uint16]struct{}) bool {
		copied := map[string]map[uint16]struct{}{}
		for key, set := range value {
			copied[key] = map[uint16]struct{}{}
			for number := range set {
				copied[key][number] = struct{}{}
			}
		}
		return bytes.Equal(encoded(t, value), encoded(t, copied))
	}
	if err := quick.Check(property, nil); err != nil {
		t.Error(err)
	}
}

func TestAUsedValueKeepsItsMemory(t *testing.T) {
	type message struct {
		Text    string
		Raw     []byte
		Numbers []uint64
		Names   []named
		Lists   [][]byte
	}
	long := strings.Repeat("x", 200)
	value := message{long, []byte(long), []uint64{1, 2, 3}, []named{{long, 1}, {long, 2}},
		[][]byte{[]byte(long), {1}}}
	data := encoded(t, value)
	reused := decoded[message](t, data)
	messages := codecFor[message](t)
	if count := testing.AllocsPerRun(100, func() {
		if messages.Decode(data, &reused) != nil {
			t.Error("refused")
		}
	}); count != 0 {
		t.Error("allocations:", count)
	}
	counts := map[string]uint64{"a": 1}
	before := reflect.ValueOf(counts).Pointer()
	if err := codecFor[map[string]uint64](t).Decode(encoded(t, map[string]uint64{"b": 2}), &counts); err != nil {
		t.Error(err)
	}
	if len(counts) != 1 || counts["b"] != 2 || reflect.ValueOf(counts).Pointer() != before {
		t.Error(counts)
	}
}

// Deleting from a slice leaves an element behind its end that shares memory with the last one.
func TestMemoryBehindTheEndIsNotFilledTwice(t *testing.T) {
	lists := [][]byte{[]byte("aa"), []byte("bb"), []byte("cc")}
	lists = append(lists[:0], lists[1:]...)
	want := [][]byte{[]byte("11"), []byte("22"), []byte("33")}
	if err := codecFor[[][]byte](t).Decode(encoded(t, want), &lists); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(lists, want) {
		t.Errorf("%q", lists)
	}
}

func TestPointersAreMadeAnew(t *testing.T) {
	value := &named{"kept", 1}
	kept := value
	if err := codecFor[*named](t).Decode(encoded(t, &named{"new", 2}), &value); err != nil {
		t.Fatal(err)
	}
	if kept.Name != "kept" || value.Name != "new" {
		t.Error(kept, value)
	}
}

func TestNothingRefersToTheBytes(t *testing.T) {
	type message struct {
		Text string
		Raw  []byte
		Map  map[string][]byte
	}
	want := message{"text", []byte("raw"), map[string][]byte{"k": []byte("v")}}
	data := encoded(t, want)
	got := decoded[message](t, data)
	for i := range data {
		data[i] = 0xff
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%+v", got)
	}
}

func TestAnEmptyMapIsAMap(t *testing.T) {
	counts := decoded[map[string]int](t, encoded(t, map[string]int(nil)))
	counts["a"]++
}

func TestAppendsToWhatIsThere(t *testing.T) {
	out, err := codecFor[named](t).Append([]byte("before"), &named{"x", 1})
	if err != nil || string(out) != "before\x01\x00\x00\x00x\x01\x00\x00\x00\x00\x00\x00\x00" {
		t.Errorf("%q, %v", out, err)
	}
}

func TestEncodingIntoAUsedBufferAllocatesNothing(t *testing.T) {
	names, maps := codecFor[named](t), codecFor[map[string]named](t)
	value := &named{strings.Repeat("x", 200), 1}
	counts := &map[string]named{"a": *value, "b": *value}
	out := make([]byte, 0, 1000)
	for name, write := range map[string]func(){
		"struct": func() { out, _ = names.Append(out[:0], value) },
		"map":    func() { out, _ = maps.Append(out[:0], counts) },
	} {
		fewest := math.Inf(1) // the race detector makes a sync.Pool forget at random
		for i := 0; i < 50; i++ {
			fewest = math.Min(fewest, testing.AllocsPerRun(1, write))
		}
		if fewest != 0 {
			t.Error(name, "allocates", fewest)
		}
	}
}

func TestOneCodecInSeveralGoroutines(t *testing.T) {
	value := map[string]map[int]string{"a": {1: "b", 2: "c"}, "d": {}}
	var all sync.WaitGroup
	for i := 0; i < 4; i++ {
		all.Add(1)
		go func() {
			defer all.Done()
			for n := 0; n < 100; n++ {
				made, err := For[map[string]map[int]string]()
				if err != nil {
					t.Error(err)
					return
				}
				out, err := made.Append(nil, &value)
				var back map[string]map[int]string
				if err == nil {
					err = made.Decode(out, &back)
				}
				if err != nil || !reflect.DeepEqual(back, value) {
					t.Error(back, err)
				}
			}
		}()
	}
	all.Wait()
}

func TestNumbersThatDoNotFitAnIntOfThisMachine(t *testing.T) {
	for _, number := range []int64{math.MinInt64, math.MinInt32 - 1, math.MaxInt32 + 1, math.MaxInt64} {
		data := encoded(t, number)
		var value int
		err := codecFor[int](t).Decode(data, &value)
		if (err == nil) != (strconv.IntSize == 64) || err == nil && int64(value) != number {
			t.Error(number, value, err)
		}
		var natural uint
		err = codecFor[uint](t).Decode(data, &natural)
		if fits := uint64(natural) == uint64(number); fits != (err == nil) {
			t.Error(number, natural, err)
		}
	}
}
