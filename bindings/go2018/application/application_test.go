package application_test

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"

	"wallaroo.example/wallaroo"
	"wallaroo.example/wallaroo/harness"

	wa "wallarooapi"
	app "wallarooapi/application"
	"wallarooapi/internal/host"
)

// Parts of a program of 2018: messages are texts, "boom X" makes the part X panic, and a state counts.

type counter struct{ N uint64 }

func boom(data interface{}, part string) {
	if data == "boom "+part {
		panic("no " + part)
	}
}

type decoder struct{}

func (*decoder) HeaderLength() uint64          { return 2 }
func (*decoder) PayloadLength(b []byte) uint64 { return uint64(binary.BigEndian.Uint16(b)) }
func (*decoder) Decode(b []byte) interface{} {
	boom(string(b), "decoder")
	if len(b) == 0 {
		return nil
	}
	return string(b)
}

type computation struct{ name string }

func (c *computation) Name() string { return c.name }
func (c *computation) Compute(data interface{}) interface{} {
	boom(data, "computation")
	if data == "drop" {
		return nil
	}
	return data
}

type builder struct{ name string }

func (b *builder) Build() interface{} { return &computation{b.name} }

type multi struct{}

func (*multi) Name() string { return "Split Words" }
func (*multi) Compute(data interface{}) []interface{} {
	boom(data, "multi")
	if strings.HasPrefix(data.(string), "boom") {
		return []interface{}{data}
	}
	var words []interface{}
	for _, word := range strings.Split(data.(string), " ") {
		if word == "" {
			words = append(words, nil)
		} else {
			words = append(words, word)
		}
	}
	return words
}

type multiBuilder struct{}

func (*multiBuilder) Build() interface{} { return &multi{} }

type partition struct{}

func (*partition) Partition(data interface{}) uint64 {
	boom(data, "partition")
	return uint64(data.(string)[0])
}

type stateBuilder struct{ fails int }

func (*stateBuilder) Name() string { return "counter" }
func (b *stateBuilder) Build() interface{} {
	if b.fails > 0 {
		b.fails--
		panic("no state builder")
	}
	return &counter{}
}

type total struct {
	Word string
	N    uint64
}

type count struct{}

func (*count) Name() string { return "count" }
func (*count) Compute(data, state interface{}) (interface{}, bool) {
	boom(data, "state computation")
	c := state.(*counter)
	c.N++
	if data == "quiet" {
		return nil, true
	}
	return &total{data.(string), c.N}, true
}

type countMulti struct{}

func (*countMulti) Name() string { return "count" }
func (*countMulti) Compute(data, state interface{}) ([]interface{}, bool) {
	c := state.(*counter)
	return []interface{}{&total{data.(string), c.N}, nil, &total{data.(string), c.N}}, false
}

type encoder struct{ out []byte }

func (e *encoder) Encode(d interface{}) []byte {
	t, is := d.(*total)
	if !is {
		return []byte(d.(string) + "\n")
	}
	boom(t.Word, "encoder")
	e.out = append(e.out[:0], fmt.Sprintf("%s => %d\n", t.Word, t.N)...)
	return e.out
}

func letters() (keys []uint64) {
	for key := uint64('a'); key <= 'z'; key++ {
		keys = append(keys, key)
	}
	return keys
}

func serialize(value interface{}) []byte {
	if c, is := value.(*counter); is {
		return []byte(fmt.Sprint(c.N))
	}
	return nil
}

func deserialize(bytes []byte) interface{} {
	c := &counter{}
	if _, err := fmt.Sscan(string(bytes), &c.N); err != nil {
		return nil
	}
	return c
}

func codec(t *testing.T, write func(interface{}) []byte, read func([]byte) interface{}) {
	wa.Serialize, wa.Deserialize = write, read
	t.Cleanup(func() { wa.Serialize, wa.Deserialize = nil, nil })
}

var tcpIn = app.MakeTCPSourceConfig("127.0.0.1", "7010", &decoder{})
var tcpOut = app.MakeTCPSinkConfig("127.0.0.1", "7002", &encoder{})

func built(t *testing.T, program interface {
	ToJson() string
	Build() (*wallaroo.App, error)
}) *wallaroo.App {
	t.Helper()
	program.ToJson()
	made, err := app.Described().Build()
	if err != nil {
		t.Fatal(err)
	}
	return made
}

func words(t *testing.T, states wa.StateBuilder) *wallaroo.App {
	a := app.MakeApplication("Words")
	a.NewPipeline("The Words", tcpIn).
		To(&builder{"pass on"}).
		ToMulti(&multiBuilder{}).
		To(&builder{"pass on"}).
		ToStatePartition(&count{}, states, "the counts", &partition{}, letters()).
		ToSink(tcpOut)
	return built(t, a)
}

