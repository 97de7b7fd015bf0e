package codec

import (
	"strconv"
	"testing"
	"time"
)

// measure times writing and reading. It reads two values in turn, so that no string is there already.
func measure[T any](b *testing.B, one, two T) {
	made := codecFor[T](b)
	values := [2]T{one, two}
	data := [2][]byte{encoded(b, one), encoded(b, two)}
	b.Run("append", func(b *testing.B) {
		out := make([]byte, 0, 1<<16)
		b.ReportAllocs()
		for i := 0; i < b.N; i++ {
			out, _ = made.Append(out[:0], &values[i&1])
		}
	})
	b.Run("decode", func(b *testing.B) {
		var into T
		b.ReportAllocs()
		for i := 0; i < b.N; i++ {
			if err := made.Decode(data[i&1], &into); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkUint64(b *testing.B) { measure[uint64](b, 1, 2) }
func BenchmarkString(b *testing.B) { measure(b, "a short text 1", "a short text 2") }
func BenchmarkBytes(b *testing.B)  { measure(b, []byte("a short text 1"), []byte("a short text 2")) }
func BenchmarkNamed(b *testing.B) {
	measure(b, named{"a short text 1", 1}, named{"a short text 2", 2})
}
func BenchmarkFlat(b *testing.B) { measure(b, flat{1, 2, 3}, flat{4, 5, 6}) }
func BenchmarkTimed(b *testing.B) {
	type timed struct {
		When time.Time
		N    int
	}
	measure(b, timed{time.Unix(1, 2), 3}, timed{time.Unix(4, 5), 6})
}
func BenchmarkNumbers1000(b *testing.B) { measure(b, make([]float64, 1000), make([]float64, 1000)) }
func BenchmarkNamed100(b *testing.B) {
	measure(b, someNames("a", 100), someNames("b", 100))
}
func BenchmarkMap100(b *testing.B) {
	maps := [2]map[string]uint64{{}, {}}
	for i, name := range []string{"a", "b"} {
		for _, entry := range someNames(name, 100) {
			maps[i][entry.Name] = entry.Count
		}
	}
	measure(b, maps[0], maps[1])
}
func BenchmarkCustom(b *testing.B) { measure(b, money{1234}, money{5678}) }

func someNames(prefix string, count int) []named {
	names := make([]named, count)
	for i := range names {
		names[i] = named{prefix + " name " + strconv.Itoa(i), uint64(i)}
	}
	return names
}

func measureKey[K comparable](b *testing.B, key K) {
	made := keyFor[K](b)
	data, err := made.Append(nil, key)
	if err != nil {
		b.Fatal(err)
	}
	b.Run("append", func(b *testing.B) {
		out := make([]byte, 0, 100)
		b.ReportAllocs()
		for i := 0; i < b.N; i++ {
			out, _ = made.Append(out[:0], key)
		}
	})
	b.Run("decode", func(b *testing.B) {
		b.ReportAllocs()
		for i := 0; i < b.N; i++ {
			if _, err := made.Decode(data); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkKeyInt(b *testing.B)    { measureKey(b, 7) }
func BenchmarkKeyString(b *testing.B) { measureKey(b, "a short text") }
func BenchmarkKeyStruct(b *testing.B) { measureKey(b, compound{"a short text", green, [2]int16{}}) }

func BenchmarkFor(b *testing.B) {
	b.ReportAllocs()
	for i := 0; i < b.N; i++ {
		if _, err := For[everything](); err != nil {
			b.Fatal(err)
		}
	}
}
