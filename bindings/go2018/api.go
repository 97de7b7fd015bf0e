// Package wallarooapi is the Go API of 2018 (tag 0.4.3 of the original), for programs that were
// written for it. They compile unchanged; `wallaroo go build` makes them executable. What is new in
// here is how they are run: on the engine of package wallaroo.example/wallaroo, which new programs
// use directly.
//
// A program is package main with an empty main and one exported function, ApplicationSetup, which
// builds an application with package application and returns its ToJson.
package wallarooapi

// Args is the command line without the flags of the framework; Args[0] is the program. It is set
// before ApplicationSetup is called.
var Args []string

// Serialize and Deserialize turn messages and states into bytes and back, where they have to leave
// the process or are shown to people. ApplicationSetup assigns them; a program whose messages stay
// in one worker works without. A nil from Serialize is an error that names the type.
var (
	Serialize   func(interface{}) []byte
	Deserialize func([]byte) interface{}
)

// A Computation makes one message, or nil for none, of each message.
type Computation interface {
	Name() string
	Compute(data interface{}) interface{}
}

// A ComputationMulti makes any number of messages of each message; nil ones are passed over.
type ComputationMulti interface {
	Name() string
	Compute(data interface{}) []interface{}
}

// A ComputationBuilder makes a Computation, one for each stage. A computation that has fields works on
// one message at a time; one without works on all cores at once.
type ComputationBuilder interface{ Build() interface{} }

// A ComputationMultiBuilder makes a ComputationMulti.
type ComputationMultiBuilder interface{ Build() interface{} }

// A StateComputation has the state of the message's key, which it may change. What it returns beside
// the message says whether it did.
type StateComputation interface {
	Name() string
	Compute(data interface{}, state interface{}) (interface{}, bool)
}

// A StateComputationMulti is a StateComputation with any number of messages.
type StateComputationMulti interface {
	Name() string
	Compute(data interface{}, state interface{}) ([]interface{}, bool)
}

// A StateBuilder makes the state of a new key.
type StateBuilder interface {
	Name() string
	Build() interface{}
}

// A PartitionFunction, like a decoder and a computation with state, is called by all cores at once. It gives each message a key. Keys that are not listed are dropped and counted.
type PartitionFunction interface{ Partition(data interface{}) uint64 }

// A Decoder makes a message of bytes, which it may keep; nil drops it.
type Decoder interface{ Decode(b []byte) interface{} }

// A FramedDecoder also says how messages are told apart: a header of so many bytes, and the length
// of what follows it. Decode gets what follows.
type FramedDecoder interface {
	HeaderLength() uint64
	PayloadLength(b []byte) uint64
	Decode(b []byte) interface{}
}

// An Encoder makes the bytes that go out for a message; nothing is added to them.
type Encoder interface{ Encode(d interface{}) []byte }

// A KafkaEncoder makes value and key.
type KafkaEncoder interface {
	Encode(d interface{}) ([]byte, []byte)
}