var seen = map[*harness.Harness]int{} // bytes of its sink

// lines drains, and returns the lines that a core's connection got since the last call.
func lines(h *harness.Harness, sink string) []string {
	h.Drain()
	bytes := h.OutputBytes(sink)
	fresh := string(bytes[seen[h]:])
	seen[h] = len(bytes)
	return strings.Split(strings.TrimSuffix(fresh, "\n"), "\n")
}

func output(t *testing.T, h *harness.Harness, sink string, wanted ...string) {
	t.Helper()
	if got := lines(h, sink); strings.Join(got, "|") != strings.Join(wanted, "|") {
		t.Errorf("output: got %q, wanted %q", got, wanted)
	}
}

func counted(t *testing.T, h *harness.Harness, stage, counter string, wanted int) {
	t.Helper()
	if got := h.Counter(stage, counter); got != wanted {
		t.Errorf("%s of %s: got %d, wanted %d", counter, stage, got, wanted)
	}
}

func TestMessagesGoThroughAllKindsOfStages(t *testing.T) {
	codec(t, serialize, deserialize)
	h := harness.New(t, words(t, &stateBuilder{}))
	h.Feed("the-words-source", "one two  one", "drop", "", "quiet", "three")
	output(t, h, "the-words-sink", "one => 1", "two => 1", "one => 2", "three => 2")
	h.ReloadStates()
	h.Feed("the-words-source", "two")
	output(t, h, "the-words-sink", "two => 3")
	if states := h.EncodedStates("state-the-counts"); len(states) != 3 {
		t.Errorf("states: %q", states)
	}
}

func TestAPanicOfEachPartConcernsItsMessageOnly(t *testing.T) {
	codec(t, serialize, deserialize)
	h := harness.New(t, words(t, &stateBuilder{fails: 1}))
	parts := []string{"decoder", "computation", "multi", "partition", "state computation", "encoder"}
	h.Feed("the-words-source", "built", "ann") // the first finds no state
	for i, part := range parts {
		h.Feed("the-words-source", "boom "+part, "ann")
		if got := lines(h, "the-words-sink"); len(got) == 0 || got[len(got)-1] != fmt.Sprintf("ann => %d", i+2) {
			t.Errorf("behind the panic of %s: %q", part, got)
		}
	}
	log := strings.Join(h.Log(), "\n")
	for _, part := range append(parts, "state builder") {
		if !strings.Contains(log, "panic: no "+part) {
			t.Errorf("the log does not tell of %s", part)
		}
	}
	// The state that boom left: the builder was asked again, and one of them came to the encoder.
	h.Feed("the-words-source", "built")
	if got := lines(h, "the-words-sink"); len(got) != 1 || got[0] != "built => 2" {
		t.Error(got)
	}
}

func TestNamesOfTodayAreUniqueAndLegal(t *testing.T) {
	a := app.MakeApplication("")
	long := strings.Repeat("x", 100)
	for _, name := range []string{"Ünï 1", "words", "words"} {
		a.NewPipeline(name, tcpIn).To(&builder{"words"}).To(&builder{""}).To(&builder{long}).To(&builder{long}).ToSink(tcpOut)
	}
	made := built(t, a)
	if err := made.Check(); err != nil {
		t.Fatal(err)
	}
	h := harness.New(t, made)
	got := strings.Join(append(h.Sources(), h.Sinks()...), " ")
	if wanted := "-n--1-source words-source words-2-source -n--1-sink words-sink words-2-sink"; got != wanted {
		t.Errorf("got %s, wanted %s", got, wanted)
	}
}

func TestKeysThatAreNotListedAreDroppedAndCounted(t *testing.T) {
	h := harness.New(t, words(t, &stateBuilder{}))
	h.Feed("the-words-source", "ann 1st Zoe bob")
	output(t, h, "the-words-sink", "ann => 1", "bob => 1")
	counted(t, h, "the-words-source", "keys_not_listed", 2)
}

