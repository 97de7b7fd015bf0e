// Package engine is the border to the C ABI of the engine: it knows batches, records and numbers,
// and nothing of the types of a program. All of cgo is in here.
//
// Go owns the threads: a core of a worker is run by a goroutine that is locked to its thread, and
// the engine calls back on that thread, once for each batch. Pointers that the engine passes lie in
// its memory and are valid until the call returns; no pointer to memory of Go outlives a call.
package engine

/*
#cgo pkg-config: wallaroo-c
#include <stdlib.h>
#include "guest.h"
*/
import "C"

import (
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"unsafe"
)

// ABIVersion is the version of the C ABI that this package was compiled with.
const ABIVersion = uint32(C.WL_ABI_VERSION)

// Version of the library that was linked, such as "0.1.0".
func Version() string { return C.GoString(C.wl_version()) }

// Error codes of the C ABI.
const (
	BadOption      = int(C.WL_BAD_OPTION)
	BadApplication = int(C.WL_BAD_APPLICATION)
	Failed         = int(C.WL_FAILED)
)

// An Error is what the engine refused, with its code.
type Error struct {
	Code    int
	Message string
}

func (e *Error) Error() string { return e.Message }

// A buffer is a wl_buffer that belongs to one call.
type buffer struct{ c *C.wl_buffer }

func newBuffer() buffer { return buffer{C.wl_buffer_new()} }
func (b buffer) free()  { C.wl_buffer_free(b.c) }
func (b buffer) bytes() []byte {
	size := C.wl_buffer_size(b.c)
	if size == 0 {
		return nil
	}
	bytes := make([]byte, int(size)) // C.GoBytes takes no more than 2 GiB
	copy(bytes, unsafe.Slice((*byte)(unsafe.Pointer(C.wl_buffer_data(b.c))), int(size)))
	return bytes
}

// checked makes an error of a code and what a buffer holds about it.
func checked(code C.int32_t, said buffer) error {
	if code == C.WL_OK {
		return nil
	}
	return &Error{Code: int(code), Message: string(said.bytes())}
}

func bytesPointer(bytes []byte) *C.char {
	if len(bytes) == 0 {
		return nil
	}
	return (*C.char)(unsafe.Pointer(&bytes[0]))
}

// App is an application of the engine, made from a graph in JSON and the guest behind it.
type App struct {
	c     *C.wl_app
	guest *guest
}

// NewApp hands the graph to the engine. Program makes the chains.
func NewApp(graph []byte, program Program) (*App, error) {
	g := newGuest(program)
	said := newBuffer()
	defer said.free()
	var functions C.wl_guest
	C.wlgo_guest(&functions, C.uint64_t(g.id))
	var app *C.wl_app
	code := C.wl_app_new(&functions, bytesPointer(graph), C.uint64_t(len(graph)), &app, said.c)
	if err := checked(code, said); err != nil {
		g.forget()
		return nil, err
	}
	return &App{c: app, guest: g}, nil
}

// Close gives the application back; after everything that was made of it.
func (a *App) Close() {
	C.wl_app_free(a.c)
	a.guest.forget()
}

// Exited is why a core's thread has ended within a call of the program; nil: none has.
func (a *App) Exited() error { return a.guest.program.Exited() }

// Check looks for mistakes; the error lists all of them.
func (a *App) Check() error {
	said := newBuffer()
	defer said.free()
	return checked(C.wl_app_check(a.c, said.c), said)
}

// Explain returns the graph for people, as "text", "mermaid" or "dot".
func (a *App) Explain(form string, cores uint32) (string, error) {
	said, out := newBuffer(), newBuffer()
	defer said.free()
	defer out.free()
	name := []byte(form)
	code := C.wl_app_explain(a.c, bytesPointer(name), C.uint64_t(len(name)), C.uint32_t(cores), out.c, said.c)
	return string(out.bytes()), checked(code, said)
}

// Worker is a worker in this process.
type Worker struct {
	c   *C.wl_worker
	app *App
}

// checkArgs refuses what C would take for a shorter text.
func checkArgs(args ...string) error {
	for _, arg := range args {
		if strings.IndexByte(arg, 0) >= 0 {
			return &Error{BadOption, fmt.Sprintf("the argument %q holds a zero byte, which none can; leave it out", arg)}
		}
	}
	return nil
}

// NewWorker takes a command line; args[0] is the program. The worker is nil, without an error, when
// the command line asked for a text, which has been printed.
func (a *App) NewWorker(args []string) (*Worker, error) {
	if err := checkArgs(args...); err != nil {
		return nil, err
	}
	argv := make([]*C.char, len(args)+1)
	list := (**C.char)(C.malloc(C.size_t(len(argv)) * C.size_t(unsafe.Sizeof(argv[0]))))
	defer C.free(unsafe.Pointer(list))
	for i, arg := range args {
		argv[i] = C.CString(arg)
		defer C.free(unsafe.Pointer(argv[i]))
	}
	copy(unsafe.Slice(list, len(argv)), argv)
	said := newBuffer()
	defer said.free()
	var worker *C.wl_worker
	code := C.wl_worker_new(a.c, C.int(len(args)), list, &worker, said.c)
	if err := checked(code, said); err != nil || worker == nil {
		return nil, err
	}
	return &Worker{c: worker, app: a}, nil
}

// Run runs all cores, each on a thread of its own, and returns when all have ended.
func (w *Worker) Run() {
	var cores sync.WaitGroup
	for core := C.uint32_t(0); core < C.wl_worker_cores(w.c); core++ {
		cores.Add(1)
		go func(core C.uint32_t) {
			defer cores.Done()
			runtime.LockOSThread()
			defer runtime.UnlockOSThread()
			C.wl_worker_run_core(w.c, core)
		}(core)
	}
	cores.Wait()
}

// Drain takes nothing new in; what was accepted is finished. From any goroutine.
func (w *Worker) Drain() { C.wl_worker_drain(w.c) }

// Stop ends every core after the step under way. From any goroutine.
func (w *Worker) Stop() { C.wl_worker_stop(w.c) }

// Log writes a line for people where the worker's own lines go. From any goroutine.
func (w *Worker) Log(line string, warning bool) {
	text := []byte(line)
	level := C.int32_t(0)
	if warning {
		level = 1
	}
	C.wl_worker_log(w.c, bytesPointer(text), C.uint64_t(len(text)), level)
}

// Ended says whether everything was finished; after Run.
func (w *Worker) Ended() bool { return C.wl_worker_ended(w.c) != 0 }

// Failure is why the worker stopped, if a message failed where the policy is to stop; after Run.
func (w *Worker) Failure() error {
	said := newBuffer()
	defer said.free()
	return checked(C.wl_worker_failure(w.c, said.c), said)
}

// Close gives the worker back and reports values that nobody gave back although everything was
// finished, which would be a bug of the binding.
func (w *Worker) Close() error {
	ended := w.Ended()
	C.wl_worker_free(w.c)
	if left := w.app.guest.program.Outstanding(); ended && left != 0 {
		return errors.New("a bug of the Go binding: batches of values were not given back")
	}
	return nil
}
