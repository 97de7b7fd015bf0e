package wallaroo

import (
	"sync"
	"sync/atomic"
)

// Values on their way from one stage to another stay in Go, in batches. The engine carries a number
// for each: the core whose table the batch is in, the batch's place there, its place in the batch.
const (
	indexBits = 24
	batchBits = 24
	coresMax  = 64
)

func valueNumber(core uint32, batch, index int) uint64 {
	return uint64(core)<<(indexBits+batchBits) | uint64(batch)<<indexBits | uint64(index)
}

func batchOf(value uint64) uint64 { return value >> indexBits }
func indexOf(value uint64) int    { return int(value & (1<<indexBits - 1)) }

// A batchTable holds the batches that one core has made. Other cores look them up and give them
// back; the lock also tells the race detector what the engine's rings order.
type batchTable struct {
	mutex   sync.Mutex
	batches []heldBatch
	free    []int
}

type heldBatch interface{ release(count int64) }

func (t *batchTable) add(b heldBatch) int {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	if len(t.free) == 0 {
		if len(t.batches) == 1<<batchBits {
			panic("wallaroo: too many batches of values are under way")
		}
		t.batches = append(t.batches, b)
		return len(t.batches) - 1
	}
	place := t.free[len(t.free)-1]
	t.free = t.free[:len(t.free)-1]
	t.batches[place] = b
	return place
}

func (t *batchTable) get(place int) heldBatch {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	return t.batches[place]
}

func (t *batchTable) outstanding() int {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	return len(t.batches) - len(t.free)
}

// A valueMaker makes the batches of one end of a chain and uses them again.
type valueMaker[T any] struct {
	table *batchTable
	core  uint32
	free  []*valueBatch[T] // guarded by table.mutex
}

type valueBatch[T any] struct {
	maker  *valueMaker[T]
	place  int
	values []T
	live   int64 // atomic: how often its values are still to be asked for
}

func (m *valueMaker[T]) take() *valueBatch[T] {
	m.table.mutex.Lock()
	var b *valueBatch[T]
	if last := len(m.free) - 1; last >= 0 {
		b = m.free[last]
		m.free = m.free[:last]
	}
	m.table.mutex.Unlock()
	if b == nil {
		b = &valueBatch[T]{maker: m}
	}
	b.place = m.table.add(b)
	return b
}

func (b *valueBatch[T]) number(index int) uint64 {
	return valueNumber(b.maker.core, b.place, index)
}

// release takes back count of the references to its values.
func (b *valueBatch[T]) release(count int64) {
	if atomic.AddInt64(&b.live, -count) != 0 {
		return
	}
	forget(b.values)
	b.values = b.values[:0]
	table := b.maker.table
	table.mutex.Lock()
	defer table.mutex.Unlock()
	table.batches[b.place] = nil
	table.free = append(table.free, b.place)
	b.maker.free = append(b.maker.free, b)
}

// An incoming finds the values of numbers; those of one batch usually come together.
type incoming[T any] struct {
	program *program
	last    uint64 // batchOf() the value that was looked up last
	batch   *valueBatch[T]
}

func (i *incoming[T]) get(value uint64) *T {
	if i.batch == nil || batchOf(value) != i.last {
		i.batch = i.program.batch(value).(*valueBatch[T])
		i.last = batchOf(value)
	}
	return &i.batch.values[indexOf(value)]
}

// release gives back the values of records that were taken.
func (i *incoming[T]) release(values []uint64) {
	i.batch = nil
	i.program.FreeValues(values)
}

// FreeValues is engine.Program.
func (p *program) FreeValues(values []uint64) {
	for begin := 0; begin < len(values); {
		end := begin + 1
		for end < len(values) && batchOf(values[end]) == batchOf(values[begin]) {
			end++
		}
		p.batch(values[begin]).release(int64(end - begin))
		begin = end
	}
}

func (p *program) batch(value uint64) heldBatch {
	return p.tables[value>>(indexBits+batchBits)].get(int(batchOf(value) & (1<<batchBits - 1)))
}

// Outstanding is engine.Program.
func (p *program) Outstanding() int {
	count := 0
	for i := range p.tables {
		count += p.tables[i].outstanding()
	}
	return count
}
