package engine

/*
#include <stdlib.h>
#include "guest.h"
*/
import "C"

import (
	"encoding/binary"
	"fmt"
	"math"
	"strconv"
	"unsafe"
)

// HarnessOptions are those of wallaroo/testkit/harness.h.
type HarnessOptions struct {
	Cores             int
	Seed              uint64
	BatchMessagesMax  int
	CreditsPerChannel int
	RingSlots         int
	Partitions        int
	SinksPushBack     bool
	StartNs           int64
	Flags             [][2]string
}

// check refuses what the engine could only be told cut to 32 bits; the rest is the engine's to refuse.
func (o *HarnessOptions) check() error {
	for _, option := range []struct {
		name  string
		value int
	}{
		{"cores", o.Cores}, {"batch_messages_max", o.BatchMessagesMax}, {"credits_per_channel", o.CreditsPerChannel},
		{"ring_slots", o.RingSlots}, {"partitions", o.Partitions},
	} {
		if uint64(option.value) > math.MaxUint32 {
			return &Error{BadOption, fmt.Sprintf("%s cannot be %d", option.name, option.value)}
		}
	}
	for _, flag := range o.Flags {
		if err := checkArgs(flag[0], flag[1]); err != nil {
			return err
		}
	}
	return nil
}

// A DeadLetter is a message on which a function failed where the policy is to keep it.
type DeadLetter struct {
	Stage, Function, Error, Source string
	Message                        uint64
	Key, Timer, Payload            string
}

// Harness runs an application in the calling goroutine, which must stay on its thread.
type Harness struct {
	c   *C.wl_harness
	app *App
}

// NewHarness makes a harness of the application.
func (a *App) NewHarness(options HarnessOptions) (*Harness, error) {
	if err := options.check(); err != nil {
		return nil, err
	}
	flags := (**C.char)(C.malloc(C.size_t(2*len(options.Flags)+1) * C.size_t(unsafe.Sizeof(uintptr(0)))))
	defer C.free(unsafe.Pointer(flags))
	list := unsafe.Slice(flags, 2*len(options.Flags))
	for i, flag := range options.Flags {
		list[2*i], list[2*i+1] = C.CString(flag[0]), C.CString(flag[1])
		defer C.free(unsafe.Pointer(list[2*i]))
		defer C.free(unsafe.Pointer(list[2*i+1]))
	}
	given := C.wl_harness_options{
		cores:               C.uint32_t(options.Cores),
		seed:                C.uint64_t(options.Seed),
		batch_messages_max:  C.uint32_t(options.BatchMessagesMax),
		credits_per_channel: C.uint32_t(options.CreditsPerChannel),
		ring_slots:          C.uint32_t(options.RingSlots),
		partitions:          C.uint32_t(options.Partitions),
		start_ns:            C.int64_t(options.StartNs),
	}
	given.size = C.uint32_t(unsafe.Sizeof(given))
	if options.SinksPushBack {
		given.sinks_push_back = 1
	}
	said := newBuffer()
	defer said.free()
	h := &Harness{app: a}
	code := C.wl_harness_new(a.c, &given, flags, C.uint32_t(len(list)), &h.c, said.c)
	return h, checked(code, said)
}

// Close gives the harness back; the result counts the batches of values that nobody gave back.
func (h *Harness) Close() int {
	left := h.app.guest.program.Outstanding()
	C.wl_harness_free(h.c)
	return left
}

// call runs one function of the harness whose last argument is a buffer for its error.
func (h *Harness) call(function func(said *C.wl_buffer) C.int32_t) error {
	said := newBuffer()
	defer said.free()
	return checked(function(said.c), said)
}

// texts runs one function of the harness that writes a list of texts.
func (h *Harness) texts(function func(out, said *C.wl_buffer) C.int32_t) ([]string, error) {
	out := newBuffer()
	defer out.free()
	err := h.call(func(said *C.wl_buffer) C.int32_t { return function(out.c, said) })
	var texts []string
	for bytes := out.bytes(); len(bytes) != 0; {
		size := binary.LittleEndian.Uint64(bytes)
		texts = append(texts, string(bytes[8:8+size]))
		bytes = bytes[8+size:]
	}
	return texts, err
}

// Feed gives messages to a source; Drain works on them.
func (h *Harness) Feed(source string, messages [][]byte, connection uint32) error {
	var bytes []byte
	sizes := make([]uint64, len(messages)+1)
	for i, message := range messages {
		sizes[i] = uint64(len(message))
		bytes = append(bytes, message...)
	}
	name := []byte(source)
	return h.call(func(said *C.wl_buffer) C.int32_t {
		return C.wl_harness_feed(h.c, bytesPointer(name), C.uint64_t(len(name)), bytesPointer(bytes),
			(*C.uint64_t)(unsafe.Pointer(&sizes[0])), C.uint32_t(len(messages)), C.uint32_t(connection), said)
	})
}

