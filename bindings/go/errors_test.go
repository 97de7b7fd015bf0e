package wallaroo_test

import (
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"wallaroo.example/wallaroo"
	"wallaroo.example/wallaroo/harness"
)

// A trip is how a function goes wrong on the text "bad".
type trip func(text string) error

var trips = map[string]trip{
	"error": func(text string) error {
		if text == "bad" {
			return errors.New("no bad words")
		}
		return nil
	},
	"panic": func(text string) error {
		if text == "bad" {
			tripOver(text)
		}
		return nil
	},
}

// tripOver is what stacks have to name.
func tripOver(text string) { panic("no " + text + " words") }

// A tripper is a processor that trips on an event or when the timer is due.
type tripper struct{ Text string }

var (
	tripOnEvent trip
	tripOnTimer trip
)

func (p *tripper) OnEvent(ctx *wallaroo.Context[string], text string, emit func(string)) error {
	p.Text = text
	emit(text)
	if tripOnTimer != nil {
		ctx.SetTimer("due", ctx.EventTime().Add(time.Minute))
	}
	return tripOnEvent(text)
}

func (p *tripper) OnTimer(ctx *wallaroo.Context[string], _ string, emit func(string)) error {
	emit(p.Text + " is due")
	return tripOnTimer(p.Text)
}

// A place is a kind of function, and an application in which it trips.
type place struct {
	kind     string
	function string // as the engine calls it
	stage    string
	counter  string // of the stage
	panics   bool   // it cannot return an error
	encoded  bool   // the dead letter holds the value that came into the stage
	build    func(trip trip, option ...wallaroo.StageOption) *wallaroo.App
}

var places = []place{
	{kind: "decoder", function: "in", stage: "in", counter: "undecodable", build: func(trip trip, option ...wallaroo.StageOption) *wallaroo.App {
		app := wallaroo.New("test")
		wallaroo.Source(app.Pipeline("texts"), "in", listen(), func(message []byte) (string, error) {
			return string(message), trip(string(message))
		}, option...).Sink("out", dial(), wallaroo.AppendText)
		return app
	}},
	{kind: "Map", function: "f", stage: "in", build: func(trip trip, option ...wallaroo.StageOption) *wallaroo.App {
		return textApp(func(app *wallaroo.App, texts wallaroo.Stream[string]) wallaroo.Stream[string] {
			return wallaroo.Map(texts, "f", func(text string) (string, error) { return text, trip(text) }, option...)
		})
	}},
	{kind: "FlatMap", function: "f", stage: "in", build: func(trip trip, option ...wallaroo.StageOption) *wallaroo.App {
		return textApp(func(app *wallaroo.App, texts wallaroo.Stream[string]) wallaroo.Stream[string] {
			return wallaroo.FlatMap(texts, "f", func(text string, emit func(string)) error {
				emit(text) // taken back when it trips
				return trip(text)
			}, option...)
		})
	}},
	{kind: "Filter", function: "f", stage: "in", panics: true, build: func(trip trip, option ...wallaroo.StageOption) *wallaroo.App {
		return textApp(func(app *wallaroo.App, texts wallaroo.Stream[string]) wallaroo.Stream[string] {
			return texts.Filter("f", func(text string) bool { return trip(text) == nil }, option...)
		})
	}},
	{kind: "KeyBy", function: "key-by", stage: "in", build: func(trip trip, option ...wallaroo.StageOption) *wallaroo.App {
		return textApp(func(app *wallaroo.App, texts wallaroo.Stream[string]) wallaroo.Stream[string] {
			keyed := wallaroo.TryKeyBy(texts, func(text string) (string, error) { return text, trip(text) }, option...)
			return wallaroo.Stateful(keyed, "state", func(text string, _ *uint8) (string, error) { return text, nil })
		})
	}},
	{kind: "Stateful", function: "f", stage: "f", encoded: true, build: func(trip trip, option ...wallaroo.StageOption) *wallaroo.App {
		return textApp(func(app *wallaroo.App, texts wallaroo.Stream[string]) wallaroo.Stream[string] {
			return wallaroo.Stateful(wallaroo.KeyBy(texts, itself), "f",
				func(text string, _ *uint8) (string, error) { return text, trip(text) }, option...)
		})
	}},
	{kind: "StatefulMany", function: "f", stage: "f", encoded: true, build: func(trip trip, option ...wallaroo.StageOption) *wallaroo.App {
		return textApp(func(app *wallaroo.App, texts wallaroo.Stream[string]) wallaroo.Stream[string] {
			return wallaroo.StatefulMany(wallaroo.KeyBy(texts, itself), "f",
				func(text string, _ *uint8, emit func(string)) error {
					emit(text)
					return trip(text)
				}, option...)
		})
	}},
	{kind: "OnEvent", function: "f", stage: "f", encoded: true, build: func(trip trip, option ...wallaroo.StageOption) *wallaroo.App {
		tripOnEvent, tripOnTimer = trip, nil
		return textApp(func(app *wallaroo.App, texts wallaroo.Stream[string]) wallaroo.Stream[string] {
			return wallaroo.Process[tripper, string](wallaroo.KeyBy(texts, itself), "f", option...)
		})
	}},
	{kind: "encoder", function: "out", stage: "in", build: func(trip trip, option ...wallaroo.StageOption) *wallaroo.App {
		app := wallaroo.New("test")
		wallaroo.Source(app.Pipeline("texts"), "in", listen(), wallaroo.Text).
			Sink("out", dial(), func(text string, out []byte) ([]byte, error) {
				return append(out, text...), trip(text)
			}, option...)
		return app
	}},
}

