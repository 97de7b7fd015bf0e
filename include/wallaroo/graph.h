// The logical graph that an Application gathers: pure data. build() checks it and turns it into a
// plan.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "wallaroo/bytes.h"
#include "wallaroo/step.h"

namespace wallaroo {

/// A value given in the program, or a command-line flag with a default: app.flag("in", ":7010").
struct Setting {
  std::string flag;  ///< empty: not settable
  std::string value;

  Setting() = default;
  Setting(const char* text) : value(text) {}             // NOLINT(google-explicit-constructor)
  Setting(std::string text) : value(std::move(text)) {}  // NOLINT(google-explicit-constructor)
  Setting(std::string flag_name, std::string fallback)
      : flag(std::move(flag_name)), value(std::move(fallback)) {}
};

/// A state that several state computations of an application use; see shared().
struct SharedState {
  std::optional<std::string> name{};  // nothing: it is not shared
};

/// The state called `name`, one for each key in the whole application: every state computation that
/// names it, in any pipeline, finds what the others left there. Their state and key types must be
/// the same.
inline SharedState shared(std::string name) { return {std::move(name)}; }

/// From the first bytes of a message to the number of bytes that follow them; an empty optional
/// when they make no sense, which closes the connection. Called once for each message.
using PayloadLength = std::optional<uint64_t> (*)(std::string_view header);

/// Tells messages apart in a way of its own, a buffer at a time. Bindings for other languages have
/// them; in C++ a PayloadLength does.
class MessageFinder {
 public:
  enum class Problem : uint8_t { none, over_limit, senseless };
  struct Span {
    size_t begin;  ///< of the message that the decoder gets
    size_t end;    ///< the next one begins here
  };
  virtual ~MessageFinder() = default;
  /// Writes where up to `max` complete messages at the start of `bytes` are and returns how many;
  /// `problem` is what keeps a message from following them.
  virtual size_t find(std::string_view bytes, uint32_t bytes_max, Span* found, size_t max,
                      Problem& problem) const = 0;
};

/// How messages are told apart in a stream of bytes. framing:: in connectors.h makes them.
struct Framing {
  enum class Kind : uint8_t {
    length,  ///< the payload's length as an unsigned number, then the payload
    header,  ///< a header of which a function tells the payload's length; sources only
    lines,   ///< each message ends with a newline; a carriage return before it is dropped on input
    raw,     ///< sinks only: bytes as the encoder wrote them
    finder,  ///< a MessageFinder knows; sources only
  };

  Kind kind = Kind::length;
  uint32_t header_bytes = 4;  ///< of length (1 to 8) and header
  bool little_endian = false;
  PayloadLength payload_length = nullptr;  ///< of header
  const MessageFinder* finder = nullptr;   ///< of finder; outlives the worker

  bool operator==(const Framing&) const = default;

  static const Framing u32be;
  static const Framing lines;
  static const Framing raw;
};
inline constexpr Framing Framing::u32be{};
inline constexpr Framing Framing::lines{.kind = Kind::lines, .header_bytes = 0};
inline constexpr Framing Framing::raw{.kind = Kind::raw, .header_bytes = 0};

struct TcpSourceSpec {
  Setting address{};
  Framing framing{};
  uint32_t frame_bytes_max = 1u << 20;        ///< a longer frame or line closes its connection
  uint32_t connections_max = 10'000;          ///< further ones are closed at once and counted
  uint32_t connections_per_peer_max = 1'000;  ///< of them from one IP address
  uint64_t idle_ns_max = 0;  ///< one that has been silent for so long is closed; 0: never
};
struct FileSourceSpec {
  Setting path{};
  Framing framing{};
  uint32_t frame_bytes_max = 1u << 20;  ///< a longer message stops the worker
  bool follow = false;  ///< at the end of the file wait for more; a shrunk one is read again
};
struct UdpSourceSpec {
  Setting address{};
  uint32_t datagram_bytes_max = 65'535;  ///< 1 to 65,535; a longer one is dropped and counted
  /// Room in the operating system for datagrams that wait to be read; 0: what it gives by default.
  /// It may give less (on Linux net.core.rmem_max).
  uint32_t receive_buffer_bytes = 0;
};
struct MemorySourceSpec {
  std::shared_ptr<const std::vector<std::string>> messages;
  uint64_t repeat = 1;
};
struct GeneratorSpec {
  uint64_t per_second = 0;  ///< 0: as fast as the pipeline takes them
};
using SourceSpec = std::variant<std::monostate, TcpSourceSpec, FileSourceSpec, MemorySourceSpec,
                                GeneratorSpec, UdpSourceSpec>;

struct TcpSinkSpec {
  Setting address;
  Framing framing{};
};
struct FileSinkSpec {
  Setting path{};
  Framing framing{};
  bool append = false;  ///< behind what is there already; otherwise that is replaced
};
/// What a memory sink gathered: one run of bytes for each core. Read it when the worker has ended.
struct MemoryOutput {
  std::vector<Bytes> by_core;
  bool keep = true;  ///< false: bytes are counted and thrown away
  std::vector<uint64_t> discarded_bytes_by_core;
};
struct MemorySinkSpec {
  std::shared_ptr<MemoryOutput> output;
  Framing framing{};
};
using SinkSpec = std::variant<std::monostate, TcpSinkSpec, FileSinkSpec, MemorySinkSpec>;

enum class NodeKind : uint8_t {
  source,
  computation,
  event_time,
  key_by,
  state,
  merge,   ///< each input ends its chain here and a new one begins
  spread,  ///< the same with one input, dealt over all cores
  sink,
};

struct Node {
  NodeKind kind = NodeKind::computation;
  std::string name{};
  std::string pipeline{};
  std::vector<uint32_t> inputs{};
  std::shared_ptr<const StepFactory> factory{};
  SourceSpec source{};
  SinkSpec sink{};
  bool closed = false;                        ///< key_by with a list of keys
  std::vector<std::string> closed_keys{};     ///< as bytes
  std::string key_type{};                     ///< key_by: description of the key
  std::optional<std::string> shared_state{};  ///< state: the name it shares; nothing: its own
  std::optional<OnError> on_error{};          ///< empty: as the graph says
};

struct Graph {
  std::string application;
  std::vector<Node> nodes;
  std::vector<std::string> flags;      ///< names asked for by app.flag
  std::vector<std::string> pipelines;  ///< names given to app.pipeline
  std::vector<std::string> mistakes;   ///< what cannot be told from the nodes alone
  OnError on_error = OnError::drop;
  SinkSpec dead_letters{};  ///< a file or memory

  /// Appends a node and returns its number.
  uint32_t add(Node node);
};

}  // namespace wallaroo
