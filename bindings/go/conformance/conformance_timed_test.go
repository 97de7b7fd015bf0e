package conformance_test

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"wallaroo.example/wallaroo"
	"wallaroo.example/wallaroo/harness"
)

// Programs with time and timers.

func atMs(ms int64) time.Time { return time.Unix(0, ms*int64(time.Millisecond)) }

// event is of "user ms action [timer] [ms]".
type event struct {
	User    string
	Ms      int64
	Action  string
	Timer   string
	TimerMs int64
}

func decodeEvent(message []byte) (event, error) {
	user, rest := halves(string(message))
	ms, deed := halves(rest)
	action, ofTimer := halves(deed)
	timer, timerMs := halves(ofTimer)
	at, err := integer(ms, 64)
	e := event{User: user, Ms: at, Action: action, Timer: timer}
	e.TimerMs, _ = integer(timerMs, 64)
	return e, err
}

func eventMs(e event) time.Time { return atMs(e.Ms) }
func eventUser(e event) string  { return e.User }

type alarm struct{ Events uint64 }

func (a *alarm) OnEvent(ctx *wallaroo.Context[string], e event, emit func(string)) error {
	a.Events++
	if e.Action == "set" || e.Action == "set_fail" {
		ctx.SetTimer(e.Timer, atMs(e.TimerMs))
	}
	if e.Action == "cancel" || e.Action == "cancel_fail" {
		ctx.CancelTimer(e.Timer)
	}
	if strings.HasPrefix(e.Action, "clear") {
		ctx.ClearState()
	}
	if strings.HasSuffix(e.Action, "_fail") {
		return errors.New("an event that fails")
	}
	if strings.HasSuffix(e.Action, "_panic") {
		panic("an event of panic")
	}
	a.answer(ctx, e, emit)
	return nil
}

func (a *alarm) answer(ctx *wallaroo.Context[string], e event, emit func(string)) {
	switch e.Action {
	case "count":
		emit(fmt.Sprintf("%s count %d", e.User, a.Events))
	case "time":
		emit(fmt.Sprintf("%s time %d", e.User, ctx.EventTime().UnixMilli()))
	case "watermark":
		emit(fmt.Sprintf("%s watermark %d", e.User, ctx.Watermark().UnixMilli()))
	case "key":
		emit(fmt.Sprintf("%s key %s", e.User, ctx.Key()))
	}
}

func (a *alarm) OnTimer(ctx *wallaroo.Context[string], timer string, emit func(string)) error {
	switch timer {
	case "again":
		ctx.SetTimer("again", ctx.EventTime().Add(10*time.Millisecond))
	case "wipe":
		ctx.ClearState()
	case "boom":
		return errors.New("a timer that fails")
	case "panic":
		panic("a timer of panic")
	case "quiet":
		return nil
	}
	emit(fmt.Sprintf("%s %s %d %d", ctx.Key(), timer, ctx.EventTime().UnixMilli(), a.Events))
	return nil
}

// alarms has timers by what the messages say, which may come 5 ms late.
func alarms(app *wallaroo.App, policy wallaroo.ErrorPolicy) {
	app.OnError(policy)
	events := wallaroo.Source(app.Pipeline("p"), "lines", listen("7010", wallaroo.Lines), decodeEvent).
		EventTime(func(e event) time.Time {
			if e.Action == "timeless" {
				panic("a time of panic")
			}
			return eventMs(e)
		}, 5*time.Millisecond)
	sinkText(wallaroo.Process[alarm, string](wallaroo.KeyBy(events, eventUser), "alarm"))
}

type silent struct{ Messages uint64 }

func (s *silent) OnEvent(ctx *wallaroo.Context[string], _ string, _ func(string)) error {
	s.Messages++
	ctx.SetTimer("silent", ctx.EventTime().Add(5*time.Second))
	return nil
}

func (s *silent) OnTimer(ctx *wallaroo.Context[string], timer string, emit func(string)) error {
	ctx.ClearState()
	emit(fmt.Sprintf("%s %s after %d", ctx.Key(), timer, s.Messages))
	return nil
}

// silence has timers by the clock.
func silence(app *wallaroo.App) {
	sinkText(wallaroo.Process[silent, string](wallaroo.KeyBy(linesOf(app), whole), "silence"))
}