// eachTrip runs a test for each kind of function and each way to trip.
func eachTrip(t *testing.T, option []wallaroo.StageOption, test func(t *testing.T, p place, how string, h *harness.Harness)) {
	for _, p := range places {
		for how, trip := range trips {
			if p.panics && how != "panic" {
				continue
			}
			t.Run(p.kind+" "+how, func(t *testing.T) {
				h := harness.New(t, p.build(trip, option...))
				h.Feed("in", "one", "two", "bad", "four")
				h.Drain()
				test(t, p, how, h)
			})
		}
	}
}

// counter is where failures of a place are counted.
func (p place) failures(h *harness.Harness, how string) int {
	if p.counter != "" && how == "error" {
		return h.Counter(p.stage, p.counter)
	}
	return h.Counter(p.stage, "user_errors")
}

func TestDropGoesOnWithTheNextMessage(t *testing.T) {
	for name, option := range map[string][]wallaroo.StageOption{
		"default": nil, "named": {wallaroo.OnError(wallaroo.Drop)},
	} {
		t.Run(name, func(t *testing.T) {
			eachTrip(t, option, func(t *testing.T, p place, how string, h *harness.Harness) {
				same(t, h.Output("out"), []string{"one", "two", "four"})
				same(t, p.failures(h, how), 1)
				same(t, h.Failure(), nil)
				same(t, len(h.DeadLetters()), 0)
				if how == "panic" {
					contains(t, strings.Join(h.Log(), "\n"), "panic: no bad words", "wallaroo_test.tripOver", "errors_test.go", "'"+p.function+"'")
					if log := strings.Join(h.Log(), "\n"); strings.Contains(log, "wallaroo.example/wallaroo.") {
						t.Error("frames of the binding itself: ", log)
					}
				} else if p.counter == "" {
					contains(t, strings.Join(h.Log(), "\n"), "no bad words", "'"+p.function+"'")
				}
			})
		})
	}
}

func TestDeadLetterKeepsTheMessage(t *testing.T) {
	option := []wallaroo.StageOption{wallaroo.OnError(wallaroo.DeadLetter)}
	eachTrip(t, option, func(t *testing.T, p place, how string, h *harness.Harness) {
		same(t, h.Output("out"), []string{"one", "two", "four"})
		same(t, p.failures(h, how), 1)
		letters := h.DeadLetters()
		if len(letters) != 1 {
			t.Fatal(letters)
		}
		letter := letters[0]
		t.Logf("%+v", letter)
		same(t, letter.Stage, p.stage)
		same(t, letter.Function, p.function)
		same(t, letter.Source, "in")
		contains(t, letter.Error, "no bad words")
		payload := "bad" // a text is shown as it is
		if p.encoded {
			same(t, letter.Key, "bad")
		} else {
			same(t, letter.Message, uint64(3))
		}
		same(t, letter.Payload, payload)
	})
}

