package wallaroo_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"wallaroo.example/wallaroo"
	"wallaroo.example/wallaroo/harness"
)

// An alarm does what texts "KEY VERB NAME SECONDS" say.
type alarm struct{ Fired int }

func (a *alarm) OnEvent(ctx *wallaroo.Context[string], text string, emit func(string)) error {
	words := strings.Fields(text)
	switch words[1] {
	case "set":
		seconds, err := strconv.Atoi(words[3])
		if err != nil {
			return err
		}
		ctx.SetTimer(words[2], time.Unix(int64(seconds), 0))
	case "cancel":
		ctx.CancelTimer(words[2])
	case "both": // of two calls the last counts
		ctx.SetTimer(words[2], time.Unix(1, 0))
		ctx.CancelTimer(words[2])
	case "far":
		ctx.SetTimer("far", time.Date(3000, 1, 1, 0, 0, 0, 0, time.UTC))
	case "past":
		ctx.SetTimer("past", time.Time{})
	case "when":
		emit(fmt.Sprint(ctx.Key(), " at ", ctx.EventTime().Unix()))
	}
	return nil
}

func (a *alarm) OnTimer(ctx *wallaroo.Context[string], timer string, emit func(string)) error {
	a.Fired++
	emit(fmt.Sprint(ctx.Key(), " ", timer, " ", ctx.EventTime().Unix(), " ", a.Fired))
	if timer == "again" && a.Fired < 3 {
		ctx.SetTimer(timer, ctx.EventTime().Add(time.Second))
	}
	return nil
}

func alarms() *wallaroo.App {
	return textApp(func(app *wallaroo.App, texts wallaroo.Stream[string]) wallaroo.Stream[string] {
		return wallaroo.Process[alarm, string](wallaroo.KeyBy(texts, word), "alarm")
	})
}

func TestTimers(t *testing.T) {
	everywhere(t, alarms(), func(t *testing.T, h *harness.Harness) {
		h.Feed("in", "a set x 10", "a set y 20", "b set x 10", "a set y 5", "b cancel x", "c set x 7",
			"c cancel other", "d set again 6", "e both x", "a when")
		same(t, h.Output("out"), []string{"a at 0"})
		h.Advance(4 * time.Second)
		same(t, len(h.Output("out")), 0)
		h.Advance(4 * time.Second) // 8
		same(t, perKey(h.Output("out")), perKey([]string{"a y 5 1", "c x 7 1", "d again 6 1", "d again 7 2", "d again 8 3"}))
		h.ReloadStates() // timers included
		h.Advance(4 * time.Second)
		same(t, perKey(h.Output("out")), perKey([]string{"a x 10 2"}))
		h.Advance(time.Hour)
		same(t, len(h.Output("out")), 0)
	})
}

func TestTimersFireWhenTheSourcesEnd(t *testing.T) {
	everywhere(t, alarms(), func(t *testing.T, h *harness.Harness) {
		h.Feed("in", "a set x 1000", "a set y 500", "b set again 2000")
		h.Finish()
		// "again" cannot be set again: time has ended.
		same(t, perKey(h.Output("out")), perKey([]string{"a y 500 1", "a x 1000 2", "b again 2000 1"}))
	})
}

func TestTimesBeyondThoseOfTheEngineAreTheirEnds(t *testing.T) {
	h := harness.New(t, alarms())
	h.Feed("in", "a far", "b past")
	h.Advance(24 * time.Hour)
	same(t, h.Output("out"), []string{"b past -9223372037 1"})
	h.Finish()
	same(t, h.Output("out"), []string{"a far 9223372036 1"})
}

// A stampOf is what OnEvent saw.
type stampOf struct{ N int }

func (s *stampOf) OnEvent(ctx *wallaroo.Context[string], text string, emit func(string)) error {
	s.N++
	emit(fmt.Sprint(text, " ", ctx.EventTime().Unix(), " ", ctx.Watermark().Unix() < ctx.EventTime().Unix()))
	ctx.SetTimer("x", ctx.EventTime())
	return nil
}

