package application

import (
	"errors"
	"fmt"
	"net"
	"strings"

	"wallaroo.example/wallaroo"

	wa "wallarooapi"
	"wallarooapi/internal/host"
)

func init() {
	host.Run = func(args []string) (int, error) {
		if described == nil {
			return 0, errors.New("ApplicationSetup described no application; it has to return what ToJson of its application returns")
		}
		app, err := described.Build()
		if err != nil {
			return 0, err
		}
		return app.MainWith(args), nil
	}
}

// Described is the application whose ToJson was asked for last, as ApplicationSetup does. It is an
// addition, for tests of programs: Described().Build() can be run by package harness.
func Described() *application { return described }

// Build makes an application of the engine. It is an addition, for tests of programs.
func (a *application) Build() (*wallaroo.App, error) {
	b := &builder{app: wallaroo.New(a.name), taken: map[string]bool{}, states: map[string]string{}}
	wallaroo.UseCodec[interface{}](b.app, messageCodec{})
	for _, p := range a.pipelines {
		if err := b.pipeline(p); err != nil {
			return nil, err
		}
	}
	return b.app, nil
}

// A builder gives names: those of today are unique and made of a-z, 0-9 and '-'.
type builder struct {
	app    *wallaroo.App
	taken  map[string]bool
	states map[string]string
}

func (b *builder) name(text string) string {
	legal := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			return r
		case r >= 'A' && r <= 'Z':
			return r + 'a' - 'A'
		}
		return '-'
	}, text)
	if len(legal) > 48 {
		legal = legal[:48]
	}
	if legal == "" {
		legal = "stage"
	}
	unique := legal
	for number := 2; b.taken[unique]; number++ {
		unique = fmt.Sprintf("%s-%d", legal, number)
	}
	b.taken[unique] = true
	return unique
}

func (b *builder) state(name string) string {
	if b.states[name] == "" {
		b.states[name] = b.name("state-" + name)
	}
	return b.states[name]
}

func (b *builder) pipeline(p *pipelineBuilder) error {
	name := b.name(p.name)
	stream, err := b.source(b.app.Pipeline(name), name, p)
	if err != nil {
		return err
	}
	for _, s := range p.stages {
		stream = b.stage(stream, s)
	}
	switch sink := p.sink.(type) {
	case nil:
	case *TCPSinkConfig:
		address := wallaroo.Value(net.JoinHostPort(sink.host, sink.port))
		stream.Sink(b.name(name+"-sink"), wallaroo.DialTCP(address, wallaroo.Raw),
			func(value interface{}, out []byte) ([]byte, error) {
				return append(out, sink.encoder.Encode(value)...), nil
			})
	case *KafkaSinkConfig:
		return fmt.Errorf("pipeline '%s' writes the Kafka topic '%s', and this version has no Kafka sink; use MakeTCPSinkConfig", p.name, sink.topic)
	default:
		return fmt.Errorf("pipeline '%s' has a sink of type %T, which is none of this package", p.name, sink)
	}
	return nil
}

func (b *builder) source(to *wallaroo.Pipeline, name string, p *pipelineBuilder) (wallaroo.Stream[interface{}], error) {
	var none wallaroo.Stream[interface{}]
	source, isTCP := p.source.(*TCPSourceConfig)
	if kafka, is := p.source.(*KafkaSourceConfig); is {
		return none, fmt.Errorf("pipeline '%s' reads the Kafka topic '%s', and this version has no Kafka source; use MakeTCPSourceConfig", p.name, kafka.topic)
	}
	if !isTCP {
		return none, fmt.Errorf("pipeline '%s' has a source of type %T, which is none of this package", p.name, p.source)
	}
	decoder, framed := source.decoder.(wa.FramedDecoder)
	if !framed {
		return none, fmt.Errorf("the decoder of pipeline '%s', a %T, is no FramedDecoder: a TCP source needs HeaderLength and PayloadLength", p.name, source.decoder)
	}
	header := decoder.HeaderLength()
	if header < 1 || header > 4096 {
		return none, fmt.Errorf("the decoder of pipeline '%s' has a header of %d bytes; a header has 1 to 4096", p.name, header)
	}
	framing := wallaroo.Header(int(header), func(bytes []byte) (uint64, error) {
		return decoder.PayloadLength(bytes), nil
	})
	address := wallaroo.Value(net.JoinHostPort(source.host, source.port))
	return wallaroo.Source(to, b.name(name+"-source"), wallaroo.ListenTCP(address, framing),
		func(bytes []byte) (interface{}, error) { return orSkip(decoder.Decode(bytes)) }), nil
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

func (b *builder) stage(stream wallaroo.Stream[interface{}], s stage) wallaroo.Stream[interface{}] {
	switch computation := s.computation.(type) {
	case wa.Computation:
		return wallaroo.Map(stream, b.name(computation.Name()), func(value interface{}) (interface{}, error) {
			return orSkip(computation.Compute(value))
		})
	case wa.ComputationMulti:
		return wallaroo.FlatMap(stream, b.name(computation.Name()), func(value interface{}, emit func(interface{})) error {
			emitAll(computation.Compute(value), emit)
			return nil
		})
	case wa.StateComputation:
		return b.keyed(stream, s, computation.Name(), func(value, state interface{}, emit func(interface{})) {
			result, _ := computation.Compute(value, state) // "not changed" is for checkpoints
			emitAll([]interface{}{result}, emit)
		})
	case wa.StateComputationMulti:
		return b.keyed(stream, s, computation.Name(), func(value, state interface{}, emit func(interface{})) {
			results, _ := computation.Compute(value, state)
			emitAll(results, emit)
		})
	}
	panic(fmt.Sprintf("wallarooapi: a stage of type %T", s.computation))
}

func (b *builder) keyed(stream wallaroo.Stream[interface{}], s stage, name string, compute func(value, state interface{}, emit func(interface{}))) wallaroo.Stream[interface{}] {
	keyed := wallaroo.KeyByListed(stream, s.partition.Partition, s.keys)
	return wallaroo.StatefulMany(keyed, b.name(name), func(value interface{}, state *interface{}, emit func(interface{})) error {
		compute(value, *state, emit)
		return nil
	}, wallaroo.Shared(b.state(s.stateName)),
		wallaroo.InitialState(func() (interface{}, error) { return s.stateBuilder.Build(), nil }))
}

// messageCodec is Serialize and Deserialize of the program.
type messageCodec struct{}

func (messageCodec) Append(out []byte, value *interface{}) ([]byte, error) {
	if wa.Serialize == nil {
		return out, errors.New("wallarooapi.Serialize is not assigned; ApplicationSetup does it")
	}
	bytes := wa.Serialize(*value)
	if bytes == nil {
		return out, fmt.Errorf("Serialize returned nil for a %T", *value)
	}
	return append(out, bytes...), nil
}

func (messageCodec) Decode(in []byte, value *interface{}) error {
	if wa.Deserialize == nil {
		return errors.New("wallarooapi.Deserialize is not assigned; ApplicationSetup does it")
	}
	*value = wa.Deserialize(in)
	if *value == nil {
		return errors.New("Deserialize returned nil")
	}
	return nil
}

func (messageCodec) Description() string { return "custom wallarooapi" }
