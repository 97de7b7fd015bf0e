package application

import (
	wa "wallarooapi"
	"wallarooapi/application/repr"
)

// A SourceConfig says where a pipeline's messages come from.
type SourceConfig interface {
	SourceConfigRepr() interface{}
	MakeDecoder() repr.ComponentRepresentable
}

// A SinkConfig says where they go.
type SinkConfig interface {
	SinkConfigRepr() interface{}
	MakeEncoder() repr.ComponentRepresentable
}

// A TCPSourceConfig listens.
type TCPSourceConfig struct {
	host, port string
	decoder    wa.Decoder
	decoderId  uint64
}

// MakeTCPSourceConfig listens at host and port. The decoder must be a FramedDecoder.
func MakeTCPSourceConfig(host string, port string, decoder wa.Decoder) *TCPSourceConfig {
	return &TCPSourceConfig{host, port, decoder, wa.AddComponent(decoder, wa.DecoderTypeId)}
}

// SourceConfigRepr is SourceConfig.
func (c *TCPSourceConfig) SourceConfigRepr() interface{} {
	return &repr.TCPSource{Class: "TCPSource", Host: c.host, Port: c.port, DecoderId: c.decoderId}
}

// MakeDecoder is SourceConfig.
func (c *TCPSourceConfig) MakeDecoder() repr.ComponentRepresentable {
	return &repr.Component{Class: "TCPFramedSourceHandler", ComponentId: c.decoderId}
}

// A TCPSinkConfig connects.
type TCPSinkConfig struct {
	host, port string
	encoder    wa.Encoder
	encoderId  uint64
}

// MakeTCPSinkConfig connects to host and port.
func MakeTCPSinkConfig(host string, port string, encoder wa.Encoder) *TCPSinkConfig {
	return &TCPSinkConfig{host, port, encoder, wa.AddComponent(encoder, wa.EncoderTypeId)}
}

// SinkConfigRepr is SinkConfig.
func (c *TCPSinkConfig) SinkConfigRepr() interface{} {
	return &repr.TCPSink{Class: "TCPSink", Host: c.host, Port: c.port, EncoderId: c.encoderId}
}

// MakeEncoder is SinkConfig.
func (c *TCPSinkConfig) MakeEncoder() repr.ComponentRepresentable {
	return &repr.Component{Class: "Encoder", ComponentId: c.encoderId}
}

// A KafkaHostPort is a broker.
type KafkaHostPort struct {
	Host string
	Port uint64
}

// MakeKafkaHostPort names a broker.
func MakeKafkaHostPort(host string, port uint64) *KafkaHostPort { return &KafkaHostPort{host, port} }

func brokersRepr(brokers []*KafkaHostPort) []repr.KafkaHostPort {
	all := make([]repr.KafkaHostPort, 0, len(brokers))
	for _, broker := range brokers {
		all = append(all, repr.KafkaHostPort{Host: broker.Host, Port: broker.Port})
	}
	return all
}

// A KafkaSourceConfig reads a topic. It can be described, but not run yet.
type KafkaSourceConfig struct {
	topic     string
	brokers   []*KafkaHostPort
	logLevel  string
	decoderId uint64
}

// MakeKafkaSourceConfig reads a topic.
func MakeKafkaSourceConfig(topic string, brokers []*KafkaHostPort, logLevel string, decoder wa.Decoder) *KafkaSourceConfig {
	return &KafkaSourceConfig{topic, brokers, logLevel, wa.AddComponent(decoder, wa.DecoderTypeId)}
}

// SourceConfigRepr is SourceConfig.
func (c *KafkaSourceConfig) SourceConfigRepr() interface{} {
	return &repr.KafkaSource{Class: "KafkaSource", Topic: c.topic, Brokers: brokersRepr(c.brokers),
		LogLevel: c.logLevel, DecoderId: c.decoderId}
}

// MakeDecoder is SourceConfig.
func (c *KafkaSourceConfig) MakeDecoder() repr.ComponentRepresentable {
	return &repr.Component{Class: "SourceHandler", ComponentId: c.decoderId}
}

// A KafkaSinkConfig writes a topic. It can be described, but not run yet.
type KafkaSinkConfig struct {
	topic                              string
	brokers                            []*KafkaHostPort
	logLevel                           string
	maxProduceBufferMs, maxMessageSize uint64
	encoderId                          uint64
}

// MakeKafkaSinkConfig writes a topic.
func MakeKafkaSinkConfig(topic string, brokers []*KafkaHostPort, logLevel string, maxProduceBufferMs uint64, maxMessageSize uint64, encoder wa.KafkaEncoder) *KafkaSinkConfig {
	return &KafkaSinkConfig{topic, brokers, logLevel, maxProduceBufferMs, maxMessageSize,
		wa.AddComponent(encoder, wa.EncoderTypeId)}
}

// SinkConfigRepr is SinkConfig.
func (c *KafkaSinkConfig) SinkConfigRepr() interface{} {
	return &repr.KafkaSink{Class: "KafkaSink", Topic: c.topic, Brokers: brokersRepr(c.brokers), LogLevel: c.logLevel,
		MaxProduceBufferMs: c.maxProduceBufferMs, MaxMessageSize: c.maxMessageSize, EncoderId: c.encoderId}
}

// MakeEncoder is SinkConfig.
func (c *KafkaSinkConfig) MakeEncoder() repr.ComponentRepresentable {
	return &repr.Component{Class: "Encoder", ComponentId: c.encoderId}
}
