// Messages in a stream of bytes: what is found must lie inside it, and must not depend on how the
// stream was cut into reads.
#include "connect/frames.h"

#include "fuzz/targets.h"
#include "wallaroo/connectors.h"

namespace wallaroo::fuzz {
namespace {

using connect::Frames;

/// The last byte of the header is the length; an odd first byte makes no sense.
std::optional<uint64_t> payload_length(std::string_view header) {
  if ((header.front() & 1) != 0) return std::nullopt;
  return static_cast<uint8_t>(header.back());
}

Framing framing_of(uint8_t choice) {
  const uint32_t width = 1 + choice / 4 % 8;
  switch (choice % 4) {
    case 0:
      return framing::length_be(width);
    case 1:
      return framing::length_le(width);
    case 2:
      return framing::header(width, payload_length);
    default:
      return Framing::lines;
  }
}

struct Found {
  std::string messages;  // each behind its length
  size_t count = 0;
  bool over_limit = false;
  bool senseless = false;
  bool operator==(const Found&) const = default;
};

/// Takes what `buffer` holds, `at_once` messages at a time, and leaves what is not complete.
void take(const Framing& framing, uint32_t limit, size_t at_once, std::string_view& buffer,
          Found& found) {
  static Record records[kStepBatch];  // to fill it anew costs more than what is tested
  while (!found.over_limit && !found.senseless) {
    const Frames frames =
        connect::find_frames(framing, limit, buffer.data(), buffer.size(), records, at_once);
    ASSERT(frames.count <= at_once, "no more messages than asked for");
    ASSERT(frames.consumed <= buffer.size(), "no more bytes than there are");
    size_t payload = 0;
    for (size_t i = 0; i < frames.count; ++i) {
      const std::string_view message = records[i].payload_view();
      ASSERT(message.data() >= buffer.data() &&
                 message.data() + message.size() <= buffer.data() + frames.consumed,
             "a message lies inside what was consumed");
      ASSERT(message.size() <= limit + framing.header_bytes, "no message is over the limit");
      payload += message.size();
      found.messages += static_cast<char>(message.size());
      found.messages += static_cast<char>(message.size() >> 8);
      found.messages += message;
    }
    ASSERT(payload <= frames.consumed, "messages do not overlap");
    found.count += frames.count;
    found.over_limit = frames.over_limit;
    found.senseless = frames.senseless;
    buffer.remove_prefix(frames.consumed);
    if (frames.count < at_once) return;
  }
}

}  // namespace

void fuzz_framing(const uint8_t* data, size_t bytes) {
  Input input(data, bytes);
  const Framing framing = framing_of(input.byte());
  const uint32_t limit = input.byte();
  const size_t at_once = 1 + input.byte() % kStepBatch;
  const std::string_view stream = input.rest();

  Found whole;
  std::string_view left = stream;
  take(framing, limit, at_once, left, whole);

  Found pieces;
  std::string buffer;
  in_pieces(stream, [&](std::string_view piece) {
    buffer += piece;
    std::string_view view = buffer;
    take(framing, limit, 1, view, pieces);
    ASSERT(pieces.over_limit || pieces.senseless ||
               view.size() <= size_t{limit} + framing.header_bytes + 1,
           "what is kept of an unfinished message is bounded by the limit");
    buffer.erase(0, buffer.size() - view.size());
    return !pieces.over_limit && !pieces.senseless;
  });
  ASSERT(whole == pieces, "the messages do not depend on how the bytes came");
}

std::vector<std::string> framing_seeds() {
  std::vector<std::string> seeds;
  for (int kind = 0; kind < 4; ++kind) {
    for (int width = 1; width <= 8; ++width) {
      const int choice = kind + 4 * (width - 1);
      std::string seed{static_cast<char>(choice), 100, 2};
      const Framing framing = framing_of(static_cast<uint8_t>(choice));
      for (const std::string_view text : {"a", "", "three"}) {
        if (framing.kind == Framing::Kind::lines) {
          seed += std::string(text) + "\r\n";
          continue;
        }
        std::string header(framing.header_bytes, '\0');
        header[framing.little_endian ? 0 : header.size() - 1] = static_cast<char>(text.size());
        if (framing.kind == Framing::Kind::header && width == 1) header[0] = 2;
        seed += header;
        seed += text;
      }
      seeds.push_back(std::move(seed));
    }
  }
  return seeds;
}

}  // namespace wallaroo::fuzz