func (s *stampOf) OnTimer(ctx *wallaroo.Context[string], timer string, emit func(string)) error {
	emit(fmt.Sprint(ctx.Key(), " ", timer, " ", ctx.EventTime().Unix(), " ", !ctx.Watermark().Before(ctx.EventTime())))
	return nil
}

func TestEventTimeIsWhatMessagesSay(t *testing.T) {
	app := textApp(func(app *wallaroo.App, texts wallaroo.Stream[string]) wallaroo.Stream[string] {
		timed := texts.EventTime(func(text string) time.Time {
			seconds, err := strconv.Atoi(text[2:])
			if err != nil {
				panic("no time in " + text)
			}
			return time.Unix(int64(seconds), 0)
		}, 10*time.Second)
		return wallaroo.Process[stampOf, string](wallaroo.KeyBy(timed, word), "p")
	})
	h := harness.New(t, app, harness.Start(time.Unix(5000, 0)))
	h.Feed("in", "a 100", "a no", "b 105")
	same(t, h.Output("out"), []string{"a 100 100 true", "b 105 105 true"})
	same(t, h.Counter("in", "user_errors"), 1)
	contains(t, strings.Join(h.Log(), "\n"), "'event-time' failed on message 2", "panic: no time in a no", "TestEventTime")
	h.Feed("in", "c 115") // so that nothing up to 105 is expected any more
	same(t, h.Output("out"), []string{"c 115 115 true", "a x 100 true", "b x 105 true"})
	same(t, h.Now(), time.Unix(5000, 0).UTC())
	h.AdvanceTo(time.Unix(5060, 0)) // of the clock, which is not theirs
	same(t, len(h.Output("out")), 0)
	h.Close("in")
	same(t, h.Output("out"), []string{"c x 115 true"})
}

func TestANegativeLatenessIsAMistake(t *testing.T) {
	app := textApp(func(app *wallaroo.App, texts wallaroo.Stream[string]) wallaroo.Stream[string] {
		return texts.EventTime(func(string) time.Time { return time.Time{} }, -time.Second)
	})
	err := app.Check()
	if err == nil {
		t.Fatal("no mistake")
	}
	contains(t, err.Error(), "event_time in pipeline 'texts': a lateness is not negative")
}

func TestMessagesWithoutATimeAreOld(t *testing.T) {
	app := textApp(func(app *wallaroo.App, texts wallaroo.Stream[string]) wallaroo.Stream[string] {
		timed := texts.EventTime(func(string) time.Time { return time.Time{} }, time.Second)
		return wallaroo.Process[stampOf, string](wallaroo.KeyBy(timed, word), "p")
	})
	h := harness.New(t, app)
	h.Feed("in", "a")
	same(t, h.Output("out"), []string{"a -9223372037 false"})
	h.Finish()
	same(t, h.Output("out"), []string{"a x -9223372037 true"})
}

// nameOf sets a timer that is called as its message.
type nameOf struct{ N int }

func (*nameOf) OnEvent(ctx *wallaroo.Context[string], text string, emit func(string)) error {
	ctx.CancelTimer(text)
	ctx.SetTimer(text, time.Unix(1, 0))
	return nil
}

func (*nameOf) OnTimer(ctx *wallaroo.Context[string], timer string, emit func(string)) error {
	emit(timer)
	return nil
}

// The limit is 2 GiB.
func TestANameOfATimerThatIsTooLongFailsAlone(t *testing.T) {
	t.Cleanup(wallaroo.LimitPieces(8))
	app := textApp(func(_ *wallaroo.App, s wallaroo.Stream[string]) wallaroo.Stream[string] {
		return wallaroo.Process[nameOf, string](wallaroo.KeyBy(s, func(string) string { return "key" }), "p")
	})
	h := harness.New(t, app)
	h.Feed("in", "one", "123456789", "12345678")
	h.Finish()
	same(t, sorted(h.Output("out")), []string{"12345678", "one"})
	contains(t, strings.Join(h.Log(), "\n"), "panic: the name of a timer has 9 bytes, and may have 8")
}