func TestPipelinesMeetInAStateByItsName(t *testing.T) {
	codec(t, serialize, deserialize)
	a := app.MakeApplication("two")
	a.NewPipeline("in", app.MakeTCPSourceConfig("", "7010", &decoder{})).
		ToStatePartition(&count{}, &stateBuilder{}, "shared", &partition{}, letters()).Done()
	a.NewPipeline("out", app.MakeTCPSourceConfig("", "7011", &decoder{})).
		ToStatePartitionMulti(&countMulti{}, &stateBuilder{fails: 1000}, "shared", &partition{}, letters()).
		ToSink(tcpOut)
	for cores := 1; cores <= 3; cores++ {
		h := harness.New(t, built(t, a), harness.Cores(cores))
		for i, word := range []string{"ann", "bob", "ann"} {
			h.FeedConnection("in-source", i, word)
		}
		h.Drain()
		h.FeedConnection("out-source", 1, "ann")
		output(t, h, "out-sink", "ann => 2", "ann => 2")
		h.Feed("out-source", "cid") // the builder of the first use made this one, too
		output(t, h, "out-sink", "cid => 0", "cid => 0")
	}
}

func TestASerializeThatFailsIsNamed(t *testing.T) {
	cases := []struct {
		write  func(interface{}) []byte
		wanted string
	}{
		{nil, "a string cannot be serialized: wallarooapi.Serialize is not assigned"},
		{func(interface{}) []byte { return nil }, "a string cannot be serialized: wallarooapi.Serialize returned nothing for it"},
		{func(interface{}) []byte { panic("no gob") }, "no gob"},
	}
	for _, c := range cases {
		codec(t, c.write, deserialize)
		made := words(t, &stateBuilder{})
		made.OnError(wallaroo.DeadLetter)
		h := harness.New(t, made)
		h.Feed("the-words-source", "boom state computation", "ann")
		output(t, h, "the-words-sink", "ann => 1") // nothing needed Serialize so far
		letters := h.DeadLetters()
		if len(letters) != 1 || !strings.Contains(letters[0].Payload, c.wanted) {
			t.Errorf("dead letters: %+v, wanted %q", letters, c.wanted)
		}
	}
}

func TestOnErrorFailStopsTheWorker(t *testing.T) {
	made := words(t, &stateBuilder{})
	made.OnError(wallaroo.Fail)
	h := harness.New(t, made)
	h.Feed("the-words-source", "boom partition")
	h.Drain()
	if h.Failure() == nil || !strings.Contains(h.Failure().Error(), "no partition") {
		t.Error(h.Failure())
	}
}

// A computation with fields works on one message at a time, also on several cores; the race detector
// looks.
type numbering struct{ n int }

func (*numbering) Name() string         { return "numbering" }
func (n *numbering) Build() interface{} { return n }
func (n *numbering) Compute(data interface{}) interface{} {
	n.n++
	return fmt.Sprint(data, n.n)
}

func TestAComputationWithFieldsIsCalledByOneCoreAtATime(t *testing.T) {
	one := &numbering{}
	a := app.MakeApplication("numbers")
	a.NewPipeline("numbers", tcpIn).To(one).ToSink(tcpOut)
	made := built(t, a)
	var workers sync.WaitGroup
	for i := 0; i < 2; i++ {
		workers.Add(1)
		h := harness.New(t, made)
		go func() {
			defer workers.Done()
			for j := 0; j < 1000; j++ {
				h.Feed("numbers-source", "x")
			}
			h.Drain()
		}()
	}
	workers.Wait()
	if one.n != 2000 {
		t.Error(one.n)
	}
}

// everywhere is one object in all stages and sinks. It gives others the time to come between.
type everywhere struct{ n int }

func (e *everywhere) count() {
	n := e.n
	runtime.Gosched()
	e.n = n + 1
}

func (*everywhere) Name() string         { return "everywhere" }
func (e *everywhere) Build() interface{} { return e }
func (e *everywhere) Compute(data interface{}) interface{} {
	e.count()
	return data
}
func (e *everywhere) Encode(data interface{}) []byte {
	e.count()
	return []byte(data.(string))
}

func TestOneObjectInSeveralPlacesIsCalledByOneCoreAtATime(t *testing.T) {
	one := &everywhere{}
	a := app.MakeApplication("numbers")
	for _, name := range []string{"left", "right"} {
		a.NewPipeline(name, tcpIn).To(one).To(one).ToSink(app.MakeTCPSinkConfig("127.0.0.1", "7002", one))
	}
	made := built(t, a)
	var workers sync.WaitGroup
	for _, source := range []string{"left-source", "right-source"} {
		h := harness.New(t, made)
		workers.Add(1)
		go func(source string) {
			defer workers.Done()
			for i := 0; i < 1000; i++ {
				h.Feed(source, "x")
			}
			h.Drain()
		}(source)
	}
	workers.Wait()
	if one.n != 6000 {
		t.Error(one.n)
	}
}

type badHeader struct {
	decoder
	length func() uint64
}

func (b *badHeader) HeaderLength() uint64 { return b.length() }

type plainDecoder struct{}

func (*plainDecoder) Decode(b []byte) interface{} { return string(b) }

