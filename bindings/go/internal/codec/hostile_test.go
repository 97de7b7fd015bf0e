package codec

import (
	"encoding/binary"
	"math/rand"
	"reflect"
	"runtime"
	"testing"
	"testing/quick"
)

// example gives the bytes of some value that has something everywhere.
func example(t testing.TB, random *rand.Rand) []byte {
	for {
		value, ok := quick.Value(reflect.TypeOf(everything{}), random)
		if !ok {
			t.Fatal("no value")
		}
		if data := encoded(t, value.Interface().(everything)); len(data) < 5000 {
			return data
		}
	}
}

func TestEveryTruncationIsRefused(t *testing.T) {
	random := rand.New(rand.NewSource(1))
	all := codecFor[everything](t)
	for round := 0; round < 20; round++ {
		data := example(t, random)
		var into everything
		for length := range data {
			if all.Decode(data[:length:length], &into) == nil {
				t.Fatalf("%d of %d bytes are read", length, len(data))
			}
		}
		if all.Decode(append(data, 0), &into) == nil {
			t.Fatal("a byte too many is read")
		}
		if err := all.Decode(data, &into); err != nil {
			t.Fatal(err)
		}
	}
}

func TestAFlippedBitIsRefusedOrReadAsAnotherValue(t *testing.T) {
	random := rand.New(rand.NewSource(2))
	all := codecFor[everything](t)
	data := example(t, random)
	var into everything
	for bit := 0; bit < len(data)*8; bit++ {
		data[bit/8] ^= 1 << (bit % 8)
		if all.Decode(data, &into) == nil {
			stable(t, &into)
		}
		data[bit/8] ^= 1 << (bit % 8)
	}
	for round := 0; round < 2000; round++ { // and ever more of them
		data[random.Intn(len(data))] = byte(random.Intn(256))
		if all.Decode(data, &into) == nil {
			stable(t, &into)
		} else {
			data = example(t, random)
		}
	}
}

// stable checks that what was read is a whole value: it has bytes that are read and written alike.
func stable[T any](t testing.TB, value *T) {
	first := encoded(t, *value)
	second := encoded(t, decoded[T](t, first))
	if string(first) != string(second) {
		t.Fatalf("%x is written again as %x", first, second)
	}
}

// allocated gives how many bytes a call allocates.
func allocated(call func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	call()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

type large struct {
	Amount money
	Rest   [1 << 16]byte `wallaroo:"-"`
}

func hugeLengthRefused[T any](t *testing.T) {
	t.Helper()
	made := codecFor[T](t)
	for _, length := range []uint32{0xffffffff, 0x80000000, 0x10000000, 100} {
		for _, behind := range []int{0, 1, 80} {
			data := make([]byte, 4+behind)
			binary.LittleEndian.PutUint32(data, length)
			var err error
			if bytes := allocated(func() { err = made.Decode(data, new(T)) }); bytes > 400_000 {
				t.Errorf("%T: a length of %d allocates %d bytes", *new(T), length, bytes)
			}
			if err == nil {
				t.Errorf("%T: a length of %d is read from %d bytes", *new(T), length, behind)
			}
		}
	}
}

func TestAHugeLengthAllocatesLittle(t *testing.T) {
	hugeLengthRefused[string](t)
	hugeLengthRefused[[]byte](t)
	hugeLengthRefused[[]uint64](t)
	hugeLengthRefused[[]flat](t)
	hugeLengthRefused[[]bool](t)
	hugeLengthRefused[[]string](t)
	hugeLengthRefused[[][]named](t)
	hugeLengthRefused[[]*[1 << 20]uint64](t)
	hugeLengthRefused[map[uint64]struct{}](t)
	hugeLengthRefused[map[string]named](t)
	hugeLengthRefused[money](t)
	hugeLengthRefused[[]money](t)
	hugeLengthRefused[struct{ A, B string }](t)
}

// A length that the bytes could hold may promise much more memory than they have.
func TestElementsAreMadeAsTheirBytesTurnUp(t *testing.T) {
	data := make([]byte, 4+4*100_000)
	binary.LittleEndian.PutUint32(data, 100_000)
	var err error
	if bytes := allocated(func() { err = codecFor[[]large](t).Decode(data, new([]large)) }); bytes > 10_000_000 {
		t.Error("allocated:", bytes)
	}
	if err == nil {
		t.Error("read")
	}
	if bytes := allocated(func() { err = codecFor[map[uint8]large](t).Decode(data, new(map[uint8]large)) }); bytes > 10_000_000 {
		t.Error("allocated:", bytes)
	}
	if err == nil {
		t.Error("read")
	}
	values := make([]large, 30)
	for i := range values {
		values[i].Amount.cents = int64(i)
	}
	if back := decoded[[]large](t, encoded(t, values)); !reflect.DeepEqual(back, values) {
		t.Error("a slice that grew has other elements")
	}
}

func TestFlagsAreZeroOrOne(t *testing.T) {
	for flag := 2; flag < 256; flag++ {
		if codecFor[bool](t).Decode([]byte{byte(flag)}, new(bool)) == nil {
			t.Error("a bool is read from", flag)
		}
		if codecFor[*uint8](t).Decode([]byte{byte(flag), 1}, new(*uint8)) == nil {
			t.Error("a pointer is read from", flag)
		}
		if codecFor[[]bool](t).Decode([]byte{1, 0, 0, 0, byte(flag)}, new([]bool)) == nil {
			t.Error("a bool in a list is read from", flag)
		}
	}
}

func TestSizesOfFastTypes(t *testing.T) {
	for length := 0; length < 20; length++ {
		data := make([]byte, length)
		if err := codecFor[uint64](t).Decode(data, new(uint64)); (err == nil) != (length == 8) {
			t.Error(length, err)
		}
		if err := codecFor[string](t).Decode(data, new(string)); (err == nil) != (length == 4) {
			t.Error(length, err)
		}
		if err := codecFor[[]byte](t).Decode(data, new([]byte)); (err == nil) != (length == 4) {
			t.Error(length, err)
		}
	}
}

func FuzzDecode(f *testing.F) {
	random := rand.New(rand.NewSource(3))
	for i := 0; i < 5; i++ {
		f.Add(example(f, random))
	}
	f.Add(encoded(f, everything{}))
	all, keyed := codecFor[everything](f), keyFor[compound](f)
	var used everything
	f.Fuzz(func(t *testing.T, data []byte) {
		var fresh everything
		err := all.Decode(data, &fresh)
		if again := all.Decode(data, &used); (again == nil) != (err == nil) {
			t.Fatalf("fresh: %v, used: %v", err, again)
		}
		if err == nil {
			stable(t, &fresh)
			if string(encoded(t, fresh)) != string(encoded(t, used)) {
				t.Fatal("a used value is read as another")
			}
		}
		if key, err := keyed.Decode(data); err == nil {
			if out, err := keyed.Append(nil, key); err != nil || string(out) != string(data) {
				t.Fatalf("the key %x is written again as %x, %v", data, out, err)
			}
		}
	})
}
