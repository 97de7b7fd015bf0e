package wallaroo

import (
	"errors"
	"fmt"
	"reflect"
	"time"

	"wallaroo.example/wallaroo/internal/codec"
)

// A Codec writes and reads values of T where they leave the process: as state in snapshots, and as
// messages between workers. It replaces the automatic one; see UseCodec.
type Codec[T any] interface {
	// Append writes the value behind out: at least one byte.
	Append(out []byte, value *T) ([]byte, error)
	// Decode reads it; all bytes must be used. They may come from anywhere.
	Decode(in []byte, value *T) error
	// Description names the format; a changed one refuses what was stored before.
	Description() string
}

// UseCodec lets the application use a codec for all values of T, instead of the automatic one. Call
// it before the stages that use T are made.
func UseCodec[T any](app *App, codec Codec[T]) {
	if codec == nil {
		app.mistake("UseCodec was given nil for %v; pass a codec, or leave it out to have the automatic one", typeOf[T]())
		return
	}
	if app.encoded[typeOf[T]()] {
		app.mistake("UseCodec for %v comes too late: a stage uses the automatic encoding of it already; call it before the stages are made", typeOf[T]())
		return
	}
	description, err := describe(codec)
	if err != nil {
		app.mistake("UseCodec for %v: Description of %T: %v", typeOf[T](), codec, err)
		return
	}
	app.codecs[typeOf[T]()] = givenCodec[T]{codec, description}
}

func describe[T any](codec Codec[T]) (description string, err error) {
	err = errPanics
	defer recovered(&err)
	return codec.Description(), nil
}

// A givenCodec is one of UseCodec: its errors name it, and it has to write something.
type givenCodec[T any] struct {
	codec       Codec[T]
	description string
}

func (g givenCodec[T]) Description() string { return g.description }

func (g givenCodec[T]) Append(out []byte, value *T) ([]byte, error) {
	written, err := g.append(out, value)
	if err == nil && len(written) <= len(out) {
		err = errors.New("it appended nothing; return what was given with at least one byte behind it")
	}
	if err != nil {
		return nil, fmt.Errorf("Append of %T for a %v: %w", g.codec, typeOf[T](), err)
	}
	return written, nil
}

func (g givenCodec[T]) append(out []byte, value *T) (written []byte, err error) {
	err = errPanics
	defer recovered(&err)
	return g.codec.Append(out, value)
}

func (g givenCodec[T]) Decode(in []byte, value *T) error {
	if err := g.decode(in, value); err != nil {
		return fmt.Errorf("Decode of %T for a %v: %w", g.codec, typeOf[T](), err)
	}
	return nil
}

func (g givenCodec[T]) decode(in []byte, value *T) (err error) {
	err = errPanics
	defer recovered(&err)
	return g.codec.Decode(in, value)
}

func typeOf[T any]() reflect.Type { return reflect.TypeOf((*T)(nil)).Elem() }

// codecOf finds the codec for T; that there is none is a mistake of the application.
func codecOf[T any](app *App, what, name, pipeline string) Codec[T] {
	found, err := findCodec[T](app)
	if err != nil {
		app.mistake("%s '%s' in pipeline '%s': %v", what, name, pipeline, err)
		return nil
	}
	return found
}

func findCodec[T any](app *App) (Codec[T], error) {
	if given, known := app.codecs[typeOf[T]()]; known {
		return given.(Codec[T]), nil
	}
	app.encoded[typeOf[T]()] = true
	automatic, err := codec.For[T]()
	if err != nil {
		return nil, err
	}
	return automatic, nil
}

// A Stream is a stream of messages of type T: the outputs of a stage. What changes its type is a
// function (Map, FlatMap, KeyBy), because methods of Go cannot have type parameters; what keeps it
// is a method.
type Stream[T any] struct {
	app      *App
	node     int
	pipeline string
}

func (s Stream[T]) mustBeMade() {
	if s.app == nil {
		panic("wallaroo: a stage was given a Stream that no stage has made; pass what Source, Map or another function of this package returned")
	}
}

