// Package repr holds what becomes the JSON of an application.
package repr

// A ComponentRepresentable is a part of a pipeline that has a place in its JSON.
type ComponentRepresentable interface{ Repr() interface{} }

// An Application is the whole.
type Application struct {
	Class     string
	Name      string
	Pipelines []interface{}
}

// MakeApplication returns one without pipelines.
func MakeApplication(name string) *Application {
	return &Application{"Application", name, make([]interface{}, 0)}
}

// A Pipeline is a source, the steps behind it, and what they stand on.
type Pipeline struct {
	Class       string
	Name        string
	Partitions  []interface{}
	Components  []interface{}
	Connections []interface{}
	Source      interface{}
}

// MakePipeline returns one with nothing behind its source.
func MakePipeline(name string, source interface{}) *Pipeline {
	return &Pipeline{"Pipeline", name, make([]interface{}, 0), make([]interface{}, 0), make([]interface{}, 0), source}
}

// A Component is a computation, builder, decoder or encoder by its number.
type Component struct {
	Class       string
	ComponentId uint64
}

// Repr is ComponentRepresentable.
func (c *Component) Repr() interface{} { return c }

// A Partition is a partition function and the list of its keys.
type Partition struct {
	Class               string
	PartitionFunctionId uint64
	PartitionListId     uint64
	PartitionId         uint64
}

// MakePartition returns the representation of a partition.
func MakePartition(functionId, listId, partitionId uint64) *Partition {
	return &Partition{"PartitionU64", functionId, listId, partitionId}
}

// A To is a step that computes.
type To struct {
	Class                string
	StepId, FromStepId   uint64
	ComputationBuilderId uint64
}

// A ToStatePartition is a step with state.
type ToStatePartition struct {
	Class              string
	StepId, FromStepId uint64
	StateComputationId uint64
	StateBuilderId     uint64
	StateName          string
	PartitionId        uint64
}

// A ToSink ends a pipeline at a sink.
type ToSink struct {
	Class              string
	StepId, FromStepId uint64
	Sink               interface{}
}

// A Done ends a pipeline without one.
type Done struct {
	Class              string
	StepId, FromStepId uint64
}

// A TCPSource is where a pipeline listens.
type TCPSource struct {
	Class, Host, Port string
	DecoderId         uint64
}

// A TCPSink is where it connects to.
type TCPSink struct {
	Class, Host, Port string
	EncoderId         uint64
}

// A KafkaHostPort is a broker.
type KafkaHostPort struct {
	Host string
	Port uint64
}

// A KafkaSource is a topic that is read.
type KafkaSource struct {
	Class, Topic string
	Brokers      []KafkaHostPort
	LogLevel     string
	DecoderId    uint64
}

// A KafkaSink is a topic that is written.
type KafkaSink struct {
	Class, Topic       string
	Brokers            []KafkaHostPort
	LogLevel           string
	MaxProduceBufferMs uint64
	MaxMessageSize     uint64
	EncoderId          uint64
}
