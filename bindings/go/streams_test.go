package wallaroo_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"wallaroo.example/wallaroo"
	"wallaroo.example/wallaroo/harness"
)

func TestMapFlatMapAndFilterInARow(t *testing.T) {
	app := textApp(func(app *wallaroo.App, texts wallaroo.Stream[string]) wallaroo.Stream[string] {
		words := wallaroo.FlatMap(texts, "split", func(text string, emit func(string)) error {
			for _, word := range strings.Fields(text) {
				emit(word)
			}
			return nil
		})
		lengths := wallaroo.Map(words.Filter("long", func(word string) bool { return len(word) > 1 }), "measure",
			func(word string) (point, error) { return point{len(word), 1}, nil })
		return wallaroo.Map(lengths, "show", func(p point) (string, error) { return fmt.Sprint(p.X), nil })
	})
	everywhere(t, app, func(t *testing.T, h *harness.Harness) {
		h.Feed("in", "a bb ccc", "", "dddd e", "ff")
		same(t, h.Output("out"), []string{"2", "3", "4", "2"})
	})
}

func TestSkipPutsOutNothingAndIsNoFailure(t *testing.T) {
	skipB := func(text string) error {
		if strings.HasSuffix(text, "b") {
			return wallaroo.Skip
		}
		return nil
	}
	for _, p := range places {
		if p.panics {
			continue
		}
		t.Run(p.kind, func(t *testing.T) {
			h := harness.New(t, p.build(skipB, wallaroo.OnError(wallaroo.Fail)))
			h.Feed("in", "a", "b", "c", "ab")
			same(t, h.Output("out"), []string{"a", "c"})
			same(t, p.failures(h, "error"), 0)
			same(t, h.Failure(), nil)
			same(t, len(h.Log()), 0)
		})
	}
}

func TestAStreamUsedTwiceGoesBothWays(t *testing.T) {
	app := wallaroo.New("test")
	texts := wallaroo.Source(app.Pipeline("texts"), "in", listen(), wallaroo.Text)
	upper := wallaroo.Map(texts, "upper", func(text string) (string, error) { return strings.ToUpper(text), nil })
	upper.Sink("one", dial(), wallaroo.AppendText)
	wallaroo.Stateful(wallaroo.KeyBy(upper, itself), "count", countTexts).Sink("two", dial(), wallaroo.AppendText)
	wallaroo.Stateful(wallaroo.KeyBy(upper, func(text string) int { return len(text) }), "lengths", countTexts).
		Sink("three", dial(), wallaroo.AppendText)
	texts.Sink("four", dial(), wallaroo.AppendText)
	everywhere(t, app, func(t *testing.T, h *harness.Harness) {
		h.Feed("in", "a", "b", "a")
		h.Drain()
		same(t, h.Output("one"), []string{"A", "B", "A"})
		same(t, sorted(h.Output("two")), []string{"A 1", "A 2", "B 1"})
		same(t, h.Output("three"), []string{"A 1", "B 2", "A 3"})
		same(t, h.Output("four"), []string{"a", "b", "a"})
		same(t, h.Sinks(), []string{"one", "two", "three", "four"})
		same(t, h.Sources(), []string{"in"})
		same(t, h.States(), []string{"count", "lengths"})
	})
}

func TestMergeJoinsStreams(t *testing.T) {
	app := wallaroo.New("test")
	one := wallaroo.Source(app.Pipeline("one"), "one", listen(), wallaroo.Text)
	two := wallaroo.Source(app.Pipeline("two"), "two", listen(), wallaroo.Text)
	both := wallaroo.Merge("both", one, wallaroo.Map(two, "twice", func(text string) (string, error) { return text + text, nil }))
	wallaroo.Stateful(wallaroo.KeyBy(both, itself), "count", countTexts).Sink("out", dial(), wallaroo.AppendText)
	everywhere(t, app, func(t *testing.T, h *harness.Harness) {
		h.Feed("one", "aa", "b")
		h.Feed("two", "a", "c")
		same(t, sorted(h.Output("out")), []string{"aa 1", "aa 2", "b 1", "cc 1"})
	})
}

func TestSpreadDealsMessagesOverTheCores(t *testing.T) {
	app := textApp(func(app *wallaroo.App, texts wallaroo.Stream[string]) wallaroo.Stream[string] {
		return wallaroo.Map(texts.Spread("deal"), "think", func(text string) (string, error) {
			if text == "7" {
				return "", errors.New("not seven")
			}
			return text + "!", nil
		}, wallaroo.OnError(wallaroo.DeadLetter))
	})
	everywhere(t, app, func(t *testing.T, h *harness.Harness) {
		var texts, wanted []string
		for i := 0; i < 300; i++ {
			texts = append(texts, fmt.Sprint(i))
			if i != 7 {
				wanted = append(wanted, fmt.Sprint(i, "!"))
			}
		}
		h.Feed("in", texts...)
		same(t, sorted(h.Output("out")), sorted(wanted))
		letters := h.DeadLetters()
		if len(letters) != 1 || letters[0].Payload != "7" || letters[0].Stage != "deal" {
			t.Errorf("%+v", letters)
		}
	})
}

