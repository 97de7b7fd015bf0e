package wallaroo

import (
	"errors"
	"math"
	"time"

	"wallaroo.example/wallaroo/internal/codec"
	"wallaroo.example/wallaroo/internal/engine"
)

var errNoTimers = errors.New("wallaroo: this stage has no timers")

// noTimers is for entries whose stage cannot set any.
type noTimers struct{}

func (noTimers) timer(*engine.Input, string, int64) { panic(errNoTimers) }

// fromOutside is for entries of sources, into whose chains come messages and no values.
type fromOutside struct{ noTimers }

func (fromOutside) encodeValue(uint64) ([]byte, error) {
	return nil, errors.New("wallaroo: a source has no values")
}

// runEntry runs `run` over the records of a batch, handing outputs on between them.
func runEntry[T any](c *chain, in *engine.Input, out *output[T], run func(in *engine.Input, at int) int) int {
	at := in.From
	for at < len(in.Records) && !c.blocked {
		at = run(in, at)
		if out.full() && !out.flush() {
			return at
		}
	}
	out.flush()
	return at
}

// sourceEntry decodes messages.
type sourceEntry[T any] struct {
	fromOutside
	c      *chain
	node   int
	decode func([]byte) (T, error)
	out    *output[T]
}

func (e *sourceEntry[T]) process(in *engine.Input) int { return runEntry(e.c, in, e.out, e.run) }

func (e *sourceEntry[T]) run(in *engine.Input, at int) (next int) {
	next = unfinished
	defer guard(e.c, e.node, func(at int) uint32 { return uint32(at) }, &at, &next, len(in.Records), e.out.undo)
	for at < len(in.Records) {
		e.out.begin(stamp{in.Records[at].EventTimeNs, uint32(at)})
		value, err := e.decode(in.Records[at].Payload())
		switch {
		case err == nil:
			e.out.emit(value)
		case skips(err):
		case !e.c.link.Undecodable(uint32(e.node), uint32(at), err.Error()):
			e.c.stop()
			return len(in.Records)
		}
		at++
		if e.out.full() {
			break
		}
	}
	return at
}

// generatorEntry makes values from their numbers.
type generatorEntry[T any] struct {
	fromOutside
	c    *chain
	node int
	make func(number uint64) (T, bool)
	out  *output[T]
}

func (e *generatorEntry[T]) process(in *engine.Input) int {
	return runEntry(e.c, in, e.out, e.run)
}

func (e *generatorEntry[T]) run(in *engine.Input, at int) (next int) {
	next = unfinished
	defer guard(e.c, e.node, func(at int) uint32 { return uint32(at) }, &at, &next, len(in.Records), e.out.undo)
	for at < len(in.Records) {
		e.out.begin(stamp{in.Records[at].EventTimeNs, uint32(at)})
		value, more := e.make(in.Records[at].Hash)
		if !more { // the end is no message
			e.c.link.FinishSource()
			e.c.blocked = true
			return at
		}
		e.out.emit(value)
		at++
		if e.out.full() {
			break
		}
	}
	return at
}

// received is what entries have in common that begin behind a key_by, merge or spread.
type received[T any] struct {
	values incoming[T]
	codec  Codec[T]
}

func (r *received[T]) encodeValue(value uint64) (bytes []byte, err error) {
	err = errPanics
	defer recovered(&err)
	switch value := any(r.values.get(value)).(type) {
	case *string: // text is shown as it is
		return []byte(*value), nil
	case *[]byte:
		return *value, nil
	}
	return r.codec.Append(nil, r.values.get(value))
}

// relayEntry begins behind a merge or spread.
type relayEntry[T any] struct {
	noTimers
	received[T]
	c   *chain
	out *output[T]
}

func (e *relayEntry[T]) process(in *engine.Input) int {
	next := runEntry(e.c, in, e.out, func(in *engine.Input, at int) int {
		for at < len(in.Records) {
			e.out.begin(stamp{in.Records[at].EventTimeNs, uint32(at)})
			e.out.emit(*e.values.get(in.Values[at]))
			at++
			if e.out.full() {
				break
			}
		}
		return at
	})
	e.values.release(in.Values[in.From:next])
	return next
}

// stateFunctions are those of a keyed stage: simple, or onEvent with or without onTimer.
type stateFunctions[In, S, Out any, K comparable] struct {
	simple  func(in In, state *S) (Out, error)
	onEvent func(ctx *Context[K], in In, state *S, emit func(Out)) error
	onTimer func(ctx *Context[K], timer string, state *S, emit func(Out)) error
}

// stateEntry begins a keyed stage.
type stateEntry[In, S, Out any, K comparable] struct {
	received[In]
	c         *chain
	node      int
	states    *stateSlab[S]
	functions stateFunctions[In, S, Out, K]
	out       *output[Out]
	context   Context[K]
	cleared   map[uint64]uint32 // states to forget behind this batch, with a record of their key
}

func (e *stateEntry[In, S, Out, K]) process(in *engine.Input) int {
	next := runEntry(e.c, in, e.out, e.run)
	e.values.release(in.Values[in.From:next])
	e.clear()
	return next
}

// clear lets the engine forget the states that are to be forgotten.
func (e *stateEntry[In, S, Out, K]) clear() {
	for state, record := range e.cleared {
		e.c.cleared = append(e.c.cleared, record)
		delete(e.cleared, state)
	}
}

// forget lets a state be forgotten behind the batch, unless a further record begins it again.
func (e *stateEntry[In, S, Out, K]) forget(state uint64, record uint32) {
	if e.cleared == nil {
		e.cleared = map[uint64]uint32{}
	}
	e.cleared[state] = record
}

