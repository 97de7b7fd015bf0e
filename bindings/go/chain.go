package wallaroo

import (
	"errors"
	"fmt"
	"runtime/debug"
	"strings"

	"wallaroo.example/wallaroo/internal/engine"
)

// Skip, returned as the error of a function, alone or wrapped, means that there is no output for this
// message. It is no failure.
var Skip = errors.New("wallaroo: no output")

// skips tells whether an error is Skip, as most are, or wraps it.
func skips(err error) bool { return err == Skip || errors.Is(err, Skip) }

// A stamp travels beside each value of a chain.
type stamp struct {
	timeNs int64
	record uint32
}

// A step takes values of its input type, in the thread of its core.
type step[T any] interface {
	process(values []T, stamps []stamp)
}

// A chainEntry turns the records of a batch into values.
type chainEntry interface {
	process(in *engine.Input) int
	timer(in *engine.Input, name string, atNs int64)
	encodeValue(value uint64) ([]byte, error)
}

// A chain is what the steps of one stage share on one core.
type chain struct {
	program    *program
	link       engine.Link
	core       uint32
	begins     int // the node it begins at
	entry      chainEntry
	batch      int
	outputsMax int
	watermark  int64
	within     bool // a call of the engine
	tripped    int  // the node whose function failed last in it, at first the one it began at
	blocked    bool // take no further record
	stopped    bool // a function failed where the policy is Fail
	timers     []engine.Timer
	cleared    []uint32
}

func (c *chain) begin(in *engine.Input) {
	c.batch, c.outputsMax, c.watermark = in.Batch, in.OutputsMax, in.WatermarkNs
	c.blocked, c.within, c.tripped = false, true, c.begins
}

// finish hands over what was gathered for the whole batch.
func (c *chain) finish() {
	if len(c.timers) != 0 {
		c.link.SetTimers(c.timers)
		c.timers = c.timers[:0]
	}
	if len(c.cleared) != 0 {
		c.link.ClearStates(c.cleared)
		c.cleared = c.cleared[:0]
	}
	c.within = false
}

// left is deferred in calls of the engine: one that has not finished is left for good.
func (c *chain) left() {
	if c.within && exits() {
		c.program.exited(c.tripped)
	}
}

// Process is engine.Chain.
func (c *chain) Process(in *engine.Input) int {
	c.begin(in)
	defer c.left()
	next := c.entry.process(in)
	c.finish()
	return next
}

// Timer is engine.Chain.
func (c *chain) Timer(in *engine.Input, name string, atNs int64) {
	c.begin(in)
	defer c.left()
	c.entry.timer(in, name, atNs)
	c.finish()
}

// EncodeValue is engine.Chain.
func (c *chain) EncodeValue(value uint64) ([]byte, error) { return c.entry.encodeValue(value) }

// Close is engine.Chain.
func (c *chain) Close() {}

// tooManyOutputs ends a function that emits without end.
type tooManyOutputs struct{}

// failed reports an error of the function of a node; false: the chain must stop at once.
func (c *chain) failed(node int, record uint32, err error) bool {
	why := err.Error()
	if why == "" {
		why = fmt.Sprintf("an error without a text, a %T", err)
	}
	return c.report(node, record, why, "")
}

// panicked reports what recover returned.
func (c *chain) panicked(node int, record uint32, what any) bool {
	if _, many := what.(tooManyOutputs); many {
		return c.report(node, record, fmt.Sprintf("one message produced more than %d outputs", c.outputsMax), "")
	}
	trace := ""
	if c.link.WantsTrace() {
		trace = userFrames(string(debug.Stack()))
	}
	return c.report(node, record, fmt.Sprint("panic: ", what), trace)
}

func (c *chain) report(node int, record uint32, why, trace string) bool {
	goOn := c.link.Failed(uint32(node), record, why, trace)
	if !goOn {
		c.stop()
	}
	return goOn
}

// emit hands outputs to an end and heeds what the engine says of what comes next.
func (c *chain) emit(end int, outputs []engine.Output, bytes []byte) {
	switch c.link.Emit(end, outputs, bytes) {
	case engine.NoRoom:
		c.blocked = true
	case engine.Stopped:
		c.stop()
	}
}