func TestGenerateMakesValuesUntilItIsDone(t *testing.T) {
	app := wallaroo.New("test")
	numbers := wallaroo.Generate(app.Pipeline("numbers"), "numbers", 0, func(number uint64) (uint64, bool) {
		if number == 3 {
			panic("no three")
		}
		return number * number, number < 10
	}, wallaroo.OnError(wallaroo.Drop))
	wallaroo.Stateful(wallaroo.KeyBy(numbers, func(n uint64) bool { return n%2 == 0 }), "sum",
		func(n uint64, sum *uint64) (string, error) {
			*sum += n
			return fmt.Sprint(n%2, " ", *sum), nil
		}).Sink("out", dial(), wallaroo.AppendText)
	everywhere(t, app, func(t *testing.T, h *harness.Harness) {
		h.Generate("numbers", 5)
		same(t, perKey(h.Output("out")), perKey([]string{"0 0", "1 1", "0 4", "0 20"}))
		h.Generate("numbers", 20)
		same(t, perKey(h.Output("out")), perKey([]string{"1 26", "0 56", "1 75", "0 120", "1 156"}))
		same(t, h.Counter("numbers", "user_errors"), 1)
		h.Finish()
	})
}

func TestKeysOfAllKinds(t *testing.T) {
	type place struct {
		Shop    uint32
		Article string
	}
	type name string
	for kind, build := range map[string]func(wallaroo.Stream[string]) wallaroo.Stream[string]{
		"string": func(s wallaroo.Stream[string]) wallaroo.Stream[string] {
			return wallaroo.Stateful(wallaroo.KeyBy(s, itself), "count", countTexts)
		},
		"name": func(s wallaroo.Stream[string]) wallaroo.Stream[string] {
			return wallaroo.Stateful(wallaroo.KeyBy(s, func(t string) name { return name(t) }), "count", countTexts)
		},
		"byte": func(s wallaroo.Stream[string]) wallaroo.Stream[string] {
			return wallaroo.Stateful(wallaroo.KeyBy(s, func(t string) byte { return t[0] }), "count", countTexts)
		},
		"int": func(s wallaroo.Stream[string]) wallaroo.Stream[string] {
			return wallaroo.Stateful(wallaroo.KeyBy(s, func(t string) int { return -int(t[0]) }), "count", countTexts)
		},
		"array": func(s wallaroo.Stream[string]) wallaroo.Stream[string] {
			return wallaroo.Stateful(wallaroo.KeyBy(s, func(t string) [2]byte { return [2]byte{t[0], 1} }), "count", countTexts)
		},
		"struct": func(s wallaroo.Stream[string]) wallaroo.Stream[string] {
			return wallaroo.Stateful(wallaroo.KeyBy(s, func(t string) place { return place{7, t} }), "count", countTexts)
		},
	} {
		t.Run(kind, func(t *testing.T) {
			app := textApp(func(_ *wallaroo.App, texts wallaroo.Stream[string]) wallaroo.Stream[string] { return build(texts) })
			everywhere(t, app, func(t *testing.T, h *harness.Harness) {
				h.Feed("in", "a", "b", "a", "c", "a")
				same(t, sorted(h.Output("out")), []string{"a 1", "a 2", "a 3", "b 1", "c 1"})
				same(t, len(h.EncodedStates("count")), 3)
				h.ReloadStates()
				h.Feed("in", "a")
				same(t, h.Output("out"), []string{"a 4"})
			})
		})
	}
}

// A keeper remembers the key that the context gives.
type keyKeeper struct{ Key int }

func (k *keyKeeper) OnEvent(ctx *wallaroo.Context[int], text string, emit func(string)) error {
	k.Key = ctx.Key()
	emit(fmt.Sprint(k.Key))
	return nil
}

func (k *keyKeeper) OnTimer(*wallaroo.Context[int], string, func(string)) error { return nil }

func TestListedKeysAreTheOnlyOnes(t *testing.T) {
	app := textApp(func(app *wallaroo.App, texts wallaroo.Stream[string]) wallaroo.Stream[string] {
		keyed := wallaroo.KeyByListed(texts, func(text string) int { return len(text) }, []int{1, 3})
		return wallaroo.Process[keyKeeper, string](keyed, "keep")
	})
	everywhere(t, app, func(t *testing.T, h *harness.Harness) {
		h.Feed("in", "a", "bb", "ccc", "dddd")
		same(t, sorted(h.Output("out")), []string{"1", "3"})
		same(t, h.Counter("in", "keys_not_listed"), 2)
		contains(t, strings.Join(h.Log(), "\n"), "key_by does not list", "keys_not_listed")
		kept, known := harness.State[keyKeeper](h, "keep", 3)
		same(t, kept.Key, 3)
		same(t, known, true)
	})
}

