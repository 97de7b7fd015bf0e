package application

import (
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"reflect"
	"strings"
	"sync"

	"wallaroo.example/wallaroo"

	wa "wallarooapi"
	_ "wallarooapi/host" // in a C archive, for the main in C
	"wallarooapi/internal/host"
)

func init() {
	host.Run = func(args []string, description string) (int, error) {
		if described == nil {
			return 0, errors.New("ApplicationSetup described no application; it has to return what ToJson of its application returns")
		}
		if description != described.description {
			return 0, errors.New("ApplicationSetup returned something else than the description of its application; it has to return what ToJson returned last")
		}
		app, err := described.Build()
		if err != nil {
			return 0, err
		}
		return app.MainWith(args), nil
	}
	host.Help = func(program string) int {
		app := wallaroo.New(filepath.Base(program))
		wallaroo.Source(app.Pipeline("none"), "none", wallaroo.Messages(1), wallaroo.Text)
		return app.MainWith([]string{program, "--help"})
	}
}

// Described is the application whose ToJson was asked for last, as ApplicationSetup does. It is an
// addition, for tests of programs: Described().Build() can be run by package harness.
func Described() *application { return described }

// Build makes an application of the engine. It is an addition, for tests of programs. Names of
// pipelines, computations and states are those of the program in lower case, with '-' for everything
// but letters and digits, and a number behind where one is taken; the source of the pipeline "Words"
// is "words-source", its sink "words-sink", the state "counts" is "state-counts".
func (a *application) Build() (*wallaroo.App, error) {
	name := a.name
	if name == "" {
		name = "application"
	}
	if len(a.pipelines) == 0 {
		return nil, fmt.Errorf("application '%s' has no pipeline; begin one with NewPipeline", name)
	}
	b := &builder{app: wallaroo.New(name), pipelines: names{}, stages: names{}, states: map[string]*sharedState{}, turns: map[uintptr]*turn{}}
	wallaroo.UseCodec[interface{}](b.app, messageCodec{})
	for _, p := range a.pipelines {
		if err := b.pipeline(p); err != nil {
			return nil, err
		}
	}
	return b.app, nil
}

type builder struct {
	app       *wallaroo.App
	pipelines names
	stages    names // sources, sinks and states, too
	states    map[string]*sharedState
	turns     map[uintptr]*turn // by where the component is
}

// Names of today are unique and made of a-z, 0-9 and '-'.
type names map[string]bool

// A sharedState is one for the whole application. The builder of its first use makes it.
type sharedState struct {
	name    string
	builder wa.StateBuilder
}

const nameBytesMax = 48 // the engine takes 64; the rest is for what is put behind

func (taken names) name(text, otherwise string) string {
	legal := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			return r
		case r >= 'A' && r <= 'Z':
			return r + 'a' - 'A'
		}
		return '-'
	}, text)
	if len(legal) > nameBytesMax {
		legal = legal[:nameBytesMax]
	}
	if legal == "" {
		legal = otherwise
	}
	unique := legal
	for number := 2; taken[unique]; number++ {
		unique = fmt.Sprintf("%s-%d", legal, number)
	}
	taken[unique] = true
	return unique
}

func (b *builder) state(s stage) *sharedState {
	shared := b.states[s.stateName]
	if shared == nil {
		shared = &sharedState{b.stages.name("state-"+s.stateName, "state"), s.stateBuilder}
		b.states[s.stateName] = shared
	}
	return shared
}

// mistake is what cannot be built, for people.
func (p *pipelineBuilder) mistake(format string, args ...interface{}) error {
	return fmt.Errorf("pipeline '%s' "+format, append([]interface{}{p.name}, args...)...)
}

// ask calls functions of the program while the application is built.
func (p *pipelineBuilder) ask(what string, of interface{}, call func()) (err error) {
	defer func() {
		if panicked := recover(); panicked != nil {
			err = p.mistake("cannot be built: %s of %T panicked: %v", what, of, panicked)
		}
	}()
	call()
	return nil
}

func (b *builder) pipeline(p *pipelineBuilder) error {
	name := b.pipelines.name(p.name, "pipeline")
	from, err := b.source(b.app.Pipeline(name), name, p)
	for i := 0; err == nil && i < len(p.stages); i++ {
		s := p.stages[i]
		if err = p.lacks(s); err != nil {
			break
		}
		if s.sink == nil {
			from, err = b.stage(from, s, p)
			continue
		}
		if err = b.sink(from, name, s.sink, p); err == nil && i+1 < len(p.stages) {
			err = p.mistake("goes on behind its sink; a pipeline ends with ToSink or Done")
		}
	}
	return err
}

// given is a mistake if the program passed nil to a function of this package.
func (p *pipelineBuilder) given(part interface{}, function, kind string) error {
	if part != nil {
		return nil
	}
	return p.mistake("cannot be built: %s was given nil as %s", function, kind)
}