type builds struct{ what func() interface{} }

func (b *builds) Build() interface{} { return b.what() }

type kafkaEncoder struct{}

func (*kafkaEncoder) Encode(d interface{}) ([]byte, []byte) { return []byte(d.(string)), nil }

func TestWhatCannotBeBuiltIsOneSentence(t *testing.T) {
	brokers := []*app.KafkaHostPort{app.MakeKafkaHostPort("127.0.0.1", 9092)}
	header := func(length func() uint64) app.SourceConfig {
		return app.MakeTCPSourceConfig("", "1", &badHeader{length: length})
	}
	cases := []struct {
		source app.SourceConfig
		what   func() interface{}
		sink   app.SinkConfig
		wanted string
	}{
		{app.MakeKafkaSourceConfig("words", brokers, "Warn", &plainDecoder{}), nil, tcpOut,
			"pipeline 'p' reads the Kafka topic 'words', and this version has no Kafka source; use MakeTCPSourceConfig"},
		{tcpIn, nil, app.MakeKafkaSinkConfig("counts", brokers, "Warn", 100, 1000, &kafkaEncoder{}),
			"pipeline 'p' writes the Kafka topic 'counts', and this version has no Kafka sink; use MakeTCPSinkConfig"},
		{app.MakeTCPSourceConfig("", "1", &plainDecoder{}), nil, tcpOut, "that is no FramedDecoder"},
		{header(func() uint64 { panic("no header") }), nil, tcpOut, "HeaderLength of *application_test.badHeader panicked: no header"},
		{header(func() uint64 { return 0 }), nil, tcpOut, "with a header of 0 bytes; a header has 1 to 4096"},
		{tcpIn, func() interface{} { panic("no build") }, tcpOut, "Build of *application_test.builds panicked: no build"},
		{tcpIn, func() interface{} { return &multi{} }, tcpOut, "returned a *application_test.multi, which has not the methods of a Computation"},
	}
	for _, c := range cases {
		made := app.MakeApplication("mistaken")
		p := made.NewPipeline("p", c.source)
		if c.what != nil {
			p.To(&builds{c.what})
		}
		p.ToSink(c.sink)
		made.ToJson()
		if _, err := made.Build(); err == nil || !strings.Contains(err.Error(), c.wanted) {
			t.Errorf("got %v, wanted %q", err, c.wanted)
		}
	}
	made := app.MakeApplication("mistaken")
	made.NewPipeline("p", tcpIn).ToSink(tcpOut).ToSink(tcpOut)
	if _, err := made.Build(); err == nil || !strings.Contains(err.Error(), "goes on behind its sink") {
		t.Error(err)
	}
}

func TestWhatIsMissingIsOneSentence(t *testing.T) {
	a := app.MakeApplication("mistaken")
	states := func(computation wa.StateComputation, states wa.StateBuilder, of wa.PartitionFunction, keys []uint64) func() {
		return func() { a.NewPipeline("p", tcpIn).ToStatePartition(computation, states, "s", of, keys).ToSink(tcpOut) }
	}
	none := letters()[:0]
	for _, c := range []struct {
		add    func()
		wanted string
	}{
		{func() {}, "application 'mistaken' has no pipeline; begin one with NewPipeline"},
		{func() { a.NewPipeline("p", app.MakeTCPSourceConfig("", "1", nil)).ToSink(tcpOut) }, "MakeTCPSourceConfig was given nil as Decoder"},
		{func() { a.NewPipeline("p", tcpIn).ToSink(app.MakeTCPSinkConfig("", "2", nil)) }, "MakeTCPSinkConfig was given nil as Encoder"},
		{func() { a.NewPipeline("p", tcpIn).To(nil).ToSink(tcpOut) }, "To was given nil as ComputationBuilder"},
		{func() { a.NewPipeline("p", tcpIn).ToMulti(nil).ToSink(tcpOut) }, "ToMulti was given nil as ComputationMultiBuilder"},
		{states(nil, &stateBuilder{}, &partition{}, letters()), "ToStatePartition was given nil as StateComputation"},
		{states(&count{}, nil, &partition{}, letters()), "ToStatePartition was given nil as StateBuilder"},
		{states(&count{}, &stateBuilder{}, nil, letters()), "ToStatePartition was given nil as PartitionFunction"},
		{states(&count{}, &stateBuilder{}, &partition{}, none), "ToStatePartition was given no partitions"},
		{func() {
			a.NewPipeline("p", tcpIn).ToStatePartitionMulti(nil, &stateBuilder{}, "s", &partition{}, letters()).ToSink(tcpOut)
		}, "ToStatePartitionMulti was given nil as StateComputationMulti"},
	} {
		a = app.MakeApplication("mistaken")
		c.add()
		a.ToJson()
		_, err := a.Build()
		if err == nil || !strings.Contains(err.Error(), c.wanted) {
			t.Errorf("got %v, wanted %q", err, c.wanted)
		}
		if err != nil && strings.Contains(c.wanted, " was given ") && !strings.HasPrefix(err.Error(), "pipeline 'p' cannot be built: ") {
			t.Error(err)
		}
	}
}

