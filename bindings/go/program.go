package wallaroo

import (
	"errors"
	"fmt"
	"strings"
	"sync/atomic"

	"wallaroo.example/wallaroo/internal/engine"
)

// A program is one run of an application: the chains of all cores, their values and states.
type program struct {
	app       *App
	consumers [][]int
	stateNode []int // of a state node: the first that shares the state
	tables    [coresMax]batchTable
	states    map[statePlace]stateKeeper // filled while the worker is made
	worker    *engine.Worker             // that runs it; nil in a harness
	exit      atomic.Pointer[error]      // what has ended the thread of a core
	refusals  []uint32                   // by source: headers that the function of its framing refused; atomic
}

type statePlace struct{ core, node uint32 }

func newProgram(app *App) *program {
	p := &program{app: app, consumers: make([][]int, len(app.nodes)),
		stateNode: make([]int, len(app.nodes)), states: map[statePlace]stateKeeper{},
		refusals: make([]uint32, len(app.nodes))}
	first := map[string]int{}
	for i, n := range app.nodes {
		for _, input := range n.inputs {
			p.consumers[input] = append(p.consumers[input], i)
		}
		p.stateNode[i] = i
		if n.shared == "" {
			continue
		}
		if _, known := first[n.shared]; !known {
			first[n.shared] = i
		}
		p.stateNode[i] = first[n.shared]
	}
	return p
}

// OpenChain is engine.Program.
func (p *program) OpenChain(link engine.Link, core, entry uint32, ends []engine.End) engine.Chain {
	c := &chain{program: p, link: link, core: core, begins: int(entry)}
	unused := ends
	c.entry = p.app.nodes[entry].makeEntry(c, p.makeNext(c, int(entry), ends, &unused))
	return c
}

// makeNext makes the steps behind a node. Ends come in the order in which the graph is walked: a
// key_by has one for each state computation behind it, and a merge that is reached in two ways has
// one for each way.
func (p *program) makeNext(c *chain, from int, ends []engine.End, unused *[]engine.End) []any {
	var next []any
	for _, to := range p.consumers[from] {
		n := p.app.nodes[to]
		switch n.kind {
		case "key_by":
			next = append(next, n.makeStep(c, nil, take(ends, unused, len(p.consumers[to]))))
		case "merge", "spread", "sink":
			next = append(next, n.makeStep(c, nil, take(ends, unused, 1)))
		default:
			next = append(next, n.makeStep(c, p.makeNext(c, to, ends, unused), nil))
		}
	}
	return next
}

// take returns the numbers of the next count ends.
func take(ends []engine.End, unused *[]engine.End, count int) []int {
	numbers := make([]int, count)
	for i := range numbers {
		numbers[i] = len(ends) - len(*unused) + i
	}
	*unused = (*unused)[count:]
	return numbers
}

// FindMessages is engine.Program.
func (p *program) FindMessages(node uint32, bytes []byte, sizeMax uint32, found []span) (count int, problem uint32) {
	returned := false
	defer func() {
		if !returned && exits() {
			p.exited(int(node))
		}
	}()
	count, problem, said := p.app.nodes[node].finder(bytes, sizeMax, found)
	returned = true
	if problem == problemSenseless && count == 0 { // else it is asked again when those in front are worked on
		p.refused(int(node), said)
	}
	return count, problem
}

const refusalsMax = 20 // lines about one source, as of other warnings about it

// refused logs what the function of a framing said; the engine's own line behind it says to whom.
func (p *program) refused(node int, said string) {
	if p.worker == nil || atomic.AddUint32(&p.refusals[node], 1) > refusalsMax {
		return
	}
	p.worker.Log("source '"+p.app.nodes[node].name+"': the framing's function refused a header: "+strings.TrimRight(said, "\n"), true)
}

// A stateKeeper holds the states of one node on one core under their numbers.
type stateKeeper interface {
	encode(states, sizes []uint64) ([]byte, error)
	decode(states, sizes []uint64, bytes []byte) error
	free(states []uint64)
}

// keeper returns the states of a node on the chain's core, and makes them for the first that asks.
func (c *chain) keeper(node int) stateKeeper {
	first := c.program.stateNode[node]
	place := statePlace{c.core, uint32(first)}
	if c.program.states[place] == nil {
		c.program.states[place] = c.program.app.nodes[first].makeState()
	}
	return c.program.states[place]
}

// EncodeStates is engine.Program.
func (p *program) EncodeStates(core, state uint32, states, sizes []uint64) ([]byte, error) {
	return p.states[statePlace{core, state}].encode(states, sizes)
}

// DecodeStates is engine.Program.
func (p *program) DecodeStates(core, state uint32, states, sizes []uint64, bytes []byte) error {
	return p.states[statePlace{core, state}].decode(states, sizes, bytes)
}

// FreeStates is engine.Program.
func (p *program) FreeStates(core, state uint32, states []uint64) {
	p.states[statePlace{core, state}].free(states)
}

const stateChunk = 1024

// stateSlab keeps states where they are: pointers to them stay good while it grows.
type stateSlab[S any] struct {
	chunks [][]S
	make   func() (S, error)
	codec  Codec[S]
}

func (s *stateSlab[S]) at(number uint64) *S {
	index := int(number &^ engine.NewState)
	for len(s.chunks) <= index/stateChunk {
		s.chunks = append(s.chunks, make([]S, stateChunk))
	}
	return &s.chunks[index/stateChunk][index%stateChunk]
}

// begin makes the state what that of a new key is.
func (s *stateSlab[S]) begin(state *S) (err error) {
	var zero S
	*state = zero
	if s.make != nil {
		*state, err = s.make()
	}
	return err
}

func (s *stateSlab[S]) free(states []uint64) {
	var zero S
	for _, number := range states {
		*s.at(number) = zero
	}
}

func (s *stateSlab[S]) encode(states, sizes []uint64) (out []byte, err error) {
	err = errPanics
	defer recovered(&err)
	for i, number := range states {
		bytes, err := s.codec.Append(out[len(out):], s.at(number))
		if err != nil {
			return nil, err
		}
		out = extend(out, bytes)
		sizes[i] = uint64(len(bytes))
	}
	return out, nil
}

func (s *stateSlab[S]) decode(states, sizes []uint64, bytes []byte) (err error) {
	err = errPanics
	defer recovered(&err)
	var zero S
	for i, number := range states {
		state := s.at(number)
		*state = zero
		if err := s.codec.Decode(bytes[:sizes[i]], state); err != nil {
			return err
		}
		bytes = bytes[sizes[i]:]
	}
	return nil
}

// errPanics is what a function that recovered is deferred in is to return until it returns.
var errPanics = errors.New("wallaroo: it panics")

// recovered makes an error of a panic, of one with nil, too.
func recovered(err *error) {
	what := recover()
	if *err == errPanics {
		*err = fmt.Errorf("panic: %v", what)
	}
}
