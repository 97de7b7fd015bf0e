package wallaroo

import (
	"encoding/json"
	"time"

	"wallaroo.example/wallaroo/internal/engine"
)

// A Framing says how messages are told apart in a stream of bytes.
type Framing struct {
	form   any
	finder func(bytes []byte, sizeMax uint32, found []span) (int, uint32)
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
// closes the connection. The decoder gets what follows the header.
func Header(size int, payload func(header []byte) (uint64, error)) Framing {
	return Framing{form: "own", finder: func(bytes []byte, sizeMax uint32, found []span) (int, uint32) {
		return findMessages(size, payload, bytes, sizeMax, found)
	}}
}

const (
	problemNone      = 0
	problemTooLong   = 1
	problemSenseless = 2
)

func findMessages(size int, payload func([]byte) (uint64, error), bytes []byte, sizeMax uint32, found []span) (count int, problem uint32) {
	defer func() {
		if recover() != nil {
			problem = problemSenseless
		}
	}()
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
		if at == 0 {
			return count, problemSenseless
		}
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
}

func (s SourceSpec) json() map[string]any { return map[string]any{s.kind: s.fields} }

// ListenTCP takes many connections at an address such as "127.0.0.1:7010", ":7010" (which is the
// same) or "tls://0.0.0.0:7010", and deals them over the cores.
func ListenTCP(address Setting, framing Framing, limits ...TCPLimits) SourceSpec {
	fields := map[string]any{"address": address.json(), "framing": framing.form}
	for _, limit := range limits {
		limit.put(fields)
	}
	return SourceSpec{kind: "tcp", fields: fields, framing: &framing}
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

// Messages feeds messages of the program, repeat times over, and ends.
func Messages(repeat int, messages ...string) SourceSpec {
	return SourceSpec{kind: "memory", fields: map[string]any{"messages": list(messages), "repeat": repeat}}
}

// A SinkSpec says where the messages of a sink go.
type SinkSpec struct {
	kind   string
	fields map[string]any
}

func (s SinkSpec) json() map[string]any { return map[string]any{s.kind: s.fields} }

// DialTCP connects to an address, one connection from each core, and connects again when it breaks.
func DialTCP(address Setting, framing Framing) SinkSpec {
	return SinkSpec{kind: "tcp", fields: map[string]any{"address": address.json(), "framing": framing.form}}
}

// WriteFile writes a file, replacing what is there.
func WriteFile(path Setting, framing Framing) SinkSpec {
	return SinkSpec{kind: "file", fields: map[string]any{"path": path.json(), "framing": framing.form}}
}

// AppendFile writes behind what is in a file already.
func AppendFile(path Setting, framing Framing) SinkSpec {
	s := WriteFile(path, framing)
	s.fields["append"] = true
	return s
}

// Discard encodes and counts messages and throws them away, for measurements.
func Discard(framing Framing) SinkSpec {
	return SinkSpec{kind: "discard", fields: map[string]any{"framing": framing.form}}
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