func TestFailStopsTheWorker(t *testing.T) {
	option := []wallaroo.StageOption{wallaroo.OnError(wallaroo.Fail)}
	eachTrip(t, option, func(t *testing.T, p place, how string, h *harness.Harness) {
		t.Log(h.Failure())
		if h.Failure() == nil {
			t.Fatal("the worker goes on")
		}
		contains(t, h.Failure().Error(), "'"+p.function+"'", "no bad words", "the worker stops")
		h.Feed("in", "five")
		same(t, h.Output("out"), []string{"one", "two"})
	})
}

func TestOnTimerFailsLikeOnEvent(t *testing.T) {
	for _, policy := range []wallaroo.ErrorPolicy{wallaroo.Drop, wallaroo.DeadLetter, wallaroo.Fail} {
		for how, trip := range trips {
			t.Run(fmt.Sprint(policy, " ", how), func(t *testing.T) {
				tripOnEvent, tripOnTimer = func(string) error { return nil }, trip
				app := textApp(func(app *wallaroo.App, texts wallaroo.Stream[string]) wallaroo.Stream[string] {
					return wallaroo.Process[tripper, string](wallaroo.KeyBy(texts, itself), "f", wallaroo.OnError(policy))
				})
				h := harness.New(t, app)
				h.Feed("in", "one", "bad")
				same(t, h.Output("out"), []string{"one", "bad"})
				h.Advance(2 * time.Minute)
				same(t, h.Output("out"), []string{"one is due"})
				same(t, h.Counter("f", "user_errors"), 1)
				letters := h.DeadLetters()
				switch policy {
				case wallaroo.Drop:
					same(t, len(letters), 0)
				case wallaroo.DeadLetter:
					if len(letters) != 1 || letters[0].Key != "bad" || letters[0].Timer != "due" || letters[0].Payload != "" {
						t.Errorf("%+v", letters)
					}
				case wallaroo.Fail:
					if h.Failure() == nil {
						t.Fatal("the worker goes on")
					}
					contains(t, h.Failure().Error(), "no bad words", "due", "bad")
				}
			})
		}
	}
}

func TestAPanicOfNilIsAPanic(t *testing.T) {
	calls := 0
	for _, p := range places {
		t.Run(p.kind, func(t *testing.T) {
			app := p.build(func(text string) error {
				if text == "bad" {
					if calls++; calls > 100 {
						return nil
					}
					panic(nil)
				}
				return nil
			})
			h := harness.New(t, app)
			h.Feed("in", "one", "two", "bad", "four")
			same(t, h.Output("out"), []string{"one", "two", "four"})
			same(t, h.Counter(p.stage, "user_errors"), 1)
		})
	}
}

func TestNothingBehindTheMessageThatStopsTheWorkerGoesOut(t *testing.T) {
	texts := []string{"a", "b"}
	for i := 0; i < 200; i++ {
		texts = append(texts, fmt.Sprint(i))
	}
	twice := func(text string, emit func(string)) error {
		emit(text)
		emit(text)
		return nil
	}
	stopAtB := func(text string) (string, error) {
		if text == "b" {
			return "", errors.New("b is the end")
		}
		return text, nil
	}
	for _, batch := range []int{1, 2, 3, 128} {
		app := textApp(func(app *wallaroo.App, texts wallaroo.Stream[string]) wallaroo.Stream[string] {
			timed := wallaroo.FlatMap(wallaroo.FlatMap(texts, "twice", twice), "again", twice).
				EventTime(func(string) time.Time { return time.Unix(1, 0) }, 0)
			return wallaroo.Map(wallaroo.Map(timed, "stop", stopAtB, wallaroo.OnError(wallaroo.Fail)),
				"behind", func(text string) (string, error) { return text, nil })
		})
		h := harness.New(t, app, harness.BatchMax(batch))
		h.Feed("in", texts...)
		same(t, h.Output("out"), []string{"a", "a", "a", "a"})
		if h.Failure() == nil {
			t.Error("the worker goes on")
		}
	}
}

