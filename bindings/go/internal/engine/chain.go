package engine

/*
#include "guest.h"
*/
import "C"

import (
	"unsafe"
)

// NewState is set in the number of a state that does not exist yet.
const NewState = uint64(C.WL_NEW_STATE)

// A Record is a message as it lies in the engine's memory: wl_record.
type Record struct {
	Hash        uint64
	EventTimeNs int64
	key         *byte
	payload     *byte
	keySize     uint32
	payloadSize uint32
}

// Key returns the bytes of the key; valid until the call returns.
func (r *Record) Key() []byte { return unsafe.Slice(r.key, int(r.keySize)) }

// Payload returns the bytes of the message; valid until the call returns.
func (r *Record) Payload() []byte { return unsafe.Slice(r.payload, int(r.payloadSize)) }

// An Input is one batch: work on Records[From:], in order.
type Input struct {
	Records     []Record
	Values      []uint64 // nil in the chain of a source
	States      []uint64 // nil in a stage without state
	From        int
	Batch       int
	OutputsMax  int
	WatermarkNs int64
}

// An Output is wl_output: of a sink its bytes, else the number of a value and the bytes of its key.
type Output struct {
	EventTimeNs int64
	Value       uint64
	Record      uint32
	Size        uint32
}

// An End is where values leave a chain.
type End struct {
	Node   uint32
	IsSink bool
}

// A Timer is set or cancelled for the key of a record.
type Timer struct {
	AtNs   int64
	Record uint32
	Name   string
	Cancel bool
}

// A Chain is the program's side of a chain of one stage on one core. Its methods are called by the
// thread of that core only.
type Chain interface {
	// Process works on a batch and returns the index of the first record it did not take.
	Process(in *Input) int
	// Timer is called with a batch of one: the key and its state.
	Timer(in *Input, name string, atNs int64)
	// EncodeValue appends a value that came in, for people.
	EncodeValue(value uint64) ([]byte, error)
	Close()
}

// A Program makes the chains of a graph, and keeps its values and states.
type Program interface {
	OpenChain(link Link, core, entry uint32, ends []End) Chain
	FreeValues(values []uint64)
	EncodeStates(core, state uint32, states []uint64, sizes []uint64) ([]byte, error)
	DecodeStates(core, state uint32, states []uint64, sizes []uint64, bytes []byte) error
	FreeStates(core, state uint32, states []uint64)
	// FindMessages returns how many messages it found and what keeps the next from following:
	// 0 nothing, 1 it is too long, 2 it makes no sense.
	FindMessages(node uint32, bytes []byte, sizeMax uint32, found []Span) (int, uint32)
	// Exited is why a core's thread has ended within a call; nil: none has.
	Exited() error
	// Outstanding says how many batches of values have not been given back.
	Outstanding() int
}

// A Span is the payload of a message: Begin and End in the bytes it was found in.
type Span struct{ Begin, End uint64 }

// A Link is the engine's side of a chain, for calls during a batch.
type Link struct{ c *C.wl_chain }

// What Emit says. Stopped: a message did not fit its framing and the policy is to stop, so nothing
// behind it may go out. NoRoom: everything was taken, but take no further record.
const (
	Stopped = int(C.WL_STOPPED)
	NoRoom  = int(C.WL_NO_ROOM)
	GoOn    = int(C.WL_GO_ON)
)

// Emit hands outputs to end number `end`.
func (l Link) Emit(end int, outputs []Output, bytes []byte) int {
	return int(C.wl_emit(l.c, C.uint32_t(end), (*C.wl_output)(unsafe.Pointer(&outputs[0])),
		C.uint32_t(len(outputs)), bytesPointer(bytes), C.uint64_t(len(bytes))))
}

// Failed reports that the function of node failed on what comes from record; false: stop at once.
func (l Link) Failed(node, record uint32, why, trace string) bool {
	text, lines := []byte(why), []byte(trace)
	return C.wl_failed(l.c, C.uint32_t(node), C.uint32_t(record), bytesPointer(text), C.uint32_t(len(text)),
		bytesPointer(lines), C.uint32_t(len(lines))) != 0
}

// Undecodable reports that a decoder refused a record; false: stop at once.
func (l Link) Undecodable(node, record uint32, why string) bool {
	text := []byte(why)
	return C.wl_undecodable(l.c, C.uint32_t(node), C.uint32_t(record), bytesPointer(text), C.uint32_t(len(text))) != 0
}

// WantsTrace says whether somebody will still read where a function failed.
func (l Link) WantsTrace() bool { return C.wl_wants_trace(l.c) != 0 }

// EventTime reports the newest event time assigned in this batch.
func (l Link) EventTime(newestNs, latenessNs int64) {
	C.wl_event_time(l.c, C.int64_t(newestNs), C.int64_t(latenessNs))
}

// SetTimers sets and cancels timers.
func (l Link) SetTimers(timers []Timer) {
	list := make([]C.wl_timer, len(timers))
	var names []byte
	for i, timer := range timers {
		list[i] = C.wl_timer{at_ns: C.int64_t(timer.AtNs), record: C.uint32_t(timer.Record),
			name_size: C.uint32_t(len(timer.Name))}
		if timer.Cancel {
			list[i].cancel = 1
		}
		names = append(names, timer.Name...)
	}
	C.wl_set_timers(l.c, &list[0], C.uint32_t(len(list)), bytesPointer(names))
}

// ClearStates forgets the states of these records' keys when the batch is done.
func (l Link) ClearStates(records []uint32) {
	C.wl_clear_states(l.c, (*C.uint32_t)(unsafe.Pointer(&records[0])), C.uint32_t(len(records)))
}

// FinishSource says that a generator has made its last value.
func (l Link) FinishSource() { C.wl_finish_source(l.c) }
