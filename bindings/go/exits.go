package wallaroo

import (
	"fmt"
	"runtime"
)

// runtime.Goexit in a function of the program, which t.FailNow and t.Fatal call too, ends the
// goroutine that runs a core, from under the engine: its frames on that thread never go on. No
// deferred function can stop that, so the worker has to end.

// exits says in a deferred function whether it runs because of runtime.Goexit. That recover gives
// nil does not tell, because before Go 1.21 it does so for panic(nil), too.
func exits() bool {
	var callers [64]uintptr
	frames := runtime.CallersFrames(callers[:runtime.Callers(2, callers[:])])
	for more := true; more; {
		var frame runtime.Frame
		frame, more = frames.Next()
		switch frame.Function {
		case "runtime.Goexit":
			return true
		case "runtime.gopanic":
			return false
		}
	}
	return false
}

// exited is called where the function of a node has called runtime.Goexit. It stops the worker, if
// that is what the function ran in, because one of its cores is lost.
func (p *program) exited(n int) {
	err := fmt.Errorf("'%s' in pipeline '%s' called runtime.Goexit, as t.FailNow and t.Fatal do, which ends the thread of a core; "+
		"the worker stops; return an error or panic to give up a message", p.app.nodes[n].called(), p.app.nodes[n].pipeline)
	if !p.exit.CompareAndSwap(nil, &err) || p.worker == nil {
		return
	}
	p.worker.Log(err.Error(), true)
	p.worker.Stop()
}

// Exited is engine.Program.
func (p *program) Exited() error {
	if err := p.exit.Load(); err != nil {
		return *err
	}
	return nil
}

// called is the name of the node in logs.
func (n *node) called() string {
	switch n.kind {
	case "key_by":
		return "key-by"
	case "event_time":
		return "event-time"
	}
	return n.name
}
