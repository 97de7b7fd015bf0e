package codec

import (
	"math"
	"net/netip"
	"strings"
	"testing"
	"testing/quick"
	"time"
)

func keyFor[K comparable](t testing.TB) Key[K] {
	t.Helper()
	made, err := KeyFor[K]()
	if err != nil {
		t.Fatal(err)
	}
	return made
}

func expectKey[K comparable](t *testing.T, key K, description, want string) {
	t.Helper()
	made := keyFor[K](t)
	if got := made.Description(); got != description {
		t.Errorf("%T is described as %s, not %s", key, got, description)
	}
	got, err := made.Append([]byte("before"), key)
	if err != nil || string(got) != "before"+want {
		t.Errorf("%T %v has the bytes %x, not %x, %v", key, key, got[6:], want, err)
	}
	back, err := made.Decode([]byte(want))
	if err != nil || back != key {
		t.Errorf("%T %v is read back as %v, %v", key, key, back, err)
	}
}

type text string

type compound struct {
	User   string
	Colour colour
	Shard  [2]int16
}

func TestKeys(t *testing.T) {
	expectKey(t, uint16(0x0102), "u16", "\x02\x01\x00\x00\x00\x00\x00\x00")
	expectKey(t, int8(-1), "i8", strings.Repeat("\xff", 8))
	expectKey(t, uint8(0xff), "u8", "\xff\x00\x00\x00\x00\x00\x00\x00")
	expectKey(t, 'a', "i32", "a\x00\x00\x00\x00\x00\x00\x00")
	expectKey(t, int16(math.MinInt16), "i16", "\x00\x80\xff\xff\xff\xff\xff\xff")
	expectKey(t, int32(math.MinInt32), "i32", "\x00\x00\x00\x80\xff\xff\xff\xff")
	expectKey(t, uint32(math.MaxUint32), "u32", "\xff\xff\xff\xff\x00\x00\x00\x00")
	expectKey(t, int64(math.MinInt64), "i64", "\x00\x00\x00\x00\x00\x00\x00\x80")
	expectKey(t, -2, "i64", "\xfe\xff\xff\xff\xff\xff\xff\xff")
	expectKey(t, uint(2), "u64", "\x02\x00\x00\x00\x00\x00\x00\x00")
	expectKey(t, uintptr(2), "u64", "\x02\x00\x00\x00\x00\x00\x00\x00")
	expectKey(t, green, "u16", "\xf4\x01\x00\x00\x00\x00\x00\x00")
	expectKey(t, true, "bool", "\x01\x00\x00\x00\x00\x00\x00\x00")
	expectKey(t, "ann", "string", "ann")
	expectKey(t, "", "string", "")
	expectKey(t, text("ann"), "string", "ann")
	expectKey(t, compound{"ann", green, [2]int16{7, -1}}, "struct(string,u16,array 2(i16))",
		"\x03\x00\x00\x00ann"+"\xf4\x01"+"\x07\x00\xff\xff")
	expectKey(t, [2]bool{true}, "array 2(bool)", "\x01\x00")
	expectKey(t, struct{}{}, "struct()", "")
	expectKey(t, time.Second, "duration 1/1000000000(i64)", "\x00\xca\x9a\x3b\x00\x00\x00\x00")
	expectKey(t, time.Unix(0, 1).UTC(), "time(duration 1/1000000000(i64))",
		"\x01\x00\x00\x00\x00\x00\x00\x00")
	expectKey(t, money{5}, "custom codec.money", "\x01\x00\x00\x005")
	expectKey(t, netip.MustParseAddr("1.2.3.4"), "custom netip.Addr", "\x04\x00\x00\x00\x01\x02\x03\x04")
}

func TestAKeyHasTheBytesOfWhatAPointerPointsTo(t *testing.T) {
	keys := keyFor[*int16](t)
	one, two := int16(7), int16(7)
	first, _ := keys.Append(nil, &one)
	second, _ := keys.Append(nil, &two)
	if string(first) != "\x01\x07\x00" || string(second) != string(first) {
		t.Errorf("%x, %x", first, second)
	}
}

func noKey[K comparable](t *testing.T, part string) {
	t.Helper()
	if _, err := KeyFor[K](); err == nil || !strings.Contains(err.Error(), part) {
		t.Errorf("%T: %v", *new(K), err)
	}
}

func TestTypesThatAreNoKeys(t *testing.T) {
	type price struct {
		Name  string
		Parts [2]struct{ Amount float32 }
	}
	noKey[float64](t, "float64 is a floating-point number")
	noKey[price](t, "codec.price.Parts[].Amount is a floating-point number")
	noKey[*[]float64](t, "*[]float64[] is a floating-point number")
	noKey[*map[string]float64](t, "floating-point")
	noKey[chan int](t, "cannot encode chan int")
	noKey[struct{ n int }](t, "unexported")
}

func TestMalformedKeys(t *testing.T) {
	refuse := func(err error) {
		t.Helper()
		if err == nil {
			t.Error("read")
		}
	}
	_, err := keyFor[int](t).Decode([]byte("short"))
	refuse(err)
	_, err = keyFor[int](t).Decode(make([]byte, 9))
	refuse(err)
	_, err = keyFor[int8](t).Decode([]byte("\x80\x00\x00\x00\x00\x00\x00\x00"))
	refuse(err)
	_, err = keyFor[uint32](t).Decode([]byte("\x00\x00\x00\x00\x01\x00\x00\x00"))
	refuse(err)
	_, err = keyFor[bool](t).Decode([]byte("\x02\x00\x00\x00\x00\x00\x00\x00"))
	refuse(err)
	value, err := keyFor[compound](t).Decode([]byte("\x01\x00\x00\x00a\x00"))
	refuse(err)
	if value != (compound{}) {
		t.Error(value)
	}
	_, err = keyFor[point](t).Decode(make([]byte, 13))
	refuse(err)
	_, err = keyFor[time.Time](t).Append(nil, time.Unix(1<<40, 0))
	refuse(err)
}

func TestEqualKeysHaveEqualBytesAndOthersDoNot(t *testing.T) {
	keys := keyFor[compound](t)
	property := func(a, b compound) bool {
		one, _ := keys.Append(nil, a)
		two, _ := keys.Append(nil, b)
		back, err := keys.Decode(one)
		return (string(one) == string(two)) == (a == b) && err == nil && back == a
	}
	if err := quick.Check(property, nil); err != nil {
		t.Error(err)
	}
}