func TestAnErrorThatWrapsSkipIsNoFailure(t *testing.T) {
	skip := fmt.Errorf("empty: %w", wallaroo.Skip)
	app := wallaroo.New("test")
	texts := wallaroo.Source(app.Pipeline("texts"), "in", listen(), func(bytes []byte) (string, error) {
		if string(bytes) == "decoder" {
			return "", skip
		}
		return string(bytes), nil
	})
	unless := func(word string) func(string) (string, error) {
		return func(text string) (string, error) {
			if text == word {
				return "", skip
			}
			return text, nil
		}
	}
	state := func(text string, _ *int) (string, error) { return unless("state")(text) }
	wallaroo.Stateful(wallaroo.TryKeyBy(wallaroo.Map(texts, "map", unless("map")), unless("key")), "state", state).
		Sink("out", dial(), func(text string, out []byte) ([]byte, error) {
			text, err := unless("encoder")(text)
			return append(out, text...), err
		})
	h := harness.New(t, app)
	h.Feed("in", "decoder", "map", "key", "state", "encoder", "rest")
	same(t, h.Output("out"), []string{"rest"})
	for _, stage := range []string{"in", "state"} {
		same(t, h.Counter(stage, "user_errors"), 0)
		same(t, h.Counter(stage, "undecodable"), 0)
	}
}

type wordless struct{}

func (wordless) Error() string { return "" }

func TestAnErrorWithoutATextIsCalledByItsType(t *testing.T) {
	app := textApp(func(_ *wallaroo.App, texts wallaroo.Stream[string]) wallaroo.Stream[string] {
		return wallaroo.Map(texts, "map", func(string) (string, error) { return "", wordless{} }, wallaroo.OnError(wallaroo.DeadLetter))
	})
	h := harness.New(t, app)
	h.Feed("in", "a")
	h.Drain()
	same(t, h.DeadLetters()[0].Error, "an error without a text, a wallaroo_test.wordless")
}

// A parcel can be described to nobody.
type parcel struct{ text string }

type parcelCodec struct{ panics any }

func (c parcelCodec) Append([]byte, *parcel) ([]byte, error) { panic(c.panics) }
func (c parcelCodec) Decode([]byte, *parcel) error           { panic(c.panics) }
func (c parcelCodec) Description() string                    { return "parcel" }

func TestAPanicOfACodecIsToldInsteadOfTheValue(t *testing.T) {
	for _, panics := range []any{"no words", nil} {
		app := wallaroo.New("test")
		wallaroo.UseCodec[parcel](app, parcelCodec{panics})
		texts := wallaroo.Source(app.Pipeline("texts"), "in", listen(), wallaroo.Text)
		parcels := wallaroo.Map(texts, "pack", func(text string) (parcel, error) { return parcel{text}, nil })
		wallaroo.Stateful(wallaroo.KeyBy(parcels, func(p parcel) string { return p.text }), "count",
			func(parcel, *int) (string, error) { return "", errors.New("no") }, wallaroo.OnError(wallaroo.DeadLetter)).
			Sink("out", dial(), wallaroo.AppendText)
		h := harness.New(t, app)
		h.Feed("in", "one")
		h.Drain()
		letters := h.DeadLetters()
		if len(letters) != 1 {
			t.Fatal(letters)
		}
		contains(t, letters[0].Payload, "(the value cannot be encoded: Append of wallaroo_test.parcelCodec for a wallaroo_test.parcel: panic: ")
	}
}

// They would stay where the next values are written over them, which may be never.
func TestWhatAFailedCallHasPutOutIsForgotten(t *testing.T) {
	const many = 100
	var collected int32
	app := wallaroo.New("test")
	texts := wallaroo.Source(app.Pipeline("texts"), "in", listen(), wallaroo.Text)
	wallaroo.FlatMap(texts, "pages", func(text string, emit func(*[64]byte)) error {
		for i := 0; i < many; i++ {
			page := new([64]byte)
			runtime.SetFinalizer(page, func(*[64]byte) { atomic.AddInt32(&collected, 1) })
			emit(page)
		}
		return errors.New("no")
	}).Sink("out", dial(), func(page *[64]byte, out []byte) ([]byte, error) { return append(out, page[:]...), nil })
	h := harness.New(t, app)
	h.Feed("in", "book")
	h.Drain()
	for i := 0; i < 500 && atomic.LoadInt32(&collected) < many; i++ {
		runtime.GC()
		time.Sleep(time.Millisecond)
	}
	same(t, atomic.LoadInt32(&collected), many)
	runtime.KeepAlive(h)
}