func TestToJson(t *testing.T) {
	brokers := []*app.KafkaHostPort{app.MakeKafkaHostPort("10.0.0.1", 9092)}
	first := wa.AddComponent("a mark", wa.EncoderTypeId)
	a := app.MakeApplication("An App")
	a.NewPipeline("in", app.MakeTCPSourceConfig("127.0.0.1", "7010", &decoder{})).
		To(&builder{"one"}).
		ToMulti(&multiBuilder{}).
		ToStatePartition(&count{}, &stateBuilder{}, "counts", &partition{}, letters()).
		ToSink(app.MakeTCPSinkConfig("127.0.0.1", "7002", &encoder{}))
	a.NewPipeline("kafka", app.MakeKafkaSourceConfig("t", brokers, "Warn", &plainDecoder{})).
		ToSink(app.MakeKafkaSinkConfig("u", brokers, "Info", 1, 2, &kafkaEncoder{}))
	a.NewPipeline("ends", app.MakeTCPSourceConfig("", "7011", &decoder{})).Done()
	var document struct {
		Class, Name string
		Pipelines   []struct {
			Class, Name             string
			Partitions, Connections []map[string]interface{}
			Components              []struct {
				Class       string
				ComponentId uint64
			}
			Source map[string]interface{}
		}
	}
	text := a.ToJson()
	if err := json.Unmarshal([]byte(text), &document); err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(text, `{"Class":"Application","Name":"An App","Pipelines":[{"Class":"Pipeline","Name":"in","Partitions":[{"Class":"PartitionU64","PartitionFunctionId":`) {
		t.Error(text)
	}
	shape := ""
	for _, p := range document.Pipelines {
		shape += p.Source["Class"].(string) + ":"
		for _, c := range p.Components {
			shape += " " + c.Class
			if c.Class == "Encoder" && c.ComponentId <= first {
				t.Error("an encoder's number does not count on")
			}
		}
		for _, c := range p.Connections {
			shape += fmt.Sprintf(" %v(%v<%v)", c["Class"], c["StepId"], c["FromStepId"])
		}
		shape += "\n"
	}
	const wanted = `TCPSource: TCPFramedSourceHandler ComputationBuilder ComputationMultiBuilder StateComputation StateBuilder Encoder ToComputation(1<0) ToComputation(2<1) ToStatePartition(3<2) ToSink(4<3)
KafkaSource: SourceHandler Encoder ToSink(1<0)
TCPSource: TCPFramedSourceHandler Done(1<0)
`
	if shape != wanted {
		t.Errorf("got\n%s\nwanted\n%s", shape, wanted)
	}
	in := document.Pipelines[0]
	if in.Partitions[0]["PartitionId"] != in.Connections[2]["PartitionId"] || in.Connections[2]["PartitionId"] != 0.0 {
		t.Error("a state's PartitionId is no index into Partitions")
	}
	if !strings.Contains(text, `"Partitions":[],"Components":[{"Class":"SourceHandler"`) ||
		!strings.Contains(text, `"Source":{"Class":"KafkaSource","Topic":"t","Brokers":[{"Host":"10.0.0.1","Port":9092}],"LogLevel":"Warn","DecoderId":`) ||
		!strings.Contains(text, `"Sink":{"Class":"KafkaSink","Topic":"u","Brokers":[{"Host":"10.0.0.1","Port":9092}],"LogLevel":"Info","MaxProduceBufferMs":1,"MaxMessageSize":2,"EncoderId":`) {
		t.Error(text)
	}
}

func TestApplicationSetupHasToReturnWhatToJsonReturned(t *testing.T) {
	a := app.MakeApplication("numbers")
	a.NewPipeline("p", tcpIn).ToSink(tcpOut)
	described := a.ToJson()
	for _, returned := range []string{"", "{}", described + " "} {
		if _, err := host.Run([]string{"program", "--help"}, returned); err == nil || !strings.Contains(err.Error(), "it has to return what ToJson returned last") {
			t.Errorf("%q: %v", returned, err)
		}
	}
	if code, err := host.Run([]string{"program", "--help"}, described); code != 0 || err != nil {
		t.Error(code, err)
	}
}
