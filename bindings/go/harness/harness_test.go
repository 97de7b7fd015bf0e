package harness_test

import (
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"wallaroo.example/wallaroo"
	"wallaroo.example/wallaroo/harness"
)

// A listener is a test that is not failed by what the harness says, but keeps it.
type listener struct {
	testing.TB
	said     []string
	cleanups []func()
}

func (l *listener) Helper()          {}
func (l *listener) Cleanup(f func()) { l.cleanups = append(l.cleanups, f) }
func (l *listener) Errorf(format string, args ...any) {
	l.said = append(l.said, fmt.Sprintf(format, args...))
}

// Fatalf ends the step under way.
func (l *listener) Fatalf(format string, args ...any) {
	l.Errorf(format, args...)
	panic(l)
}

// step runs a step of a test, and returns what the harness said.
func (l *listener) step(step func()) string {
	l.said = nil
	func() {
		defer func() {
			if what := recover(); what != nil && what != any(l) {
				panic(what)
			}
		}()
		step()
	}()
	return strings.Join(l.said, "\n")
}

func (l *listener) end() string {
	return l.step(func() {
		for i := len(l.cleanups) - 1; i >= 0; i-- {
			l.cleanups[i]()
		}
	})
}

// A sour codec fails on the state that it was told of.
type sour struct{ append, decode, panics, silently bool }

func (s sour) trip(now bool) error {
	if now && s.silently {
		panic(nil)
	}
	if now && s.panics {
		panic("sour grapes")
	}
	if now {
		return errors.New("sour milk")
	}
	return nil
}

func (s sour) Append(out []byte, n *uint64) ([]byte, error) {
	return append(out, byte(*n)), s.trip(s.append)
}

func (s sour) Decode(in []byte, n *uint64) error {
	*n = uint64(in[0])
	return s.trip(s.decode)
}

func (s sour) Description() string { return "sour" }

// A mute codec forgets to append.
type mute struct{ sour }

func (mute) Append([]byte, *uint64) ([]byte, error) { return nil, nil }

func TestACodecThatAppendsNothingIsNamed(t *testing.T) {
	l := &listener{TB: t}
	h := harness.New(l, counter(mute{}))
	h.Feed("texts", "a")
	h.Drain()
	expect(t, l.step(h.ReloadStates), "stage 'count': the state of key 'a' cannot be stored: Append of harness_test.mute "+
		"for a uint64: it appended nothing")
	expect(t, l.end())
}

func counter(codec wallaroo.Codec[uint64]) *wallaroo.App {
	app := wallaroo.New("counter")
	if codec != nil {
		wallaroo.UseCodec(app, codec)
	}
	texts := wallaroo.Source(app.Pipeline("texts"), "texts",
		wallaroo.ListenTCP(app.Flag("in", ":7010"), wallaroo.Lines), wallaroo.Text)
	wallaroo.Stateful(wallaroo.KeyBy(texts, func(text string) string { return text }), "count",
		func(text string, n *uint64) (string, error) {
			*n++
			return fmt.Sprint(text, " ", *n), nil
		}).Sink("out", wallaroo.DialTCP(app.Flag("out", ":7002"), wallaroo.Lines), wallaroo.AppendText)
	return app
}

func expect(t *testing.T, said string, parts ...string) {
	t.Helper()
	if len(parts) == 0 && said != "" {
		t.Errorf("it says: %s", said)
	}
	for _, part := range parts {
		if !strings.Contains(said, part) {
			t.Errorf("it says %q, and not %q", said, part)
		}
	}
}

func TestMistakesOfATestEndItWithASentence(t *testing.T) {
	l := &listener{TB: t}
	h := harness.New(l, counter(nil))
	for name, test := range map[string]struct {
		step  func()
		parts []string
	}{
		"source":          {func() { h.Feed("text", "a") }, []string{"no source 'text'", "'texts'"}},
		"sink":            {func() { h.Output("outs") }, []string{"no sink 'outs'", "'out'"}},
		"bytes":           {func() { h.OutputBytes("outs") }, []string{"no sink 'outs'"}},
		"stage":           {func() { harness.State[uint64](h, "counts", "a") }, []string{"'counts'", "'count'"}},
		"counter":         {func() { h.Counter("count", "errors") }, []string{"'errors'"}},
		"counter's name":  {func() { h.Counter("counts", "user_errors") }, []string{"'counts'"}},
		"generator":       {func() { h.Generate("texts", 1) }, []string{"'texts'"}},
		"fewer than none": {func() { h.Generate("texts", -1) }, []string{"cannot make -1 values"}},
		"connection":      {func() { h.FeedConnection("texts", 1<<32, "a") }, []string{"no connection 4294967296"}},
		"close":           {func() { h.Close("text") }, []string{"no source 'text'"}},
		"back in time":    {func() { h.Advance(-time.Second) }, []string{"back"}},
		"no key":          {func() { harness.State[uint64](h, "count", 1.5) }, []string{"float64 as a key"}},
		"no state":        {func() { h.Feed("texts", "a"); h.Drain(); harness.State[func()](h, "count", "a") }, []string{"a state of this type cannot be read"}},
	} {
		said := l.step(test.step)
		if said == "" {
			t.Errorf("%s: it says nothing", name)
		}
		expect(t, said, test.parts...)
	}
	expect(t, l.step(func() { h.Close("texts"); h.Feed("texts", "a") }), "'texts'")
	expect(t, l.end())
}