// A Keyed stream is a stream whose messages have a key each. Stateful, StatefulMany and Process
// take it.
type Keyed[T any, K comparable] struct {
	stream Stream[T]
	key    codec.Key[K]
}

// A StageOption is a rare setting of a stage.
type StageOption func(*node)

// OnError sets the policy of one stage.
func OnError(policy ErrorPolicy) StageOption { return func(n *node) { n.policy = policy } }

// Shared lets a stage work on the state called name, of which there is one for each key in the whole
// application: every stage that names it, in any pipeline, finds what the others left there. Types
// of state and key must be the same. If an InitialState is given, one stage of them is enough.
func Shared(name string) StageOption {
	return func(n *node) { n.shared, n.shares = name, true }
}

// InitialState lets a stage begin the state of a new key with what make returns, instead of the zero
// value. S is the type of the state.
func InitialState[S any](make func() (S, error)) StageOption {
	return func(n *node) { n.initial = make }
}

func (n *node) with(options []StageOption) *node {
	for _, option := range options {
		if option == nil {
			panic("wallaroo: an option of '" + n.called() + "' is nil; leave it out")
		}
		option(n)
	}
	return n
}

func behind[Out, T any](s Stream[T], n *node) Stream[Out] {
	s.mustBeMade()
	n.inputs = append(n.inputs, s.node)
	n.pipeline = s.pipeline
	return Stream[Out]{app: s.app, node: s.app.add(n), pipeline: s.pipeline}
}

// Source begins a pipeline with messages from outside. decode gets the bytes of one message, which
// are valid during the call: a decoder that keeps them or a part of them, and does not copy, can crash
// the process. Skip drops a message, another error makes it undecodable.
func Source[T any](p *Pipeline, name string, from SourceSpec, decode func(message []byte) (T, error), options ...StageOption) Stream[T] {
	p.mustBeMade()
	from = from.made()
	n := &node{kind: "source", name: name, pipeline: p.name, source: from.json()}
	p.app.needs(decode != nil, "source", name, p.name, "decoder")
	p.app.mistakeIn("source", name, p.name, from.mistake)
	if from.framing != nil {
		n.finder = from.framing.finder
		p.app.mistakeIn("source", name, p.name, from.framing.mistake)
	}
	id := p.app.add(n.with(options))
	n.makeEntry = func(c *chain, next []any) chainEntry {
		return &sourceEntry[T]{c: c, node: id, decode: decode, out: newOutput[T](c, next)}
	}
	return Stream[T]{app: p.app, node: id, pipeline: p.name}
}

// Generate begins a pipeline with values of the program: make gets their numbers, from 0, and ends
// the source with false. perSecond 0: as fast as the pipeline takes them.
func Generate[T any](p *Pipeline, name string, perSecond uint64, make func(number uint64) (T, bool), options ...StageOption) Stream[T] {
	p.mustBeMade()
	p.app.needs(make != nil, "source", name, p.name, "function")
	n := &node{kind: "source", name: name, pipeline: p.name,
		source: map[string]any{"generator": map[string]any{"per_second": perSecond}}}
	id := p.app.add(n.with(options))
	n.makeEntry = func(c *chain, next []any) chainEntry {
		return &generatorEntry[T]{c: c, node: id, make: make, out: newOutput[T](c, next)}
	}
	return Stream[T]{app: p.app, node: id, pipeline: p.name}
}

// Map applies function to each message and puts out what it returns; Skip puts out nothing.
func Map[In, Out any](s Stream[In], name string, function func(In) (Out, error), options ...StageOption) Stream[Out] {
	return compute(s, name, function != nil, func(in In, out *output[Out]) error {
		value, err := function(in)
		if err == nil {
			out.emit(value)
		}
		return err
	}, options)
}

// FlatMap applies function to each message; it calls emit for each output, before it returns and in
// one goroutine at a time.
func FlatMap[In, Out any](s Stream[In], name string, function func(in In, emit func(Out)) error, options ...StageOption) Stream[Out] {
	return compute(s, name, function != nil, func(in In, out *output[Out]) error { return function(in, out.put) }, options)
}

