package wallaroo

import (
	"fmt"
	"sync/atomic"

	"wallaroo.example/wallaroo/internal/codec"
	"wallaroo.example/wallaroo/internal/engine"
)

// leaving gathers values that go to another stage: a batch of them, and what the engine is told.
type leaving[T any] struct {
	c       *chain
	ends    []int
	maker   *valueMaker[T]
	batch   *valueBatch[T]
	first   uint64 // number of the batch's first value
	outputs []engine.Output
	keys    []byte
}

func newLeaving[T any](c *chain, ends []int) leaving[T] {
	table := &c.program.tables[c.core]
	return leaving[T]{c: c, ends: ends, maker: &valueMaker[T]{table: table, core: c.core}}
}

// begin takes a copy of all values, also of those that will turn out to go nowhere.
func (l *leaving[T]) begin(values []T) {
	l.batch = l.maker.take()
	l.batch.values = append(l.batch.values, values...)
	l.first = l.batch.number(0)
	l.outputs, l.keys = l.outputs[:0], l.keys[:0]
}

// beginWith takes the values themselves and returns an empty slice in exchange.
func (l *leaving[T]) beginWith(values []T) (spare []T) {
	l.begin(nil)
	spare, l.batch.values = l.batch.values, values
	return spare
}

// add sends the value at a place; its key has been appended to keys, which had `before` bytes.
func (l *leaving[T]) add(at int, s stamp, before int) {
	l.outputs = append(l.outputs, engine.Output{EventTimeNs: s.timeNs, Value: l.first + uint64(at),
		Record: s.record, Size: uint32(len(l.keys) - before)})
}

// send hands everything to each end; every end asks for every value once.
func (l *leaving[T]) send() {
	batch := l.batch
	l.batch = nil
	if len(l.outputs) == 0 {
		atomic.StoreInt64(&batch.live, 1)
		batch.release(1)
		return
	}
	atomic.StoreInt64(&batch.live, int64(len(l.outputs)*len(l.ends)))
	for _, end := range l.ends {
		l.c.emit(end, l.outputs, l.keys)
	}
}

// What the engine can be told of one key or name of a timer, and of one message of a sink. Variables,
// because a test has not got the memory.
var (
	keyBytesMax     = uint64(1<<31 - 1)
	messageBytesMax = uint64(1<<32 - 1)
)

func errTooLong(what string, bytes int, most uint64) error {
	return fmt.Errorf("%s has %d bytes, and may have %d", what, bytes, most)
}

// keyByEnd ends a chain at keyed stages.
type keyByEnd[T any, K comparable] struct {
	leaving[T]
	node  int
	keyOf keyFunction[T, K]
	key   codec.Key[K]
	text  bool // keys are their own bytes
}

// A keyFunction is one of the two.
type keyFunction[T any, K comparable] struct {
	sure   func(T) K
	trying func(T) (K, error)
}

func (e *keyByEnd[T, K]) process(values []T, stamps []stamp) {
	e.begin(values)
	e.deal(values, stamps)
}

func (e *keyByEnd[T, K]) keep(values []T, stamps []stamp) []T {
	spare := e.beginWith(values)
	e.deal(values, stamps)
	return spare
}

func (e *keyByEnd[T, K]) deal(values []T, stamps []stamp) {
	for at := 0; at < len(values); {
		at = e.run(values, stamps, at)
	}
	e.send()
}

// appendKey appends the key of a value to keys.
func (e *keyByEnd[T, K]) appendKey(value T) (err error) {
	var key K
	if e.keyOf.sure != nil {
		key = e.keyOf.sure(value)
	} else if key, err = e.keyOf.trying(value); err != nil {
		return err
	}
	if e.text {
		e.keys = append(e.keys, codec.TextOf(&key)...)
		return nil
	}
	e.keys, err = e.key.Append(e.keys, key)
	return err
}

func (e *keyByEnd[T, K]) run(values []T, stamps []stamp, at int) (next int) {
	next = unfinished
	before := len(e.keys)
	defer guard(e.c, e.node, func(at int) uint32 { return stamps[at].record }, &at, &next, len(values),
		func() { e.keys = e.keys[:before] })
	for ; at < len(values); at++ {
		before = len(e.keys)
		err := e.appendKey(values[at])
		if size := len(e.keys) - before; err == nil && uint64(size) > keyBytesMax {
			err = errTooLong("the key", size, keyBytesMax)
		}
		if err != nil {
			e.keys = e.keys[:before]
			if !skips(err) && !e.c.failed(e.node, stamps[at].record, err) {
				return len(values)
			}
			continue
		}
		e.add(at, stamps[at], before)
	}
	return at
}

// relayEnd ends a chain at a merge or spread.
type relayEnd[T any] struct{ leaving[T] }

func (e *relayEnd[T]) process(values []T, stamps []stamp) {
	e.begin(values)
	e.deal(stamps)
}

func (e *relayEnd[T]) keep(values []T, stamps []stamp) []T {
	spare := e.beginWith(values)
	e.deal(stamps)
	return spare
}

func (e *relayEnd[T]) deal(stamps []stamp) {
	for at := range stamps {
		e.add(at, stamps[at], 0)
	}
	e.send()
}

// extend puts bytes behind out, where they may lie already: what appends for the user gets the room
// behind out only, so that it can neither change nor lose what is before it.
func extend(out, bytes []byte) []byte {
	if len(bytes) != 0 && len(out) < cap(out) && &bytes[0] == &out[:cap(out)][len(out)] {
		return out[:len(out)+len(bytes)]
	}
	return append(out, bytes...)
}

// sinkEnd ends a chain at a sink.
type sinkEnd[T any] struct {
	c       *chain
	node    int
	ends    []int
	encode  func(value T, out []byte) ([]byte, error)
	outputs []engine.Output
	bytes   []byte
}

func (e *sinkEnd[T]) process(values []T, stamps []stamp) {
	e.outputs, e.bytes = e.outputs[:0], e.bytes[:0]
	for at := 0; at < len(values); {
		at = e.run(values, stamps, at)
	}
	if len(e.outputs) != 0 {
		e.c.emit(e.ends[0], e.outputs, e.bytes)
	}
}

func (e *sinkEnd[T]) run(values []T, stamps []stamp, at int) (next int) {
	next = unfinished
	before := len(e.bytes)
	defer guard(e.c, e.node, func(at int) uint32 { return stamps[at].record }, &at, &next, len(values),
		func() { e.bytes = e.bytes[:before] })
	for ; at < len(values); at++ {
		before = len(e.bytes)
		encoded, err := e.encode(values[at], e.bytes[before:])
		if err == nil && uint64(len(encoded)) > messageBytesMax {
			err = errTooLong("the message", len(encoded), messageBytesMax)
		}
		if err != nil {
			e.bytes = e.bytes[:before]
			if !skips(err) && !e.c.failed(e.node, stamps[at].record, err) {
				return len(values)
			}
			continue
		}
		e.bytes = extend(e.bytes, encoded)
		e.outputs = append(e.outputs, engine.Output{EventTimeNs: stamps[at].timeNs,
			Record: stamps[at].record, Size: uint32(len(e.bytes) - before)})
	}
	return at
}
