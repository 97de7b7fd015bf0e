package wallaroo_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"wallaroo.example/wallaroo"
	"wallaroo.example/wallaroo/harness"
)

// word is the first word of a text, which is the key in most tests.
func word(text string) string {
	first, _, _ := strings.Cut(text, " ")
	return first
}

func countTexts(text string, count *uint64) (string, error) {
	*count++
	return fmt.Sprint(text, " ", *count), nil
}

// The engine compares descriptions of types; these two have the same.
type meters struct{ N int }
type seconds struct{ N int }

func TestASharedStateOfTwoTypesWithOneDescriptionIsAMistake(t *testing.T) {
	app := wallaroo.New("test")
	one := wallaroo.Source(app.Pipeline("one"), "one", listen(), wallaroo.Text)
	wallaroo.Stateful(wallaroo.KeyBy(one, itself), "a",
		func(text string, _ *meters) (string, error) { return text, nil }, wallaroo.Shared("s"))
	two := wallaroo.Source(app.Pipeline("two"), "two", listen(), wallaroo.Text)
	wallaroo.Stateful(wallaroo.KeyBy(two, itself), "b",
		func(text string, _ *seconds) (string, error) { return text, nil }, wallaroo.Shared("s"))
	err := app.Check()
	if err == nil {
		t.Fatal("no mistake")
	}
	contains(t, err.Error(), "the state 's' is a wallaroo_test.meters in 'a' in pipeline 'one' and a "+
		"wallaroo_test.seconds in 'b' in pipeline 'two'; use the same type in both")
}

func TestStagesThatShareAStateSeeEachOthersChanges(t *testing.T) {
	for which := 0; which < 2; which++ { // of the two stages, says how a state begins
		options := [2][]wallaroo.StageOption{{wallaroo.Shared("total")}, {wallaroo.Shared("total")}}
		options[which] = append(options[which], wallaroo.InitialState(func() (int, error) { return 100, nil }))
		app := wallaroo.New("test")
		plus := wallaroo.Source(app.Pipeline("plus"), "plus", listen(), wallaroo.Text)
		wallaroo.Stateful(wallaroo.KeyBy(plus, word), "add", func(text string, total *int) (string, error) {
			*total++
			return "", wallaroo.Skip
		}, options[0]...)
		read := wallaroo.Source(app.Pipeline("read"), "read", listen(), wallaroo.Text)
		wallaroo.Stateful(wallaroo.KeyBy(read, word), "look", func(text string, total *int) (string, error) {
			return fmt.Sprint(text, " ", *total), nil
		}, options[1]...).Sink("out", dial(), wallaroo.AppendText)
		everywhere(t, app, func(t *testing.T, h *harness.Harness) {
			h.Feed("plus", "a", "a", "b")
			h.Drain()
			h.Feed("read", "a", "b", "c")
			same(t, sorted(h.Output("out")), []string{"a 102", "b 101", "c 100"})
			h.ReloadStates()
			h.Feed("plus", "a")
			h.Drain()
			h.Feed("read", "a")
			same(t, h.Output("out"), []string{"a 103"})
			same(t, h.States(), []string{"total"})
			total, known := harness.State[int](h, "total", "a")
			same(t, total, 103)
			same(t, known, true)
			_, known = harness.State[int](h, "total", "nobody")
			same(t, known, false)
		})
	}
}

func TestAStateThatCouldNotBeginBeginsWithTheNextMessage(t *testing.T) {
	for name, fail := range map[string]func(){"error": func() {}, "panic": func() { panic("not yet") }} {
		t.Run(name, func(t *testing.T) {
			tries := 0
			app := textApp(func(app *wallaroo.App, texts wallaroo.Stream[string]) wallaroo.Stream[string] {
				return wallaroo.Stateful(wallaroo.KeyBy(texts, word), "count", countTexts,
					wallaroo.InitialState(func() (uint64, error) {
						if tries++; tries <= 2 {
							fail()
							return 0, errors.New("not yet")
						}
						return 10, nil
					}))
			})
			h := harness.New(t, app)
			h.Feed("in", "a", "a", "a", "a") // in one batch
			same(t, h.Output("out"), []string{"a 11", "a 12"})
			same(t, h.Counter("count", "user_errors"), 2)
			contains(t, strings.Join(h.Log(), "\n"), "not yet")

			tries = 1
			h.Feed("in", "b")
			same(t, len(h.Output("out")), 0)
			_, known := harness.State[uint64](h, "count", "b")
			same(t, known, false)
			h.Feed("in", "b")
			same(t, h.Output("out"), []string{"b 11"})
		})
	}
}