// Filter keeps the messages for which function returns true.
func (s Stream[T]) Filter(name string, function func(T) bool, options ...StageOption) Stream[T] {
	return compute(s, name, function != nil, func(in T, out *output[T]) error {
		if function(in) {
			out.emit(in)
		}
		return nil
	}, options)
}

// compute adds a computation; given says whether there is a function behind apply.
func compute[In, Out any](s Stream[In], name string, given bool, apply func(In, *output[Out]) error, options []StageOption) Stream[Out] {
	n := (&node{kind: "computation", name: name}).with(options)
	stream := behind[Out](s, n)
	s.app.needs(given, "computation", name, s.pipeline, "function")
	n.makeStep = func(c *chain, next []any, _ []int) any {
		return &computation[In, Out]{c: c, node: stream.node, apply: apply, out: newOutput[Out](c, next)}
	}
	return stream
}

// EventTime gives each message the time that function returns; later messages may be older than the
// newest by lateness.
func (s Stream[T]) EventTime(function func(T) time.Time, lateness time.Duration) Stream[T] {
	n := &node{kind: "event_time"}
	stream := behind[T](s, n)
	if lateness < 0 {
		s.app.mistake("event_time in pipeline '%s': a lateness is not negative", s.pipeline)
	}
	if function == nil {
		s.app.mistake("event_time in pipeline '%s': its function is nil; pass one", s.pipeline)
	}
	timeOf := func(value T) int64 { return nanoseconds(function(value)) }
	n.makeStep = func(c *chain, next []any, _ []int) any {
		return &eventTime[T]{c: c, node: stream.node, timeOf: timeOf, latenessNs: int64(lateness),
			out: newOutput[T](c, next)}
	}
	return stream
}

// KeyBy gives each message a key. Keys are integers, bools, texts, times, types that encode themselves,
// and arrays, structs and pointers of such. Keys whose encodings are equal are the same key, such as
// pointers to equal values.
func KeyBy[T any, K comparable](s Stream[T], key func(T) K, options ...StageOption) Keyed[T, K] {
	return keyBy(s, keyFunction[T, K]{sure: key}, options)
}

// KeyByListed is KeyBy with all keys that there may be: a message with another one is dropped and
// counted.
func KeyByListed[T any, K comparable](s Stream[T], key func(T) K, keys []K, options ...StageOption) Keyed[T, K] {
	keyed := KeyBy(s, key, options...)
	n := s.app.nodes[keyed.stream.node]
	n.closed = true
	for _, listed := range keys {
		if keyed.key == nil {
			break
		}
		bytes, err := keyed.key.Append(nil, listed)
		if err != nil {
			s.app.mistake("a key_by in pipeline '%s' lists a key that cannot be encoded: %v", s.pipeline, err)
		}
		n.keys = append(n.keys, bytes)
	}
	return keyed
}

// TryKeyBy is KeyBy for a function that can fail; Skip drops the message.
func TryKeyBy[T any, K comparable](s Stream[T], key func(T) (K, error), options ...StageOption) Keyed[T, K] {
	return keyBy(s, keyFunction[T, K]{trying: key}, options)
}

func keyBy[T any, K comparable](s Stream[T], key keyFunction[T, K], options []StageOption) Keyed[T, K] {
	n := (&node{kind: "key_by"}).with(options)
	stream := behind[T](s, n)
	if key.sure == nil && key.trying == nil {
		s.app.mistake("a key_by in pipeline '%s': its function is nil; pass one", s.pipeline)
	}
	codecOf[T](s.app, "the messages of", "key-by", s.pipeline)
	encoding, err := codec.KeyFor[K]()
	if err != nil {
		s.app.mistake("a key_by in pipeline '%s': %v", s.pipeline, err)
		return Keyed[T, K]{stream: stream}
	}
	n.keyType = encoding.Description()
	n.makeStep = func(c *chain, _ []any, ends []int) any {
		return &keyByEnd[T, K]{leaving: newLeaving[T](c, ends), node: stream.node, keyOf: key, key: encoding,
			text: codec.IsText(encoding)}
	}
	return Keyed[T, K]{stream: stream, key: encoding}
}