// lacks is a mistake if a stage was not given what it needs.
func (p *pipelineBuilder) lacks(s stage) error {
	switch s.method {
	case "To":
		return p.given(s.one, s.method, "ComputationBuilder")
	case "ToMulti":
		return p.given(s.many, s.method, "ComputationMultiBuilder")
	case "ToSink":
		return nil
	}
	if err := p.given(s.computation, s.method, strings.Replace(s.method, "ToStatePartition", "StateComputation", 1)); err != nil {
		return err
	}
	if err := p.given(s.stateBuilder, s.method, "StateBuilder"); err != nil {
		return err
	}
	if err := p.given(s.partition, s.method, "PartitionFunction"); err != nil {
		return err
	}
	if len(s.keys) == 0 {
		return p.mistake("cannot be built: %s was given no partitions, so that every message would be dropped; list the keys", s.method)
	}
	return nil
}

func (b *builder) source(to *wallaroo.Pipeline, name string, p *pipelineBuilder) (none stream, err error) {
	var source *TCPSourceConfig
	switch config := p.source.(type) {
	case *TCPSourceConfig:
		source = config
	case *KafkaSourceConfig:
		return none, p.mistake("reads the Kafka topic '%s', and this version has no Kafka source; use MakeTCPSourceConfig", config.topic)
	default:
		return none, p.mistake("has a source of type %T, which is none of package application", p.source)
	}
	if err := p.given(source.decoder, "MakeTCPSourceConfig", "Decoder"); err != nil {
		return none, err
	}
	decoder, framed := source.decoder.(wa.FramedDecoder)
	if !framed {
		return none, p.mistake("has a decoder, a %T, that is no FramedDecoder: a TCP source needs HeaderLength and PayloadLength", source.decoder)
	}
	var header uint64
	if err := p.ask("HeaderLength", decoder, func() { header = decoder.HeaderLength() }); err != nil {
		return none, err
	}
	if header < 1 || header > headerBytesMax {
		return none, p.mistake("has a decoder, a %T, with a header of %d bytes; a header has 1 to %d", decoder, header, headerBytesMax)
	}
	framing := wallaroo.Header(int(header), func(bytes []byte) (uint64, error) {
		return decoder.PayloadLength(bytes[:header:header]), nil
	})
	address := wallaroo.Value(net.JoinHostPort(source.host, source.port))
	limits := wallaroo.TCPLimits{MessageBytesMax: messageBytesMax}
	return wallaroo.Source(to, b.stages.name(name+"-source", ""), wallaroo.ListenTCP(address, framing, limits),
		func(bytes []byte) (interface{}, error) {
			return orSkip(decoder.Decode(append([]byte{}, bytes...))) // the program may keep them
		}), nil
}

const (
	headerBytesMax  = 4096
	messageBytesMax = 64 << 20 // the most the engine allows; in 2018 there was no limit
)

func (b *builder) sink(from stream, name string, config SinkConfig, p *pipelineBuilder) error {
	switch sink := config.(type) {
	case *TCPSinkConfig:
		if err := p.given(sink.encoder, "MakeTCPSinkConfig", "Encoder"); err != nil {
			return err
		}
		address := wallaroo.Value(net.JoinHostPort(sink.host, sink.port))
		alone := b.oneAtATime(sink.encoder)
		from.Sink(b.stages.name(name+"-sink", ""), wallaroo.DialTCP(address, wallaroo.Raw),
			func(value interface{}, out []byte) ([]byte, error) {
				defer alone.begin().end()
				return append(out, sink.encoder.Encode(value)...), nil
			})
	case *KafkaSinkConfig:
		return p.mistake("writes the Kafka topic '%s', and this version has no Kafka sink; use MakeTCPSinkConfig", sink.topic)
	default:
		return p.mistake("has a sink of type %T, which is none of package application", config)
	}
	return nil
}

// A turn lets one core at a time use a component; nil lets all of them.
type turn sync.Mutex

// oneAtATime: in 2018 a worker had one encoder for each sink and one computation for each stage, so
// that their fields needed no lock. What has no fields needs none here. An object that is used in
// several places has one turn in all of them.
func (b *builder) oneAtATime(of interface{}) *turn {
	value := reflect.ValueOf(of)
	kind := value.Type()
	if kind.Kind() == reflect.Ptr {
		kind = kind.Elem()
	}
	if kind.Size() == 0 {
		return nil
	}
	if value.Kind() != reflect.Ptr && value.Kind() != reflect.Map {
		return new(turn)
	}
	if b.turns[value.Pointer()] == nil {
		b.turns[value.Pointer()] = new(turn)
	}
	return b.turns[value.Pointer()]
}

func (t *turn) begin() *turn {
	if t != nil {
		(*sync.Mutex)(t).Lock()
	}
	return t
}

func (t *turn) end() {
	if t != nil {
		(*sync.Mutex)(t).Unlock()
	}
}