func TestInitialStateOfAnotherTypeIsAMistake(t *testing.T) {
	app := textApp(func(app *wallaroo.App, texts wallaroo.Stream[string]) wallaroo.Stream[string] {
		return wallaroo.Stateful(wallaroo.KeyBy(texts, word), "count", countTexts,
			wallaroo.InitialState(func() (int, error) { return 10, nil }))
	})
	err := app.Check()
	if err == nil {
		t.Fatal("no mistake")
	}
	contains(t, err.Error(), "the state of 'count' in pipeline 'texts': InitialState makes another type than uint64")
}

// A cleaner counts the messages of its key, and forgets them on "clear".
type cleaner struct{ Seen int }

func (c *cleaner) OnEvent(ctx *wallaroo.Context[string], text string, emit func(string)) error {
	c.Seen++
	emit(fmt.Sprint(text, " ", c.Seen))
	switch {
	case strings.HasSuffix(text, "clear"):
		ctx.ClearState()
	case strings.HasSuffix(text, "timer"):
		ctx.SetTimer("later", ctx.EventTime().Add(time.Second))
	case strings.HasSuffix(text, "fail"):
		ctx.ClearState()
		return errors.New("fails")
	case strings.HasSuffix(text, "skip"):
		ctx.ClearState()
		return wallaroo.Skip
	}
	return nil
}

func (c *cleaner) OnTimer(ctx *wallaroo.Context[string], timer string, emit func(string)) error {
	emit(fmt.Sprint(ctx.Key(), " ", timer, " ", c.Seen))
	ctx.ClearState()
	return nil
}

func TestClearStateForgetsTheKey(t *testing.T) {
	for name, option := range map[string][]wallaroo.StageOption{
		"zero": nil, "initial": {wallaroo.InitialState(func() (cleaner, error) { return cleaner{10}, nil })},
	} {
		begin := 0
		if option != nil {
			begin = 10
		}
		lines := func(texts ...any) []string {
			var lines []string
			for i := 0; i < len(texts); i += 2 {
				lines = append(lines, fmt.Sprint(texts[i], " ", begin+texts[i+1].(int)))
			}
			return lines
		}
		t.Run(name, func(t *testing.T) {
			app := textApp(func(app *wallaroo.App, texts wallaroo.Stream[string]) wallaroo.Stream[string] {
				return wallaroo.Process[cleaner, string](wallaroo.KeyBy(texts, word), "clean", option...)
			})
			everywhere(t, app, func(t *testing.T, h *harness.Harness) {
				h.Feed("in", "a", "a clear", "a", "a", "b", "b clear", "c clear", "c", "c clear")
				same(t, perKey(h.Output("out")), perKey(lines("a", 1, "a clear", 2, "a", 1, "a", 2,
					"b", 1, "b clear", 2, "c clear", 1, "c", 1, "c clear", 2)))
				for key, kept := range map[string]bool{"a": true, "b": false, "c": false} {
					if _, known := harness.State[cleaner](h, "clean", key); known != kept {
						t.Errorf("%s is known: %v", key, known)
					}
				}
				// A failing message clears nothing, one that is skipped does.
				h.Feed("in", "a fail", "a", "a skip", "a")
				same(t, h.Output("out"), lines("a", 4, "a", 1))
				// Timers stay, and find the key new.
				h.Feed("in", "d timer", "d clear")
				same(t, h.Output("out"), lines("d timer", 1, "d clear", 2))
				h.Advance(3 * time.Second)
				same(t, h.Output("out"), lines("d later", 0))
				if _, known := harness.State[cleaner](h, "clean", "d"); known {
					t.Error("the timer did not clear the state")
				}
			})
		})
	}
}

// A Counts is a state with a map, a slice and a pointer.
type counts struct {
	Words map[string]int
	Order []string
	Last  *string
	Since time.Time
	cache int `wallaroo:"-"`
}

func TestStatesAreReloaded(t *testing.T) {
	app := textApp(func(app *wallaroo.App, texts wallaroo.Stream[string]) wallaroo.Stream[string] {
		return wallaroo.Stateful(wallaroo.KeyBy(texts, func(text string) byte { return text[0] }), "count",
			func(text string, c *counts) (string, error) {
				if c.Words == nil {
					c.Words, c.Since = map[string]int{}, time.Unix(5, 0).UTC()
				}
				c.Words[text]++
				c.Order = append(c.Order, text)
				c.Last = &text
				c.cache++
				return fmt.Sprintf("%c %d%d%d", text[0], c.Words[text], len(c.Order), c.Since.Unix()), nil
			})
	})
	everywhere(t, app, func(t *testing.T, h *harness.Harness) {
		var all []string
		for round := 0; round < 3; round++ {
			h.Feed("in", "ab", "ac", "ba", "ab")
			all = append(all, h.Output("out")...)
			h.ReloadStates()
		}
		same(t, perKey(all), perKey([]string{"a 115", "a 125", "a 235", "a 345", "a 255", "a 465",
			"a 575", "a 385", "a 695", "b 115", "b 225", "b 335"}))
		state, known := harness.State[counts](h, "count", byte('a'))
		same(t, known, true)
		same(t, state.Words, map[string]int{"ab": 6, "ac": 3})
		same(t, *state.Last, "ab")
		same(t, state.cache, 0)
		same(t, len(h.EncodedStates("count")), 2)
	})
}