// Merge joins two streams of one type.
func Merge[T any](name string, one, other Stream[T]) Stream[T] {
	one.mustBeMade()
	other.mustBeMade()
	if one.app != other.app {
		one.app.mistake("merge '%s' takes a stream of another application; build both streams from the same one", name)
		return one
	}
	return relay(one, &node{kind: "merge", name: name, inputs: []int{one.node, other.node}})
}

// Spread deals the messages over all cores, for costly computations behind it. They lose their
// order.
func (s Stream[T]) Spread(name string) Stream[T] {
	s.mustBeMade()
	return relay(s, &node{kind: "spread", name: name, inputs: []int{s.node}})
}

func relay[T any](s Stream[T], n *node) Stream[T] {
	n.pipeline = s.pipeline
	coding := codecOf[T](s.app, n.kind, n.name, s.pipeline)
	n.makeStep = func(c *chain, _ []any, ends []int) any {
		return &relayEnd[T]{newLeaving[T](c, ends)}
	}
	n.makeEntry = func(c *chain, next []any) chainEntry {
		return &relayEntry[T]{received: received[T]{incoming[T]{program: c.program}, coding}, c: c,
			out: newOutput[T](c, next)}
	}
	return Stream[T]{app: s.app, node: s.app.add(n), pipeline: s.pipeline}
}

// Sink ends a stream: encode appends the bytes of one message to out.
func (s Stream[T]) Sink(name string, to SinkSpec, encode func(value T, out []byte) ([]byte, error), options ...StageOption) {
	to = to.made()
	n := (&node{kind: "sink", name: name, sink: to.json()}).with(options)
	stream := behind[T](s, n)
	s.app.mistakeIn("sink", name, s.pipeline, to.mistake)
	s.app.needs(encode != nil, "sink", name, s.pipeline, "encoder")
	n.makeStep = func(c *chain, _ []any, ends []int) any {
		return &sinkEnd[T]{c: c, node: stream.node, ends: ends, encode: encode}
	}
}

// Stateful applies function to each message and the state of its key, which it may change, and puts
// out what it returns; Skip puts out nothing. The state of a new key is the zero S. What function
// returns must not point into the state.
func Stateful[In, S, Out any, K comparable](k Keyed[In, K], name string, function func(in In, state *S) (Out, error), options ...StageOption) Stream[Out] {
	return keep(k, name, function != nil, stateFunctions[In, S, Out, K]{simple: function}, options)
}

// StatefulMany is Stateful with any number of outputs: function calls emit for each, as in FlatMap.
func StatefulMany[In, S, Out any, K comparable](k Keyed[In, K], name string, function func(in In, state *S, emit func(Out)) error, options ...StageOption) Stream[Out] {
	return keep(k, name, function != nil, stateFunctions[In, S, Out, K]{
		onEvent: func(_ *Context[K], in In, state *S, emit func(Out)) error { return function(in, state, emit) },
	}, options)
}

// A Processor is a state with behaviour. Its exported fields are the state of one key, so its methods
// have pointer receivers.
type Processor[K comparable, In, Out any] interface {
	// OnEvent gets a message of the key. It calls emit as in FlatMap.
	OnEvent(ctx *Context[K], in In, emit func(Out)) error
	// OnTimer is called when a timer of the key is due.
	OnTimer(ctx *Context[K], timer string, emit func(Out)) error
}

// Process runs a P for each key: Process[P, Out](keyed, "name"), where *P is a Processor.
func Process[P, Out, In any, K comparable, PP interface {
	*P
	Processor[K, In, Out]
}](k Keyed[In, K], name string, options ...StageOption) Stream[Out] {
	if k.stream.app != nil {
		for _, method := range []string{"OnEvent", "OnTimer"} {
			if losesChanges(typeOf[P](), method) {
				k.stream.app.mistakeIn("process", name, k.stream.pipeline, fmt.Sprintf("%s of %v has a value receiver, "+
					"so what it changes in the state would be lost; let it have a pointer receiver, *%s", method, typeOf[P](), typeOf[P]().Name()))
			}
		}
	}
	return keep(k, name, true, stateFunctions[In, P, Out, K]{
		onEvent: func(ctx *Context[K], in In, state *P, emit func(Out)) error {
			return PP(state).OnEvent(ctx, in, emit)
		},
		onTimer: func(ctx *Context[K], timer string, state *P, emit func(Out)) error {
			return PP(state).OnTimer(ctx, timer, emit)
		},
	}, options)
}

