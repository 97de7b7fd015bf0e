package wallaroo

import (
	"encoding/json"
	"fmt"
	"time"
	"unicode/utf8"

	"wallaroo.example/wallaroo/internal/engine"
)

// A Framing says how messages are told apart in a stream of bytes.
type Framing struct {
	form    any
	finder  func(bytes []byte, sizeMax uint32, found []span) (int, uint32)
	mistake string // that the engine cannot find
}

type span = engine.Span

func length(bytes int, littleEndian bool) Framing {
	return Framing{form: map[string]any{"length": bytes, "little_endian": littleEndian}}
}

// Framings: a length of so many bytes in front of each message, big- or little-endian; lines, each
// ended by a newline; for sinks only, the bytes as the encoder wrote them.
var (
	U8    = length(1, false)
	U16BE = length(2, false)
	U16LE = length(2, true)
	U32BE = length(4, false)
	U32LE = length(4, true)
	U64BE = length(8, false)
	U64LE = length(8, true)
	Lines = Framing{form: "lines"}
	Raw   = Framing{form: "raw"}
)

// LengthBE is a length of 1 to 8 bytes in front of each message, big-endian.
func LengthBE(bytes int) Framing { return length(bytes, false) }

// LengthLE is the same, little-endian.
func LengthLE(bytes int) Framing { return length(bytes, true) }

// Header is for sources of a format of one's own: the first size bytes of each message are its
// header, and payload(header) says how many bytes follow, or that the header makes no sense, which
// closes the connection. A header has 1 to 4096 bytes. The decoder gets what follows it.
func Header(size int, payload func(header []byte) (uint64, error)) Framing {
	framing := Framing{form: "own", finder: func(bytes []byte, sizeMax uint32, found []span) (int, uint32) {
		return findMessages(size, payload, bytes, sizeMax, found)
	}}
	switch {
	case size < 1 || size > headerBytesMax:
		framing.mistake = fmt.Sprintf("a header has 1 to %d bytes, not %d", headerBytesMax, size)
	case payload == nil:
		framing.mistake = "Header needs a function from header to payload length; pass one"
	}
	return framing
}

const headerBytesMax = 4096

const (
	problemNone      = 0
	problemTooLong   = 1
	problemSenseless = 2
)

func findMessages(size int, payload func([]byte) (uint64, error), bytes []byte, sizeMax uint32, found []span) (count int, problem uint32) {
	problem = problemSenseless // until it returns, because recover does not tell of panic(nil)
	defer func() { _ = recover() }()
	for at := uint64(0); count < len(found) && uint64(len(bytes))-at >= uint64(size); {
		begin := at + uint64(size)
		bytesOfPayload, err := payload(bytes[at:begin])
		if err != nil {
			return count, problemSenseless
		}
		if bytesOfPayload > uint64(sizeMax) {
			return count, problemTooLong
		}
		if uint64(len(bytes))-begin < bytesOfPayload {
			break
		}
		at = begin + bytesOfPayload
		found[count] = span{Begin: begin, End: at}
		count++
	}
	return count, problemNone
}

// A SourceSpec says where the messages of a source come from.
type SourceSpec struct {
	kind    string
	fields  map[string]any
	framing *Framing
	mistake string
}

func (s SourceSpec) json() map[string]any { return map[string]any{s.kind: s.fields} }

// ListenTCP takes many connections at an address such as "127.0.0.1:7010", ":7010" (which is the
// same) or "tls://0.0.0.0:7010", and deals them over the cores.
func ListenTCP(address Setting, framing Framing, limits ...TCPLimits) SourceSpec {
	fields := map[string]any{"address": address.json(), "framing": framing.form}
	for _, limit := range limits {
		limit.put(fields)
	}
	s := SourceSpec{kind: "tcp", fields: fields, framing: &framing}
	for _, limit := range limits {
		if limit.IdleMax < 0 {
			delete(fields, "idle_ns_max")
			s.mistake = fmt.Sprintf("IdleMax cannot be %v; leave it out to let connections be silent", limit.IdleMax)
		}
	}
	return s
}