// stateOf returns the state of a record, after beginning it if there is none.
func (e *stateEntry[In, S, Out, K]) stateOf(in *engine.Input, at int) (*S, error) {
	if in.States[at]&engine.NewState == 0 && len(e.cleared) == 0 {
		return e.states.at(in.States[at]), nil
	}
	return e.stateThatMayBegin(in, at)
}

func (e *stateEntry[In, S, Out, K]) stateThatMayBegin(in *engine.Input, at int) (*S, error) {
	number := in.States[at] &^ engine.NewState
	state := e.states.at(number)
	begins := in.States[at] != number
	if !begins {
		_, begins = e.cleared[number]
	}
	if !begins {
		return state, nil
	}
	if e.states.make != nil { // which may fail, and then the next record tries again
		e.forget(number, uint32(at))
	}
	err := e.states.begin(state)
	if err == nil {
		delete(e.cleared, number)
	}
	return state, err
}

func (e *stateEntry[In, S, Out, K]) run(in *engine.Input, at int) (next int) {
	next = unfinished
	defer guard(e.c, e.node, func(at int) uint32 { return uint32(at) }, &at, &next, len(in.Records), e.out.undo)
	for at < len(in.Records) {
		e.out.begin(stamp{in.Records[at].EventTimeNs, uint32(at)})
		if err := e.one(in, at); err != nil {
			e.out.undo()
			if !skips(err) && !e.c.failed(e.node, uint32(at), err) {
				return len(in.Records)
			}
		}
		at++
		if e.out.full() {
			break
		}
	}
	return at
}

func (e *stateEntry[In, S, Out, K]) one(in *engine.Input, at int) error {
	state, err := e.stateOf(in, at)
	if err != nil {
		return err
	}
	value := e.values.get(in.Values[at])
	if e.functions.simple != nil {
		result, err := e.functions.simple(*value, state)
		if err == nil {
			e.out.emit(result)
		}
		return err
	}
	e.context.begin(e.c, in, at)
	err = e.functions.onEvent(&e.context, *value, state, e.out.put)
	e.forgetIfAsked(in, at, err)
	return err
}

// forgetIfAsked is for ClearState, which a call that failed did not mean.
func (e *stateEntry[In, S, Out, K]) forgetIfAsked(in *engine.Input, at int, err error) {
	if e.context.cleared && (err == nil || skips(err)) {
		e.forget(in.States[at]&^engine.NewState, uint32(at))
	}
}

func (e *stateEntry[In, S, Out, K]) timer(in *engine.Input, name string, atNs int64) {
	e.fire(in, name, atNs)
	e.out.flush()
	e.clear()
}

func (e *stateEntry[In, S, Out, K]) fire(in *engine.Input, name string, atNs int64) {
	at, next := 0, unfinished
	defer guard(e.c, e.node, func(int) uint32 { return 0 }, &at, &next, 1, e.out.undo)
	e.out.begin(stamp{atNs, 0})
	state, err := e.stateOf(in, 0)
	if err == nil {
		e.context.begin(e.c, in, 0)
		err = e.functions.onTimer(&e.context, name, state, e.out.put)
		e.forgetIfAsked(in, 0, err)
	}
	if err != nil {
		e.out.undo()
		if !skips(err) {
			e.c.failed(e.node, 0, err)
		}
	}
	next = 1
}

// nanoseconds are those since 1970; a time too early or too late for 64 bits of them is the first or
// the last that is not.
func nanoseconds(at time.Time) int64 {
	const perSecond = int64(time.Second)
	switch seconds := at.Unix(); {
	case seconds <= math.MinInt64/perSecond:
		return math.MinInt64
	case seconds >= math.MaxInt64/perSecond:
		return math.MaxInt64
	}
	return at.UnixNano()
}

// A Context is what a process sees besides the message and its state: key, time and timers. It is
// valid during the call it was passed to.
type Context[K comparable] struct {
	c       *chain
	record  *engine.Record
	number  uint32
	key     codec.Key[K]
	cleared bool
}

func (x *Context[K]) begin(c *chain, in *engine.Input, at int) {
	x.c, x.record, x.number, x.cleared = c, &in.Records[at], uint32(at), false
}

// Key is the key of the message, as KeyBy made it.
func (x *Context[K]) Key() K {
	key, err := x.key.Decode(x.record.Key())
	if err != nil {
		panic(err)
	}
	return key
}

// EventTime is that of the message, or the time a timer was set for.
func (x *Context[K]) EventTime() time.Time { return time.Unix(0, x.record.EventTimeNs).UTC() }

// Watermark says that no older event time is expected any more.
func (x *Context[K]) Watermark() time.Time { return time.Unix(0, x.c.watermark).UTC() }

func checkTimerName(name string) {
	if uint64(len(name)) > keyBytesMax {
		panic(errTooLong("the name of a timer", len(name), keyBytesMax))
	}
}

// SetTimer lets OnTimer be called with name for this key once the watermark reaches at. It replaces
// an earlier timer of the same name. When the sources have ended all timers fire, and none can be
// set any more.
func (x *Context[K]) SetTimer(name string, at time.Time) {
	checkTimerName(name)
	x.c.timers = append(x.c.timers, engine.Timer{AtNs: nanoseconds(at), Record: x.number, Name: name})
}

// CancelTimer cancels the timer of that name of this key.
func (x *Context[K]) CancelTimer(name string) {
	checkTimerName(name)
	x.c.timers = append(x.c.timers, engine.Timer{Record: x.number, Name: name, Cancel: true})
}

// ClearState forgets this key's state when the call returns, unless with an error; its timers stay.
func (x *Context[K]) ClearState() { x.cleared = true }