// losesChanges says whether a method works on a copy of its P. One that a P has of a pointer or an
// interface that it embeds does not, and neither is a map copied.
func losesChanges(p reflect.Type, method string) bool {
	if _, has := p.MethodByName(method); !has || p.Size() == 0 || p.Kind() == reflect.Map {
		return false
	}
	for i := 0; p.Kind() == reflect.Struct && i < p.NumField(); i++ {
		of := p.Field(i)
		if _, has := of.Type.MethodByName(method); !has || !of.Anonymous {
			continue
		}
		if of.Type.Kind() == reflect.Ptr || of.Type.Kind() == reflect.Interface || !losesChanges(of.Type, method) {
			return false
		}
	}
	return true
}

// A stateOf is what stages that share a state agree on.
type stateOf struct {
	typ         reflect.Type
	description string
	where       string
	initial     any // func() (typ, error), or nil
}

// share returns what the first stage said about the state called name, or else what this one says.
func (a *App) share(name string, said *stateOf) *stateOf {
	first := a.shared[name]
	if first == nil {
		a.shared[name] = said
		return said
	}
	if first.initial == nil {
		first.initial = said.initial
	}
	// The engine tells of types that are described differently.
	if first.typ != said.typ && first.description == said.description {
		a.mistake("the state '%s' is a %v in %s and a %v in %s; use the same type in both",
			name, first.typ, first.where, said.typ, said.where)
	}
	return first
}

// keep adds a state node; given says whether there is a function behind functions.
func keep[In, S, Out any, K comparable](k Keyed[In, K], name string, given bool, functions stateFunctions[In, S, Out, K], options []StageOption) Stream[Out] {
	n := (&node{kind: "state", name: name, timers: functions.onTimer != nil}).with(options)
	if k.stream.app == nil {
		panic("wallaroo: '" + name + "' was given a Keyed stream that no KeyBy has made; pass what KeyBy returned")
	}
	app := k.stream.app
	stream := behind[Out](k.stream, n)
	app.needs(given, "state computation", name, k.stream.pipeline, "function")
	ofState := codecOf[S](app, "the state of", name, k.stream.pipeline)
	if ofState != nil {
		n.stateType = ofState.Description()
	}
	ofValue, _ := findCodec[In](app) // KeyBy has told if there is none
	state := &stateOf{typ: typeOf[S](), description: n.stateType, initial: n.initial,
		where: fmt.Sprintf("'%s' in pipeline '%s'", name, k.stream.pipeline)}
	switch initial, fits := n.initial.(func() (S, error)); {
	case n.initial != nil && !fits:
		app.mistake("the state of %s: InitialState makes another type than %v; it was given a %T, and takes a func() (%v, error)", state.where, state.typ, n.initial, state.typ)
	case fits && initial == nil:
		app.mistake("the state of %s: InitialState was given nil; pass a function, or leave it out to begin with the zero value", state.where)
	}
	if n.shared != "" {
		state = app.share(n.shared, state)
	}
	n.makeState = func() stateKeeper {
		initial, _ := state.initial.(func() (S, error))
		return &stateSlab[S]{make: initial, codec: ofState}
	}
	n.makeEntry = func(c *chain, next []any) chainEntry {
		return &stateEntry[In, S, Out, K]{received: received[In]{incoming[In]{program: c.program}, ofValue},
			c: c, node: stream.node, states: c.keeper(stream.node).(*stateSlab[S]), functions: functions,
			out: newOutput[Out](c, next), context: Context[K]{key: k.key}}
	}
	return stream
}