// Money encodes itself.
type money struct{ cents int64 }

func (m money) MarshalBinary() ([]byte, error) {
	if m.cents < 0 {
		return nil, errors.New("no debts")
	}
	return binary.BigEndian.AppendUint64(nil, uint64(m.cents)), nil
}

func (m *money) UnmarshalBinary(bytes []byte) error {
	if len(bytes) != 8 {
		return errors.New("no money")
	}
	m.cents = int64(binary.BigEndian.Uint64(bytes))
	return nil
}

func bank(option ...wallaroo.StageOption) *wallaroo.App {
	return textApp(func(app *wallaroo.App, texts wallaroo.Stream[string]) wallaroo.Stream[string] {
		amounts := wallaroo.Map(texts, "parse", func(text string) (money, error) {
			var m money
			_, err := fmt.Sscan(text, &m.cents)
			return m, err
		})
		return wallaroo.Stateful(wallaroo.KeyBy(amounts, func(m money) bool { return m.cents%2 == 0 }), "add",
			func(m money, sum *money) (string, error) {
				sum.cents += m.cents
				if m.cents == 13 {
					return "", errors.New("bad luck")
				}
				return fmt.Sprint(sum.cents), nil
			}, option...)
	})
}

func TestTypesThatEncodeThemselves(t *testing.T) {
	h := harness.New(t, bank(wallaroo.OnError(wallaroo.DeadLetter)), harness.Cores(2))
	h.Feed("in", "2", "4", "1", "13")
	same(t, sorted(h.Output("out")), []string{"1", "2", "6"})
	h.ReloadStates()
	h.Feed("in", "6", "3")
	same(t, sorted(h.Output("out")), []string{"12", "17"})
	sum, _ := harness.State[money](h, "add", true)
	same(t, sum.cents, int64(12))
	letters := h.DeadLetters()
	if len(letters) != 1 || letters[0].Payload != "\x08\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x0d" {
		t.Errorf("%+v", letters)
	}
}

// A decimal is the codec of money as text.
type decimal struct{ lame, panics bool }

func (d decimal) Append(out []byte, m *money) ([]byte, error) {
	if m.cents < 0 {
		return out, errors.New("no debts")
	}
	if d.panics {
		panic("no money at all")
	}
	if d.lame { // it should have appended
		return []byte(fmt.Sprint(m.cents)), nil
	}
	return fmt.Append(out, m.cents), nil
}

func (d decimal) Decode(in []byte, m *money) error {
	_, err := fmt.Sscan(string(in), &m.cents)
	return err
}

func (d decimal) Description() string { return "decimal money" }

// bankWith is bank with a codec for money, which has to be given before the stages are made.
func bankWith(codec decimal) *wallaroo.App {
	app := wallaroo.New("test")
	wallaroo.UseCodec[money](app, codec)
	texts := wallaroo.Source(app.Pipeline("texts"), "in", listen(), wallaroo.Text)
	amounts := wallaroo.Map(texts, "parse", func(text string) (money, error) {
		var m money
		_, err := fmt.Sscan(text, &m.cents)
		return m, err
	})
	wallaroo.Stateful(wallaroo.KeyBy(amounts, func(m money) bool { return m.cents%2 == 0 }), "add",
		func(m money, sum *money) (string, error) {
			sum.cents += m.cents
			if m.cents == 13 {
				return "", errors.New("bad luck")
			}
			return fmt.Sprint(sum.cents), nil
		}, wallaroo.OnError(wallaroo.DeadLetter)).Sink("out", dial(), wallaroo.AppendText)
	return app
}

func TestUseCodecReplacesTheAutomaticOne(t *testing.T) {
	for _, codec := range []decimal{{}, {lame: true}} {
		h := harness.New(t, bankWith(codec), harness.Cores(2))
		h.Feed("in", "2", "4", "1", "13")
		same(t, sorted(h.Output("out")), []string{"1", "2", "6"})
		h.ReloadStates()
		h.Feed("in", "6", "3")
		same(t, sorted(h.Output("out")), []string{"12", "17"})
		var states []string
		for _, state := range h.EncodedStates("add") {
			states = append(states, state[1])
		}
		same(t, states, []string{"17", "12"})
		sum, _ := harness.State[money](h, "add", true)
		same(t, sum.cents, int64(12))
		letters := h.DeadLetters()
		if len(letters) != 1 || letters[0].Payload != "13" {
			t.Errorf("%+v", letters)
		}
	}
}