// countdown begins with 3, and begins again at 0.
type countdown struct{ Left uint64 }

func (c *countdown) OnEvent(ctx *wallaroo.Context[string], key string, emit func(string)) error {
	c.Left--
	if c.Left == 0 {
		ctx.ClearState()
	}
	emit(fmt.Sprintf("%s %d", key, c.Left))
	return nil
}

func (c *countdown) OnTimer(*wallaroo.Context[string], string, func(string)) error { return nil }

func countsDown(app *wallaroo.App) {
	sinkText(wallaroo.Process[countdown, string](wallaroo.KeyBy(linesOf(app), whole), "countdown",
		wallaroo.InitialState(func() (countdown, error) { return countdown{3}, nil })))
}

// delay hands a message on 10 ms later.
type delay struct{ Held string }

func (d *delay) OnEvent(ctx *wallaroo.Context[string], e event, _ func(string)) error {
	d.Held = e.User
	ctx.SetTimer("over", ctx.EventTime().Add(10*time.Millisecond))
	return nil
}

func (d *delay) OnTimer(_ *wallaroo.Context[string], _ string, emit func(string)) error {
	emit(d.Held)
	return nil
}

type arrival struct{ Arrived uint64 }

func (a *arrival) OnEvent(ctx *wallaroo.Context[string], user string, emit func(string)) error {
	a.Arrived++
	emit(fmt.Sprintf("%s %d %d", user, ctx.EventTime().UnixMilli(), a.Arrived))
	return nil
}

func (a *arrival) OnTimer(*wallaroo.Context[string], string, func(string)) error { return nil }

func relayTime(app *wallaroo.App) {
	events := wallaroo.Source(app.Pipeline("p"), "lines", listen("7010", wallaroo.Lines), decodeEvent).
		EventTime(eventMs, 0)
	delayed := wallaroo.Process[delay, string](wallaroo.KeyBy(events, eventUser), "delay")
	sinkText(wallaroo.Process[arrival, string](wallaroo.KeyBy(delayed, whole), "arrival"))
}

// sharedTimers has two processes with one state for each key, and timers of their own.
func sharedTimers(app *wallaroo.App) {
	one := wallaroo.Source(app.Pipeline("one"), "one", listen("7010", wallaroo.Lines), wallaroo.Text)
	wallaroo.Process[silent, string](wallaroo.KeyBy(one, whole), "first", wallaroo.Shared("silences")).
		Sink("first-out", connect(wallaroo.Lines), wallaroo.AppendText)
	two := wallaroo.Source(app.Pipeline("two"), "two", listen("7011", wallaroo.Lines), wallaroo.Text)
	wallaroo.Process[silent, string](wallaroo.KeyBy(two, whole), "second", wallaroo.Shared("silences")).
		Sink("second-out", otherConnect(), wallaroo.AppendText)
}

// fieldOf shows one field of a state.
func fieldOf[S any](stage string, field func(S) uint64) stateText {
	return func(h *harness.Harness, key string) (string, bool) {
		state, known := harness.State[S](h, stage, key)
		return fmt.Sprint(field(state)), known
	}
}

func timedPrograms() map[string]program {
	messages := func(s silent) uint64 { return s.Messages }
	return map[string]program{
		"alarms_fail": {build: func(app *wallaroo.App) { alarms(app, wallaroo.Fail) }},
		"alarms": {build: func(app *wallaroo.App) { alarms(app, wallaroo.DeadLetter) }, states: map[string]stateText{
			"alarm": fieldOf("alarm", func(a alarm) uint64 { return a.Events })}},
		"silence": {build: silence, states: map[string]stateText{"silence": fieldOf("silence", messages)}},
		"countdown": {build: countsDown, states: map[string]stateText{
			"countdown": fieldOf("countdown", func(c countdown) uint64 { return c.Left })}},
		"relay_time": {build: relayTime, states: map[string]stateText{
			"arrival": fieldOf("arrival", func(a arrival) uint64 { return a.Arrived })}},
		"shared_timers": {build: sharedTimers, states: map[string]stateText{"first": fieldOf("first", messages)}},
	}
}
