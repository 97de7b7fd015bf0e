package engine

/*
#include "guest.h"
*/
import "C"

import (
	"sync"
	"sync/atomic"
	"unsafe"
)

// The engine knows guests and chains by numbers, because it must not keep pointers to memory of Go.
// Both tables are copied when they change, which is rare, and read without a lock.

type guest struct {
	id      uint64
	program Program
}

// table maps numbers from 1 to values.
type table[T any] struct {
	mutex sync.Mutex
	items atomic.Pointer[[]*T]
}

func (t *table[T]) add(item *T) uint64 {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	items := t.copy()
	for i, used := range items {
		if used == nil {
			items[i] = item
			t.items.Store(&items)
			return uint64(i + 1)
		}
	}
	items = append(items, item)
	t.items.Store(&items)
	return uint64(len(items))
}

func (t *table[T]) remove(id uint64) {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	items := t.copy()
	items[id-1] = nil
	t.items.Store(&items)
}

func (t *table[T]) copy() []*T {
	if old := t.items.Load(); old != nil {
		return append([]*T(nil), *old...)
	}
	return nil
}

func (t *table[T]) get(id uint64) *T { return (*t.items.Load())[id-1] }

// An openChain is a chain with the batch that it gets, which is used again and again.
type openChain struct {
	chain Chain
	input Input
}

var (
	guests table[guest]
	chains table[openChain]
)

func newGuest(program Program) *guest {
	g := &guest{program: program}
	g.id = guests.add(g)
	return g
}

func (g *guest) forget() { guests.remove(g.id) }

func numbers(first *C.uint64_t, count C.uint32_t) []uint64 {
	return unsafe.Slice((*uint64)(unsafe.Pointer(first)), int(count))
}

func (c *openChain) fill(in *C.wl_input) *Input {
	count := int(in.count)
	c.input = Input{
		Records:     unsafe.Slice((*Record)(unsafe.Pointer(in.records)), count),
		From:        int(in.from),
		Batch:       int(in.batch),
		OutputsMax:  int(in.outputs_max),
		WatermarkNs: int64(in.watermark_ns),
	}
	if in.values != nil {
		c.input.Values = numbers(in.values, in.count)
	}
	if in.states != nil {
		c.input.States = numbers(in.states, in.count)
	}
	return &c.input
}

//export wlgoOpenChain
func wlgoOpenChain(context C.uint64_t, link *C.wl_chain, core, entry C.uint32_t, ends *C.wl_end, count C.uint32_t) C.uint64_t {
	list := make([]End, int(count))
	for i, end := range unsafe.Slice(ends, int(count)) {
		list[i] = End{Node: uint32(end.node), IsSink: end.is_sink != 0}
	}
	chain := guests.get(uint64(context)).program.OpenChain(Link{link}, uint32(core), uint32(entry), list)
	return C.uint64_t(chains.add(&openChain{chain: chain}))
}

//export wlgoCloseChain
func wlgoCloseChain(_ C.uint64_t, chain C.uint64_t) {
	chains.get(uint64(chain)).chain.Close()
	chains.remove(uint64(chain))
}

//export wlgoProcess
func wlgoProcess(_, chain C.uint64_t, in *C.wl_input) C.uint32_t {
	c := chains.get(uint64(chain))
	return C.uint32_t(c.chain.Process(c.fill(in)))
}

//export wlgoTimer
func wlgoTimer(_, chain C.uint64_t, in *C.wl_input, name *C.char, size C.uint32_t, at C.int64_t) {
	c := chains.get(uint64(chain))
	c.chain.Timer(c.fill(in), C.GoStringN(name, C.int(size)), int64(at))
}

//export wlgoFreeValues
func wlgoFreeValues(context C.uint64_t, values *C.uint64_t, count C.uint32_t) {
	guests.get(uint64(context)).program.FreeValues(numbers(values, count))
}

// append puts bytes, or an error's text, into a buffer of the engine; the result is the code.
func (b buffer) append(bytes []byte, err error) C.int32_t {
	code := C.int32_t(C.WL_OK)
	if err != nil {
		bytes, code = []byte(err.Error()), C.WL_FAILED
	}
	if len(bytes) != 0 {
		C.wl_buffer_append(b.c, bytesPointer(bytes), C.uint64_t(len(bytes)))
	}
	return code
}

//export wlgoEncodeValue
func wlgoEncodeValue(_, chain, value C.uint64_t, out *C.wl_buffer) C.int32_t {
	return buffer{out}.append(chains.get(uint64(chain)).chain.EncodeValue(uint64(value)))
}

//export wlgoEncodeStates
func wlgoEncodeStates(context C.uint64_t, core, state C.uint32_t, states *C.uint64_t, count C.uint32_t, sizes *C.uint64_t, out *C.wl_buffer) C.int32_t {
	return buffer{out}.append(guests.get(uint64(context)).program.EncodeStates(
		uint32(core), uint32(state), numbers(states, count), numbers(sizes, count)))
}

//export wlgoDecodeStates
func wlgoDecodeStates(context C.uint64_t, core, state C.uint32_t, states *C.uint64_t, count C.uint32_t, bytes *C.char, sizes *C.uint64_t, why *C.wl_buffer) C.int32_t {
	list := numbers(sizes, count)
	total := uint64(0)
	for _, size := range list {
		total += size
	}
	return buffer{why}.append(nil, guests.get(uint64(context)).program.DecodeStates(
		uint32(core), uint32(state), numbers(states, count), list,
		unsafe.Slice((*byte)(unsafe.Pointer(bytes)), int(total))))
}

//export wlgoFreeStates
func wlgoFreeStates(context C.uint64_t, core, state C.uint32_t, states *C.uint64_t, count C.uint32_t) {
	guests.get(uint64(context)).program.FreeStates(uint32(core), uint32(state), numbers(states, count))
}

//export wlgoFindMessages
func wlgoFindMessages(context C.uint64_t, node C.uint32_t, bytes *C.char, size C.uint64_t, sizeMax C.uint32_t, found *C.wl_span, foundMax C.uint32_t, problem *C.uint32_t) C.uint32_t {
	count, what := guests.get(uint64(context)).program.FindMessages(uint32(node),
		unsafe.Slice((*byte)(unsafe.Pointer(bytes)), int(size)), uint32(sizeMax),
		unsafe.Slice((*Span)(unsafe.Pointer(found)), int(foundMax)))
	*problem = C.uint32_t(what)
	return C.uint32_t(count)
}