func TestResultsPerKeyAreTheSameOnAnyCores(t *testing.T) {
	app := wallaroo.New("test")
	texts := wallaroo.Source(app.Pipeline("texts"), "in", listen(), wallaroo.Text)
	counted := wallaroo.StatefulMany(wallaroo.KeyBy(texts, word), "count",
		func(text string, seen *[]string, emit func(string)) error {
			*seen = append(*seen, text)
			for i, one := range *seen {
				if len(*seen)%5 == 0 {
					emit(fmt.Sprint(one, " ", i))
				}
			}
			return nil
		})
	// A second stage whose keys are others.
	wallaroo.Stateful(wallaroo.KeyBy(counted, word), "again", countTexts).Sink("out", dial(), wallaroo.AppendText)
	var messages []string
	for i := 0; i < 400; i++ {
		messages = append(messages, fmt.Sprintf("k%d %d", i%7, i))
	}
	var wanted map[string][]string
	everywhere(t, app, func(t *testing.T, h *harness.Harness) {
		h.Feed("in", messages...)
		got := perKey(h.Output("out"))
		if wanted == nil {
			wanted = got
		}
		same(t, len(got), 7)
		same(t, got, wanted)
	})
}

func TestAMessageWithTooManyOutputsFails(t *testing.T) {
	app := textApp(func(app *wallaroo.App, texts wallaroo.Stream[string]) wallaroo.Stream[string] {
		return wallaroo.FlatMap(texts, "flood", func(text string, emit func(string)) error {
			for text == "flood" {
				emit(text)
			}
			emit(text)
			return nil
		})
	})
	h := harness.New(t, app)
	h.Feed("in", "one", "flood", "two")
	same(t, h.Output("out"), []string{"one", "two"})
	contains(t, strings.Join(h.Log(), "\n"), "'flood' failed on message 2", "one message produced more than 1048576 outputs")
}

// An App is not changed by what runs it.
func TestOneAppRunsInSeveralHarnesses(t *testing.T) {
	app := textApp(func(app *wallaroo.App, texts wallaroo.Stream[string]) wallaroo.Stream[string] {
		return wallaroo.Stateful(wallaroo.KeyBy(texts, itself), "count", countTexts)
	})
	var all []*harness.Harness
	for i := 0; i < 4; i++ {
		all = append(all, harness.New(t, app, harness.Cores(2)))
	}
	for round := 1; round <= 3; round++ {
		for _, h := range all {
			h.Feed("in", "a")
			same(t, h.Output("out"), []string{fmt.Sprint("a ", round)})
		}
	}
	same(t, app.Name(), "test")
}

// An emit that was kept would put out in the name of another message.
func TestAnEmitThatWasKeptPanics(t *testing.T) {
	var kept func(string)
	keeps := map[string]func(app *wallaroo.App, texts wallaroo.Stream[string]) wallaroo.Stream[string]{
		"FlatMap": func(_ *wallaroo.App, texts wallaroo.Stream[string]) wallaroo.Stream[string] {
			return wallaroo.FlatMap(texts, "keep", func(text string, emit func(string)) error {
				kept = emit
				emit(text)
				return nil
			})
		},
		"StatefulMany": func(_ *wallaroo.App, texts wallaroo.Stream[string]) wallaroo.Stream[string] {
			return wallaroo.StatefulMany(wallaroo.KeyBy(texts, itself), "keep", func(text string, _ *int, emit func(string)) error {
				kept = emit
				emit(text)
				return nil
			})
		},
	}
	for name, build := range keeps {
		t.Run(name, func(t *testing.T) {
			app := textApp(func(app *wallaroo.App, texts wallaroo.Stream[string]) wallaroo.Stream[string] {
				return wallaroo.Map(build(app, texts), "behind", func(text string) (string, error) {
					if text == "bad" {
						kept("late")
					}
					return text, nil
				})
			})
			everywhere(t, app, func(t *testing.T, h *harness.Harness) {
				h.Feed("in", "one", "bad", "two")
				same(t, sorted(h.Output("out")), []string{"one", "two"})
				contains(t, strings.Join(h.Log(), "\n"), "'behind' failed on", "panic: wallaroo: emit was called when the function it was given to had returned")
				defer func() { contains(t, fmt.Sprint(recover()), "wallaroo: emit was called") }()
				kept("after everything")
			})
		})
	}
}
