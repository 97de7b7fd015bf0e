package wallaroo

import (
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
	outputs []engine.Output
	keys    []byte
}

func newLeaving[T any](c *chain, ends []int) leaving[T] {
	table := &c.program.tables[c.core]
	return leaving[T]{c: c, ends: ends, maker: &valueMaker[T]{table: table, core: c.core}}
}

func (l *leaving[T]) begin() {
	l.batch = l.maker.take()
	l.outputs, l.keys = l.outputs[:0], l.keys[:0]
}

// add takes a value whose key has been appended to keys, which had `before` bytes.
func (l *leaving[T]) add(value T, s stamp, before int) {
	number := l.batch.number(len(l.batch.values))
	l.batch.values = append(l.batch.values, value)
	l.outputs = append(l.outputs, engine.Output{EventTimeNs: s.timeNs, Value: number, Record: s.record,
		Size: uint32(len(l.keys) - before)})
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
		if !l.c.link.Emit(end, l.outputs, l.keys) {
			l.c.blocked = true
		}
	}
}

// keyByEnd ends a chain at keyed stages.
type keyByEnd[T any, K comparable] struct {
	leaving[T]
	node  int
	keyOf func(T) (K, error)
	key   codec.Key[K]
}

func (e *keyByEnd[T, K]) process(values []T, stamps []stamp) {
	e.begin()
	for at := 0; at < len(values); {
		at = e.run(values, stamps, at)
	}
	e.send()
}

func (e *keyByEnd[T, K]) run(values []T, stamps []stamp, at int) (next int) {
	next = unfinished
	before := len(e.keys)
	defer guard(e.c, e.node, func(at int) uint32 { return stamps[at].record }, &at, &next, len(values),
		func() { e.keys = e.keys[:before] })
	for ; at < len(values); at++ {
		before = len(e.keys)
		key, err := e.keyOf(values[at])
		if err == nil {
			e.keys, err = e.key.Append(e.keys, key)
		}
		if err != nil {
			e.keys = e.keys[:before]
			if err != Skip && !e.c.failed(e.node, stamps[at].record, err) {
				return len(values)
			}
			continue
		}
		e.add(values[at], stamps[at], before)
	}
	return at
}

// relayEnd ends a chain at a merge or spread.
type relayEnd[T any] struct{ leaving[T] }

func (e *relayEnd[T]) process(values []T, stamps []stamp) {
	e.begin()
	for i, value := range values {
		e.add(value, stamps[i], 0)
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
	if len(e.outputs) != 0 && !e.c.link.Emit(e.ends[0], e.outputs, e.bytes) {
		e.c.blocked = true
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
		if err != nil {
			e.bytes = e.bytes[:before]
			if err != Skip && !e.c.failed(e.node, stamps[at].record, err) {
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