// Generate lets a generator make its next count values.
func (h *Harness) Generate(source string, count uint64) error {
	name := []byte(source)
	return h.call(func(said *C.wl_buffer) C.int32_t {
		return C.wl_harness_generate(h.c, bytesPointer(name), C.uint64_t(len(name)), C.uint64_t(count), said)
	})
}

// Drain runs until nothing is under way.
func (h *Harness) Drain() error {
	return h.call(func(said *C.wl_buffer) C.int32_t { return C.wl_harness_drain(h.c, said) })
}

// AdvanceTo moves the clock.
func (h *Harness) AdvanceTo(timeNs int64) error {
	return h.call(func(said *C.wl_buffer) C.int32_t {
		return C.wl_harness_advance_to(h.c, C.int64_t(timeNs), said)
	})
}

// NowNs is what the clock shows.
func (h *Harness) NowNs() int64 { return int64(C.wl_harness_now(h.c)) }

// CloseSource ends a source.
func (h *Harness) CloseSource(source string) error {
	name := []byte(source)
	return h.call(func(said *C.wl_buffer) C.int32_t {
		return C.wl_harness_close(h.c, bytesPointer(name), C.uint64_t(len(name)), said)
	})
}

// Finish ends all sources and runs to the end.
func (h *Harness) Finish() error {
	return h.call(func(said *C.wl_buffer) C.int32_t { return C.wl_harness_finish(h.c, said) })
}

// TakeOutput returns the messages that the sink was given since the last call.
func (h *Harness) TakeOutput(sink string) ([]string, error) {
	name := []byte(sink)
	return h.texts(func(out, said *C.wl_buffer) C.int32_t {
		return C.wl_harness_take_output(h.c, bytesPointer(name), C.uint64_t(len(name)), out, said)
	})
}

// OutputBytes returns all that the sink would have sent.
func (h *Harness) OutputBytes(sink string) ([]byte, error) {
	name := []byte(sink)
	out := newBuffer()
	defer out.free()
	err := h.call(func(said *C.wl_buffer) C.int32_t {
		return C.wl_harness_output_bytes(h.c, bytesPointer(name), C.uint64_t(len(name)), out.c, said)
	})
	return out.bytes(), err
}

// DeadLetters returns all dead letters so far.
func (h *Harness) DeadLetters() ([]DeadLetter, error) {
	fields, err := h.texts(func(out, said *C.wl_buffer) C.int32_t {
		return C.wl_harness_dead_letters(h.c, out, said)
	})
	var letters []DeadLetter
	for ; len(fields) >= 8; fields = fields[8:] {
		letter := DeadLetter{Stage: fields[0], Function: fields[1], Error: fields[2], Source: fields[3],
			Key: fields[5], Timer: fields[6], Payload: fields[7]}
		letter.Message, _ = strconv.ParseUint(fields[4], 10, 64)
		letters = append(letters, letter)
	}
	return letters, err
}

// States returns key bytes and encoded state of each key of a stage, sorted by key.
func (h *Harness) States(stage string) ([][2]string, error) {
	name := []byte(stage)
	fields, err := h.texts(func(out, said *C.wl_buffer) C.int32_t {
		return C.wl_harness_states(h.c, bytesPointer(name), C.uint64_t(len(name)), out, said)
	})
	var states [][2]string
	for ; len(fields) >= 2; fields = fields[2:] {
		states = append(states, [2]string{fields[0], fields[1]})
	}
	return states, err
}

// ReloadStates stores every state and loads it again.
func (h *Harness) ReloadStates() error {
	return h.call(func(said *C.wl_buffer) C.int32_t { return C.wl_harness_reload_states(h.c, said) })
}

// Counter returns a counter of a stage, source or sink.
func (h *Harness) Counter(name, counter string) (uint64, error) {
	of, what := []byte(name), []byte(counter)
	var value C.uint64_t
	err := h.call(func(said *C.wl_buffer) C.int32_t {
		return C.wl_harness_counter(h.c, bytesPointer(of), C.uint64_t(len(of)), bytesPointer(what),
			C.uint64_t(len(what)), &value, said)
	})
	return uint64(value), err
}

// Failure is why the worker has stopped; nil while it runs.
func (h *Harness) Failure() error {
	return h.call(func(said *C.wl_buffer) C.int32_t { return C.wl_harness_failure(h.c, said) })
}

// Log returns the lines that a worker would have written for people.
func (h *Harness) Log() []string {
	lines, _ := h.texts(func(out, _ *C.wl_buffer) C.int32_t {
		C.wl_harness_log(h.c, out)
		return C.WL_OK
	})
	return lines
}

// Names returns the names of the application's "sources", "sinks" or "states".
func (h *Harness) Names(of string) ([]string, error) {
	if of == "" {
		return nil, fmt.Errorf("name what is wanted: sources, sinks or states")
	}
	name := []byte(of)
	return h.texts(func(out, said *C.wl_buffer) C.int32_t {
		return C.wl_harness_names(h.c, bytesPointer(name), C.uint64_t(len(name)), out, said)
	})
}