// stop lets nothing behind the message under way be worked on; what came before it is still passed on.
func (c *chain) stop() { c.blocked, c.stopped = true, true }

// userFrames cuts a stack down to what lies above the panic and below this package.
func userFrames(stack string) string {
	lines := strings.Split(strings.TrimRight(stack, "\n"), "\n")
	for i, line := range lines {
		if strings.HasPrefix(line, "panic(") && i+2 <= len(lines) {
			lines = lines[i+2:]
			break
		}
	}
	for i, line := range lines {
		if i > 0 && strings.HasPrefix(line, "wallaroo.example/wallaroo.") {
			lines = lines[:i]
			break
		}
	}
	return strings.Join(lines, "\n")
}

// unfinished is what a loop over values that guard is deferred around is to return until it returns.
const unfinished = -1

// guard is deferred around a loop over values; at is the index being worked on, next what the loop
// returns. A function that panics counts as run, and the loop goes on behind it, unless the chain
// has to stop: then the rest counts as run, too. A function that ends its goroutine has not failed
// on a message; nothing goes on, and chain.left tells.
func guard(c *chain, node int, record func(at int) uint32, at, next *int, end int, undo func()) {
	what := recover()
	if *next != unfinished {
		return
	}
	undo()
	c.tripped = node
	if what == nil && exits() {
		return
	}
	if c.panicked(node, record(*at), what) {
		*next = *at + 1
	} else {
		*next = end
	}
}

// An output gathers values and hands them on a batch at a time, between two records only, so that
// the outputs of a failing record can be taken back.
type output[T any] struct {
	c      *chain
	next   []step[T]
	keeper keeper[T] // the only one of next, if it is one
	values []T
	stamps []stamp
	first  int // outputs of the record being worked on begin here
	most   int // how many it may have; 0: none is worked on, so that emit is called too late
	stamp  stamp
	put    func(T) // emit, made once
}

// A keeper is a step that needs the values for longer, and would have to copy them.
type keeper[T any] interface {
	// keep takes the values over and returns an empty slice in exchange.
	keep(values []T, stamps []stamp) []T
}

func newOutput[T any](c *chain, next []any) *output[T] {
	o := &output[T]{c: c}
	for _, s := range next {
		o.next = append(o.next, s.(step[T]))
	}
	if len(next) == 1 {
		o.keeper, _ = next[0].(keeper[T])
	}
	o.put = o.emit
	return o
}

func (o *output[T]) begin(s stamp) {
	o.stamp = s
	o.first, o.most = len(o.values), o.c.outputsMax
}

func (o *output[T]) undo() {
	forget(o.values[o.first:])
	o.values = o.values[:o.first]
	o.stamps = o.stamps[:o.first]
}

func (o *output[T]) emit(value T) {
	if len(o.values)-o.first >= o.most {
		o.refuse()
	}
	o.values = append(o.values, value)
	o.stamps = append(o.stamps, o.stamp)
}

func (o *output[T]) refuse() {
	if o.most != 0 {
		panic(tooManyOutputs{})
	}
	panic("wallaroo: emit was called when the function it was given to had returned; what it puts out would be taken " +
		"for that of another message; call it within the call, and do not keep it")
}

func (o *output[T]) full() bool { return len(o.values) >= o.c.batch }

// flush hands on what was gathered; false: a function there stopped the chain, so that what would
// come behind it must not follow.
func (o *output[T]) flush() bool {
	o.most = 0
	if len(o.values) == 0 {
		return true
	}
	before := o.c.stopped
	if o.keeper != nil {
		o.values = o.keeper.keep(o.values, o.stamps)
	} else {
		for _, next := range o.next {
			next.process(o.values, o.stamps)
		}
		forget(o.values)
	}
	o.values, o.stamps, o.first = o.values[:0], o.stamps[:0], 0
	return o.c.stopped == before
}

// forget clears values, so that what they point to can be collected.
func forget[T any](values []T) {
	var zeros [16]T
	for len(values) != 0 { // copies are faster than assignments, each of which asks for the collector
		values = values[copy(values, zeros[:]):]
	}
}