// orSkip: nil ends a message.
func orSkip(value interface{}) (interface{}, error) {
	if value == nil {
		return nil, wallaroo.Skip
	}
	return value, nil
}

func emitAll(values []interface{}, emit func(interface{})) {
	for _, value := range values {
		if value != nil {
			emit(value)
		}
	}
}

type stream = wallaroo.Stream[interface{}]

func (b *builder) stage(from stream, s stage, p *pipelineBuilder) (stream, error) {
	switch {
	case s.one != nil:
		return b.computation(from, s.one, p)
	case s.many != nil:
		return b.computationMulti(from, s.many, p)
	}
	return b.stateComputation(from, s, p)
}

// named gives a component its name of today.
func (b *builder) named(p *pipelineBuilder, of component) (name string, err error) {
	err = p.ask("Name", of, func() { name = b.stages.name(of.Name(), "stage") })
	return name, err
}

// build lets a builder of the program build a C.
func build[C component](b *builder, p *pipelineBuilder, kind string, builder interface{ Build() interface{} }) (built C, name string, err error) {
	var made interface{}
	if err := p.ask("Build", builder, func() { made = builder.Build() }); err != nil {
		return built, "", err
	}
	built, is := made.(C)
	if !is {
		return built, "", p.mistake("cannot be built: Build of %T returned a %T, which has not the methods of a %s: Name and Compute", builder, made, kind)
	}
	name, err = b.named(p, built)
	return built, name, err
}

func (b *builder) computation(from stream, builder wa.ComputationBuilder, p *pipelineBuilder) (stream, error) {
	computation, name, err := build[wa.Computation](b, p, "Computation", builder)
	if err != nil {
		return from, err
	}
	alone := b.oneAtATime(computation)
	return wallaroo.Map(from, name, func(value interface{}) (interface{}, error) {
		defer alone.begin().end()
		return orSkip(computation.Compute(value))
	}), nil
}

func (b *builder) computationMulti(from stream, builder wa.ComputationMultiBuilder, p *pipelineBuilder) (stream, error) {
	computation, name, err := build[wa.ComputationMulti](b, p, "ComputationMulti", builder)
	if err != nil {
		return from, err
	}
	alone := b.oneAtATime(computation)
	return wallaroo.FlatMap(from, name, func(value interface{}, emit func(interface{})) error {
		defer alone.begin().end()
		emitAll(computation.Compute(value), emit)
		return nil
	}), nil
}

// stateComputation adds a stage with state. That a computation did not change its state, its second
// result, is for checkpoints to know; nothing makes any yet.
func (b *builder) stateComputation(from stream, s stage, p *pipelineBuilder) (stream, error) {
	name, err := b.named(p, s.computation)
	if err != nil {
		return from, err
	}
	compute := func(value, state interface{}, emit func(interface{})) {
		result, _ := s.computation.(wa.StateComputation).Compute(value, state)
		if result != nil {
			emit(result)
		}
	}
	if many, is := s.computation.(wa.StateComputationMulti); is {
		compute = func(value, state interface{}, emit func(interface{})) {
			results, _ := many.Compute(value, state)
			emitAll(results, emit)
		}
	}
	shared := b.state(s)
	keyed := wallaroo.KeyByListed(from, s.partition.Partition, s.keys)
	return wallaroo.StatefulMany(keyed, name, func(value interface{}, state *interface{}, emit func(interface{})) error {
		if *state == nil { // here and not as InitialState: a builder that panicked is asked again
			*state = shared.builder.Build()
		}
		compute(value, *state, emit)
		return nil
	}, wallaroo.Shared(shared.name)), nil
}

// messageCodec is Serialize and Deserialize of the program. A state that is not built is no bytes.
type messageCodec struct{}

func (messageCodec) Append(out []byte, value *interface{}) ([]byte, error) {
	if *value == nil {
		return out, nil
	}
	if wa.Serialize == nil {
		return out, fmt.Errorf("a %T cannot be serialized: wallarooapi.Serialize is not assigned; ApplicationSetup does that", *value)
	}
	bytes := wa.Serialize(*value)
	if len(bytes) == 0 {
		return out, fmt.Errorf("a %T cannot be serialized: wallarooapi.Serialize returned nothing for it", *value)
	}
	return append(out, bytes...), nil
}

func (messageCodec) Decode(in []byte, value *interface{}) error {
	*value = nil
	if len(in) == 0 {
		return nil
	}
	if wa.Deserialize == nil {
		return errors.New("bytes cannot be deserialized: wallarooapi.Deserialize is not assigned; ApplicationSetup does that")
	}
	*value = wa.Deserialize(append([]byte{}, in...))
	if *value == nil {
		return fmt.Errorf("%d bytes cannot be deserialized: wallarooapi.Deserialize returned nil for them", len(in))
	}
	return nil
}

func (messageCodec) Description() string { return "custom wallarooapi" }
