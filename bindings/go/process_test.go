package wallaroo_test

import (
	"fmt"
	"strings"
	"testing"

	"wallaroo.example/wallaroo"
	"wallaroo.example/wallaroo/harness"
)

type (
	events = wallaroo.Context[string]

	OnPointer  struct{ N int }
	ByValue    struct{ N int }
	byMap      map[string]int
	bySlice    []int
	stateless  struct{}
	byBase     struct{ ByValue }
	ByPointer  struct{ *OnPointer }
	byPromoted struct{ ByPointer }
	timerOnly  struct{ N int }
)

func (p *OnPointer) OnEvent(_ *events, text string, emit func(string)) error {
	p.N++
	emit(fmt.Sprint(text, " ", p.N))
	return nil
}
func (p *OnPointer) OnTimer(*events, string, func(string)) error { return nil }

func (p ByValue) OnEvent(*events, string, func(string)) error { p.N++; return nil }
func (p ByValue) OnTimer(*events, string, func(string)) error { return nil }

func (p byMap) OnEvent(*events, string, func(string)) error { p["n"]++; return nil }
func (p byMap) OnTimer(*events, string, func(string)) error { return nil }

func (p bySlice) OnEvent(*events, string, func(string)) error { _ = append(p, 1); return nil }
func (p bySlice) OnTimer(*events, string, func(string)) error { return nil }

func (stateless) OnEvent(*events, string, func(string)) error { return nil }
func (stateless) OnTimer(*events, string, func(string)) error { return nil }

func (p *timerOnly) OnEvent(*events, string, func(string)) error { return nil }
func (p timerOnly) OnTimer(*events, string, func(string)) error  { p.N++; return nil }

func processed[P any, PP interface {
	*P
	wallaroo.Processor[string, string, string]
}](options ...wallaroo.StageOption) *wallaroo.App {
	return textApp(func(_ *wallaroo.App, texts wallaroo.Stream[string]) wallaroo.Stream[string] {
		return wallaroo.Process[P, string, string, string, PP](wallaroo.KeyBy(texts, itself), "f", options...)
	})
}

func TestAProcessMustNotWorkOnACopy(t *testing.T) {
	for sentence, app := range map[string]*wallaroo.App{
		"OnEvent of wallaroo_test.ByValue":   processed[ByValue](),
		"OnTimer of wallaroo_test.ByValue":   processed[ByValue](),
		"OnEvent of wallaroo_test.bySlice":   processed[bySlice](),
		"OnEvent of wallaroo_test.byBase":    processed[byBase](),
		"OnTimer of wallaroo_test.timerOnly": processed[timerOnly](),
	} {
		err := app.Check()
		if err == nil {
			t.Error("nothing is wrong, instead of:", sentence)
			continue
		}
		contains(t, err.Error(), "process in pipeline 'texts' 'f': "+sentence+" has a value receiver",
			"let it have a pointer receiver, *")
	}
	for name, app := range map[string]*wallaroo.App{
		"pointer": processed[OnPointer](), "map": processed[byMap](), "stateless": processed[stateless](),
		"embedded": processed[ByPointer](), "promoted": processed[byPromoted](),
	} {
		if err := app.Check(); err != nil && strings.Contains(err.Error(), "receiver") {
			t.Error(name, err)
		}
	}
}

func TestAProcessMayEmbedWhatItIs(t *testing.T) {
	h := harness.New(t, processed[byPromoted](wallaroo.InitialState(func() (byPromoted, error) {
		return byPromoted{ByPointer{&OnPointer{}}}, nil
	})))
	h.Feed("in", "a", "a")
	same(t, h.Output("out"), []string{"a 1", "a 2"})
}
