// Where messages come from and go to: TCP, memory, generator; and the text decoder and encoder.
#pragma once

#include <memory>
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
inline constexpr Framing u32be = Framing::u32be;
inline constexpr Framing lines = Framing::lines;
inline constexpr Framing raw = Framing::raw;
}  // namespace framing

namespace tcp {

/// Listens on `address` ("host:port", ":port" is 127.0.0.1) and takes many connections, spread over
/// the worker's cores. `decoder(std::string_view) -> T or std::optional<T>`; an empty optional
/// drops the message and counts it.
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
  return {TcpSinkSpec{std::move(address)}, framing, std::move(encoder)};
}

}  // namespace tcp

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
  return {MemorySinkSpec{std::move(output)}, framing, std::move(encoder)};
}

}  // namespace memory

/// Makes values on core 0: `make(uint64_t number) -> std::optional<T>`, numbers from 0; an empty
/// optional ends the source. `per_second` 0 makes them as fast as the pipeline takes them.
template <class Make>
GeneratorSource<Make> generator(Make make, uint64_t per_second = 0) {
  return {GeneratorSpec{per_second}, std::move(make)};
}

namespace detail {

template <class T, class Encoder>
void encode_message(const Encoder& encoder, Framing framing, const T& value, Bytes& out) {
  const size_t begin = out.size();
  if (framing == Framing::u32be) out.append("\0\0\0\0", 4);
  encoder(value, out);
  if (framing == Framing::lines) {
    out << '\n';
  } else if (framing == Framing::u32be) {
    const size_t bytes = out.size() - begin - 4;
    for (size_t i = 0; i < 4; ++i) {
      out.data()[begin + i] = static_cast<char>(bytes >> (24 - 8 * i));
    }
  }
}

}  // namespace detail
}  // namespace wallaroo
