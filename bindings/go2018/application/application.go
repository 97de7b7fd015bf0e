// Package application builds the pipelines of a program of 2018. See package wallarooapi.
package application

import (
	"encoding/json"

	wa "wallarooapi"
	"wallarooapi/application/repr"
)

// The names of a pipeline's connections, for programs that look at them.
type (
	// Step is a place in a pipeline; 0 is its source.
	Step struct{ StepId, FromStepId uint64 }
	// To is a step that computes.
	To = repr.To
	// ToStatePartition is a step with state.
	ToStatePartition = repr.ToStatePartition
	// ToSink ends a pipeline at a sink.
	ToSink = repr.ToSink
	// Done ends a pipeline without one.
	Done = repr.Done
	// Partition is a partition function and the list of its keys.
	Partition = repr.Partition
)

// MakePartition describes a partition by the numbers of its function and of its list of keys.
func MakePartition(functionId, listId uint64) *Partition {
	return repr.MakePartition(functionId, listId, 0)
}

type application struct {
	name      string
	pipelines []*pipelineBuilder

	description string // that ToJson returned last
}

// MakeApplication begins an application.
func MakeApplication(name string) *application { return &application{name: name} }

// NewPipeline begins a pipeline at a source.
func (a *application) NewPipeline(name string, source SourceConfig) *pipelineBuilder {
	p := &pipelineBuilder{application: a, name: name, source: source,
		repr: repr.MakePipeline(name, source.SourceConfigRepr())}
	p.component(source.MakeDecoder().Repr())
	a.pipelines = append(a.pipelines, p)
	return p
}

// ToJson returns the description of the application. The one whose description was asked for last is
// the one that the program runs.
func (a *application) ToJson() string {
	described = a
	document := repr.MakeApplication(a.name)
	for _, p := range a.pipelines {
		document.Pipelines = append(document.Pipelines, p.repr)
	}
	bytes, err := json.Marshal(document)
	if err != nil {
		panic("wallarooapi: the application cannot be written as JSON: " + err.Error())
	}
	a.description = string(bytes)
	return a.description
}

// described is the application that the program runs.
var described *application

// A stage is a step of a pipeline, as it will be built: the one of the first four that its method
// names is there, or the program passed nil.
type stage struct {
	method      string
	one         wa.ComputationBuilder
	many        wa.ComputationMultiBuilder
	computation component // with state
	sink        SinkConfig

	stateBuilder wa.StateBuilder
	stateName    string
	partition    wa.PartitionFunction
	keys         []uint64
}

// A component of the program has a name; what else it has depends on what it is.
type component interface{ Name() string }

type pipelineBuilder struct {
	application *application
	name        string
	source      SourceConfig
	stages      []stage
	repr        *repr.Pipeline
	step        uint64
}

func (p *pipelineBuilder) component(component interface{}) {
	p.repr.Components = append(p.repr.Components, component)
}

func (p *pipelineBuilder) connect(connection interface{}) {
	p.repr.Connections = append(p.repr.Connections, connection)
}

func (p *pipelineBuilder) next() (step, from uint64) {
	p.step++
	return p.step, p.step - 1
}

func (p *pipelineBuilder) to(class string, builder interface{}, s stage) *pipelineBuilder {
	id := wa.AddComponent(builder, wa.ComputationBuilderTypeId)
	p.component(&repr.Component{Class: class, ComponentId: id})
	step, from := p.next()
	p.connect(&repr.To{Class: "ToComputation", StepId: step, FromStepId: from, ComputationBuilderId: id})
	p.stages = append(p.stages, s)
	return p
}

// To adds a computation.
func (p *pipelineBuilder) To(builder wa.ComputationBuilder) *pipelineBuilder {
	return p.to("ComputationBuilder", builder, stage{method: "To", one: builder})
}

// ToMulti adds a computation with any number of outputs.
func (p *pipelineBuilder) ToMulti(builder wa.ComputationMultiBuilder) *pipelineBuilder {
	return p.to("ComputationMultiBuilder", builder, stage{method: "ToMulti", many: builder})
}

// ToStatePartition adds a computation with a state for each of the listed keys. The state of a name
// is one for the whole application.
func (p *pipelineBuilder) ToStatePartition(computation wa.StateComputation, stateBuilder wa.StateBuilder, stateName string, partition wa.PartitionFunction, partitions []uint64) *pipelineBuilder {
	return p.toState("ToStatePartition", "StateComputation", computation, stateBuilder, stateName, partition, partitions)
}

// ToStatePartitionMulti is ToStatePartition with any number of outputs.
func (p *pipelineBuilder) ToStatePartitionMulti(computation wa.StateComputationMulti, stateBuilder wa.StateBuilder, stateName string, partition wa.PartitionFunction, partitions []uint64) *pipelineBuilder {
	return p.toState("ToStatePartitionMulti", "StateComputationMulti", computation, stateBuilder, stateName, partition, partitions)
}

func (p *pipelineBuilder) toState(method, class string, computation component, stateBuilder wa.StateBuilder, stateName string, partition wa.PartitionFunction, partitions []uint64) *pipelineBuilder {
	computationId := wa.AddComponent(computation, wa.StateComputationTypeId)
	builderId := wa.AddComponent(stateBuilder, wa.StateBuilderTypeId)
	p.component(&repr.Component{Class: class, ComponentId: computationId})
	p.component(&repr.Component{Class: "StateBuilder", ComponentId: builderId})
	partitionId := p.partition(partition, partitions)
	step, from := p.next()
	p.connect(&repr.ToStatePartition{Class: "ToStatePartition", StepId: step, FromStepId: from,
		StateComputationId: computationId, StateBuilderId: builderId, StateName: stateName, PartitionId: partitionId})
	p.stages = append(p.stages, stage{method: method, computation: computation, stateBuilder: stateBuilder,
		stateName: stateName, partition: partition, keys: partitions})
	return p
}

// partition describes a partition function and its keys; the result is its place in the pipeline's
// Partitions.
func (p *pipelineBuilder) partition(partition wa.PartitionFunction, partitions []uint64) uint64 {
	described := MakePartition(wa.AddComponent(partition, wa.PartitionFunctionTypeId),
		wa.AddComponent(partitions, wa.PartitionListTypeId))
	described.PartitionId = uint64(len(p.repr.Partitions))
	p.repr.Partitions = append(p.repr.Partitions, described)
	return described.PartitionId
}

// ToSink ends the pipeline at a sink.
func (p *pipelineBuilder) ToSink(sink SinkConfig) *pipelineBuilder {
	p.component(sink.MakeEncoder().Repr())
	step, from := p.next()
	p.connect(&repr.ToSink{Class: "ToSink", StepId: step, FromStepId: from, Sink: sink.SinkConfigRepr()})
	p.stages = append(p.stages, stage{method: "ToSink", sink: sink})
	return p
}

// Done ends the pipeline without a sink.
func (p *pipelineBuilder) Done() {
	step, from := p.next()
	p.connect(&repr.Done{Class: "Done", StepId: step, FromStepId: from})
}
