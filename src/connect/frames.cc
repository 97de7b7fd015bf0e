#include "connect/frames.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>

#include "base/assert.h"
#include "base/bytes.h"

namespace wallaroo::connect {
namespace {

uint64_t load_length(const Framing& framing, const char* at) {
  uint64_t length = 0;
  for (uint32_t i = 0; i < framing.header_bytes; ++i) {
    const uint32_t place = framing.little_endian ? framing.header_bytes - 1 - i : i;
    length = length << 8 | static_cast<unsigned char>(at[place]);
  }
  return length;
}

/// Messages behind headers; `length_of(header)` is the length of what follows, if it makes sense.
/// A length is compared with the limit before anything is added to it.
template <class LengthOf>
Frames find_prefixed(const Framing& framing, uint32_t limit, const char* data, size_t bytes,
                     Record* records, size_t max, LengthOf length_of) {
  Frames frames;
  const size_t header_bytes = framing.header_bytes;
  const bool keeps_header = framing.kind == Framing::Kind::header;
  while (frames.count < max && bytes - frames.consumed >= header_bytes) {
    const char* at = data + frames.consumed;
    const std::optional<uint64_t> length = length_of(at);
    frames.senseless = !length.has_value();
    frames.over_limit = length.has_value() && *length > limit;
    if (frames.senseless || frames.over_limit) break;
    if (bytes - frames.consumed - header_bytes < *length) break;
    const auto payload_bytes = static_cast<uint32_t>(*length);
    records[frames.count].payload = keeps_header ? at : at + header_bytes;
    records[frames.count].payload_bytes =
        keeps_header ? payload_bytes + framing.header_bytes : payload_bytes;
    ++frames.count;
    frames.consumed += header_bytes + payload_bytes;
  }
  return frames;
}

Frames find_lines(uint32_t limit, const char* data, size_t bytes, Record* records, size_t max) {
  Frames frames;
  while (frames.count < max && frames.consumed < bytes) {
    const char* at = data + frames.consumed;
    const size_t left = bytes - frames.consumed;
    const auto* newline = static_cast<const char*>(std::memchr(at, '\n', left));
    const size_t length = newline != nullptr ? static_cast<size_t>(newline - at) : left;
    if (length > limit) {
      frames.over_limit = true;
      break;
    }
    if (newline == nullptr) break;
    const size_t carriage_return = length > 0 && at[length - 1] == '\r' ? 1 : 0;
    records[frames.count].payload = at;
    records[frames.count].payload_bytes = static_cast<uint32_t>(length - carriage_return);
    ++frames.count;
    frames.consumed += length + 1;
  }
  return frames;
}

Frames find_own(const Framing& framing, uint32_t limit, const char* data, size_t bytes,
                Record* records, size_t max) {
  std::array<MessageFinder::Span, kStepBatch> spans;
  MessageFinder::Problem problem = MessageFinder::Problem::none;
  Frames frames;
  frames.count = framing.finder->find({data, bytes}, limit, spans.data(),
                                      std::min(max, spans.size()), problem);
  ASSERT(frames.count <= std::min(max, spans.size()), "a finder of messages found too many");
  for (size_t i = 0; i < frames.count; ++i) {
    const MessageFinder::Span span = spans[i];
    ASSERT(frames.consumed <= span.begin && span.begin <= span.end && span.end <= bytes &&
               span.end - span.begin <= UINT32_MAX && span.end != frames.consumed,
           "a finder of messages left the bytes it was given");
    records[i].payload = data + span.begin;
    records[i].payload_bytes = static_cast<uint32_t>(span.end - span.begin);
    frames.consumed = span.end;
  }
  frames.over_limit = problem == MessageFinder::Problem::over_limit;
  frames.senseless = problem == MessageFinder::Problem::senseless;
  return frames;
}

}  // namespace

Frames find_frames(const Framing& framing, uint32_t frame_bytes_max, const char* data, size_t bytes,
                   Record* records, size_t records_max) {
  using Length = std::optional<uint64_t>;
  if (framing.kind == Framing::Kind::lines)
    return find_lines(frame_bytes_max, data, bytes, records, records_max);
  if (framing.kind == Framing::Kind::finder)
    return find_own(framing, frame_bytes_max, data, bytes, records, records_max);
  const auto find = [&](auto length_of) {
    return find_prefixed(framing, frame_bytes_max, data, bytes, records, records_max, length_of);
  };
  if (framing == Framing::u32be)
    return find([](const char* at) -> Length { return base::load_u32_be(at); });
  if (framing.kind == Framing::Kind::length)
    return find([&](const char* at) -> Length { return load_length(framing, at); });
  return find([&](const char* at) -> Length {
    return framing.payload_length({at, framing.header_bytes});
  });
}

}  // namespace wallaroo::connect