// TCPLimits are what a TCP source allows; zero leaves the default.
type TCPLimits struct {
	MessageBytesMax       uint32        // of one message; 1 MiB
	ConnectionsMax        uint32        // further ones are refused; 10,000
	ConnectionsPerPeerMax uint32        // from one IP address; 1,000
	IdleMax               time.Duration // a connection that was silent for so long is closed; never
}

func (l TCPLimits) put(fields map[string]any) {
	set := func(name string, value uint64) {
		if value != 0 {
			fields[name] = value
		}
	}
	set("frame_bytes_max", uint64(l.MessageBytesMax))
	set("connections_max", uint64(l.ConnectionsMax))
	set("connections_per_peer_max", uint64(l.ConnectionsPerPeerMax))
	set("idle_ns_max", uint64(l.IdleMax))
}

// ListenUDP receives datagrams; each is a message. What the network or a full buffer loses is gone.
func ListenUDP(address Setting) SourceSpec {
	return SourceSpec{kind: "udp", fields: map[string]any{"address": address.json()}}
}

// ReadFile reads a file from its start and ends with it.
func ReadFile(path Setting, framing Framing) SourceSpec {
	return SourceSpec{kind: "file", framing: &framing,
		fields: map[string]any{"path": path.json(), "framing": framing.form}}
}

// FollowFile reads a file from its start and waits at its end for more.
func FollowFile(path Setting, framing Framing) SourceSpec {
	s := ReadFile(path, framing)
	s.fields["follow"] = true
	return s
}

// Messages feeds messages of the program, repeat times over, and ends. They are texts in UTF-8; let
// Generate make other ones.
func Messages(repeat int, messages ...string) SourceSpec {
	s := SourceSpec{kind: "memory", fields: map[string]any{"messages": list(messages), "repeat": repeat}}
	for i, message := range messages {
		if !utf8.ValidString(message) {
			s.mistake = fmt.Sprintf("message %d of Messages is not UTF-8; let Generate make such messages", i+1)
		}
	}
	if repeat < 0 {
		s.fields["repeat"] = 0
		s.mistake = fmt.Sprintf("Messages cannot be repeated %d times", repeat)
	}
	return s
}

// A SinkSpec says where the messages of a sink go.
type SinkSpec struct {
	kind    string
	fields  map[string]any
	mistake string
}

func sinkSpec(kind string, framing Framing, fields map[string]any) SinkSpec {
	s := SinkSpec{kind: kind, fields: fields}
	if framing.finder != nil {
		s.mistake = "Header is for sources; write the header in the encoder and use Raw"
		framing = Raw
	}
	fields["framing"] = framing.form
	return s
}

func (s SinkSpec) json() map[string]any { return map[string]any{s.kind: s.fields} }

// DialTCP connects to an address, one connection from each core, and connects again when it breaks.
func DialTCP(address Setting, framing Framing) SinkSpec {
	return sinkSpec("tcp", framing, map[string]any{"address": address.json()})
}

// WriteFile writes a file, replacing what is there.
func WriteFile(path Setting, framing Framing) SinkSpec {
	return sinkSpec("file", framing, map[string]any{"path": path.json()})
}

// AppendFile writes behind what is in a file already.
func AppendFile(path Setting, framing Framing) SinkSpec {
	s := WriteFile(path, framing)
	s.fields["append"] = true
	return s
}

// Discard encodes and counts messages and throws them away, for measurements.
func Discard(framing Framing) SinkSpec {
	return sinkSpec("discard", framing, map[string]any{})
}

// Text decodes a message as text.
func Text(message []byte) (string, error) { return string(message), nil }

// AppendText encodes text as it is.
func AppendText(text string, out []byte) ([]byte, error) { return append(out, text...), nil }

// Bytes decodes a message as a copy of its bytes.
func Bytes(message []byte) ([]byte, error) { return append([]byte(nil), message...), nil }

// AppendBytes encodes bytes as they are.
func AppendBytes(bytes []byte, out []byte) ([]byte, error) { return append(out, bytes...), nil }

// JSON decodes a message with encoding/json.
func JSON[T any](message []byte) (T, error) {
	var value T
	err := json.Unmarshal(message, &value)
	return value, err
}

// AppendJSON encodes a value with encoding/json.
func AppendJSON[T any](value T, out []byte) ([]byte, error) {
	bytes, err := json.Marshal(value)
	return append(out, bytes...), err
}
