// Where messages come from and go to: TCP, UDP, memory, generator; and the text decoder and
// encoder.
#pragma once

#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "wallaroo/graph.h"

namespace wallaroo {

/// A source whose messages `decoder` turns into values.
template <class Decoder>
struct Source {
  SourceSpec spec;
  Decoder decoder;
};
/// A source whose values come from a function of their number.
template <class Make>
struct GeneratorSource {
  SourceSpec spec;
  Make make;
};
/// A sink whose messages `encoder` writes.
template <class Encoder>
struct Sink {
  SinkSpec spec;
  Framing framing;
  Encoder encoder;
};

/// Text as decoder: the message's bytes, as a view valid until the batch ends. As encoder: the
/// string.
struct Text {
  std::string_view operator()(std::string_view message) const { return message; }
  void operator()(std::string_view value, Bytes& out) const { out << value; }
};
inline constexpr Text text{};

namespace framing {

/// Lengths of 1 to 8 bytes in front of each message, big-endian.
constexpr Framing length_be(uint32_t bytes) {
  return {.kind = Framing::Kind::length, .header_bytes = bytes};
}
/// The same, little-endian.
constexpr Framing length_le(uint32_t bytes) {
  return {.kind = Framing::Kind::length, .header_bytes = bytes, .little_endian = true};
}
/// For sources of a format of one's own: the first `bytes` (1 to 4096) of each message are its
/// header, and `payload_length(header)` tells how many bytes follow. The message that the decoder
/// gets is header and payload together.
constexpr Framing header(uint32_t bytes, PayloadLength payload_length) {
  return {.kind = Framing::Kind::header, .header_bytes = bytes, .payload_length = payload_length};
}

inline constexpr Framing u8 = length_be(1);
inline constexpr Framing u16be = length_be(2);
inline constexpr Framing u16le = length_le(2);
inline constexpr Framing u32be = length_be(4);
inline constexpr Framing u32le = length_le(4);
inline constexpr Framing u64be = length_be(8);
inline constexpr Framing u64le = length_le(8);
inline constexpr Framing lines = Framing::lines;
inline constexpr Framing raw = Framing::raw;

}  // namespace framing

namespace tcp {

/// Listens on `address` ("host:port", ":port" is 127.0.0.1, "tls://host:port" with TLS) and takes
/// many connections, spread over the worker's cores. `decoder(std::string_view) -> T or
/// std::optional<T>`; an empty optional drops the message and counts it.
/// Or one that fills a value which is used again and tells why it
/// refuses: `using Message = T; bool operator()(std::string_view, T&); std::string why() const`.
template <class Decoder>
Source<Decoder> listen(Setting address, Framing framing, Decoder decoder,
                       TcpSourceSpec limits = {}) {
  limits.address = std::move(address);
  limits.framing = framing;
  return {std::move(limits), std::move(decoder)};
}

/// Connects to `address`, one connection from each core, and connects again when it breaks.
/// `encoder(const T&, Bytes&)` appends one message.
template <class Encoder>
Sink<Encoder> connect(Setting address, Framing framing, Encoder encoder) {
  return {TcpSinkSpec{std::move(address), framing}, framing, std::move(encoder)};
}

}  // namespace tcp

namespace file {

/// Reads the file at `path` from its start and ends with it, or follows it. One core reads it, so
/// its messages keep their order for each key.
template <class Decoder>
Source<Decoder> read(Setting path, Framing framing, Decoder decoder, FileSourceSpec options = {}) {
  options.path = std::move(path);
  options.framing = framing;
  return {std::move(options), std::move(decoder)};
}

/// Writes the file at `path`: all cores whole messages into the same one. A disk that is full is
/// waited for.
template <class Encoder>
Sink<Encoder> write(Setting path, Framing framing, Encoder encoder, FileSinkSpec options = {}) {
  options.path = std::move(path);
  options.framing = framing;
  return {std::move(options), framing, std::move(encoder)};
}

}  // namespace file

namespace udp {

/// Receives datagrams at `address` ("host:port", ":port" is 127.0.0.1); each is one message for
/// `decoder`. Nothing is asked again: what the network or a full buffer loses is gone.
template <class Decoder>
Source<Decoder> listen(Setting address, Decoder decoder, UdpSourceSpec limits = {}) {
  limits.address = std::move(address);
  return {std::move(limits), std::move(decoder)};
}

}  // namespace udp

namespace memory {

/// Feeds `messages`, `repeat` times over, then ends. They are dealt over the worker's cores.
template <class Decoder>
Source<Decoder> source(std::vector<std::string> messages, Decoder decoder, uint64_t repeat = 1) {
  return {MemorySourceSpec{std::make_shared<const std::vector<std::string>>(std::move(messages)),
                           repeat},
          std::move(decoder)};
}

/// Gathers the encoded messages in `output`.
template <class Encoder>
Sink<Encoder> sink(std::shared_ptr<MemoryOutput> output, Framing framing, Encoder encoder) {
  return {MemorySinkSpec{std::move(output), framing}, framing, std::move(encoder)};
}

}  // namespace memory

/// Makes values on core 0: `make(uint64_t number) -> std::optional<T>`, numbers from 0; an empty
/// optional ends the source. `per_second` 0 makes them as fast as the pipeline takes them.
template <class Make>
GeneratorSource<Make> generator(Make make, uint64_t per_second = 0) {
  return {GeneratorSpec{per_second}, std::move(make)};
}

namespace detail {

inline void write_length(const Framing& framing, uint64_t bytes, char* to) {
  const uint32_t width = framing.header_bytes;
  if (width < 8 && bytes >> (8 * width) != 0) {
    throw std::length_error("a message of " + std::to_string(bytes) +
                            " bytes does not fit a length of " + std::to_string(width) +
                            " bytes; use a longer one");
  }
  for (uint32_t i = 0; i < width; ++i) {
    const uint32_t place = framing.little_endian ? i : width - 1 - i;
    to[place] = static_cast<char>(bytes >> (8 * i));
  }
}

/// Throws std::length_error, which the stage counts as a failure of its message, when the message
/// is too long for its length.
template <class T, class Encoder>
void encode_message(const Encoder& encoder, const Framing& framing, const T& value, Bytes& out) {
  const size_t begin = out.size();
  const bool prefixed = framing.kind == Framing::Kind::length;
  if (prefixed) out.append("\0\0\0\0\0\0\0", framing.header_bytes);
  encoder(value, out);
  if (framing.kind == Framing::Kind::lines) {
    out << '\n';
  } else if (prefixed) {
    const uint64_t bytes = out.size() - begin - framing.header_bytes;
    write_length(framing, bytes, out.data() + begin);
  }
}

}  // namespace detail
}  // namespace wallaroo