func TestWrongOptionsAreRefused(t *testing.T) {
	for name, option := range map[string]harness.Option{
		"no cores":               harness.Cores(0),
		"negative cores":         harness.Cores(-1),
		"65 cores":               harness.Cores(65),
		"batches of 0":           harness.BatchMax(0),
		"batches of 129":         harness.BatchMax(129),
		"no credits":             harness.Credits(0),
		"2^32+1 cores":           harness.Cores(1<<32 + 1),
		"batches of 2^32+1":      harness.BatchMax(1<<32 + 1),
		"2^32+1 credits":         harness.Credits(1<<32 + 1),
		"a flag that ends early": harness.Flag("in", ":1\x002"),
		"a name that ends early": harness.Flag("in\x00", ":1"),
		"a flag of nobody":       harness.Flag("input", "x"),
	} {
		l := &listener{TB: t}
		if said := l.step(func() { harness.New(l, counter(nil), option) }); said == "" {
			t.Error(name, "is taken")
		}
		expect(t, l.end())
	}
	l := &listener{TB: t}
	expect(t, l.step(func() { harness.New(l, wallaroo.New("empty")) }), "the application has no pipeline")
}

func TestCodecsThatFailMakeStatesThatCannotBeReloaded(t *testing.T) {
	for _, codec := range []sour{{append: true}, {append: true, panics: true}, {decode: true}, {decode: true, panics: true},
		{append: true, silently: true}, {decode: true, silently: true}} {
		l := &listener{TB: t}
		h := harness.New(l, counter(codec))
		h.Feed("texts", "a")
		h.Drain()
		wanted := "sour milk"
		if codec.panics {
			wanted = "panic: sour grapes"
		} else if codec.silently {
			wanted = "panic: "
		}
		if codec.append {
			wanted = "stage 'count': the state of key 'a' cannot be stored: Append of harness_test.sour for a uint64: " + wanted
		} else {
			wanted = "Decode of harness_test.sour for a uint64: " + wanted
		}
		expect(t, l.step(h.ReloadStates), wanted)
		l.end()
	}
}

func TestTheClockIsMovedByTheTest(t *testing.T) {
	start := time.Date(2026, 1, 2, 3, 4, 5, 6, time.UTC)
	h := harness.New(t, counter(nil), harness.Start(start))
	if h.Now() != start {
		t.Error(h.Now())
	}
	h.Advance(time.Hour)
	h.AdvanceTo(start.Add(2 * time.Hour))
	if h.Now() != start.Add(2*time.Hour) {
		t.Error(h.Now())
	}
	if zero := harness.New(t, counter(nil)).Now(); zero != time.Unix(0, 0).UTC() {
		t.Error(zero)
	}
}

func TestConnectionsKeepTheirOrder(t *testing.T) {
	for seed := uint64(0); seed < 10; seed++ {
		h := harness.New(t, counter(nil), harness.Cores(2), harness.Seed(seed), harness.Flag("in", ":1"))
		for connection := 0; connection < 4; connection++ {
			for i := 0; i < 10; i++ {
				h.FeedConnection("texts", connection, fmt.Sprint(connection))
			}
		}
		last := map[string]int{}
		for _, text := range h.Output("out") {
			var key, count int
			fmt.Sscan(text, &key, &count)
			if count != last[fmt.Sprint(key)]+1 {
				t.Error("out of order:", text)
			}
			last[fmt.Sprint(key)] = count
		}
		if len(last) != 4 {
			t.Error(last)
		}
	}
}

// A test that a function ends, as t.FailNow does, ends like any other: nothing is worked on any more,
// and nothing else is said about it.
func TestAFunctionMayEndTheTest(t *testing.T) {
	for _, cores := range []int{1, 3} {
		calls := 0
		app := wallaroo.New("test")
		texts := wallaroo.Source(app.Pipeline("texts"), "texts", wallaroo.ListenTCP(wallaroo.Value(":1"), wallaroo.Lines), wallaroo.Text)
		wallaroo.Stateful(wallaroo.KeyBy(texts, func(text string) string { return text }), "f", func(text string, _ *int) (string, error) {
			calls++
			runtime.Goexit()
			return text, nil
		}).Sink("out", wallaroo.Discard(wallaroo.Lines), wallaroo.AppendText)
		l := &listener{TB: t}
		ended := make(chan string)
		var log []string
		go func() {
			defer func() { ended <- l.end() }()
			h := harness.New(l, app, harness.Cores(cores))
			defer func() { log = h.Log() }()
			h.Feed("texts", "one", "two", "three")
			h.Output("out")
			t.Error("the test goes on")
		}()
		expect(t, <-ended)
		if calls != 1 || len(log) != 0 {
			t.Error(calls, log)
		}
	}
}
