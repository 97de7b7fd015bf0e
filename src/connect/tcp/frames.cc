#include "connect/tcp/frames.h"

#include <cstring>

#include "base/bytes.h"

namespace wallaroo::connect {
namespace {

constexpr size_t kLengthBytes = 4;

Frames find_u32be(uint32_t limit, const char* data, size_t bytes, Record* records, size_t max) {
  Frames frames;
  while (frames.count < max && bytes - frames.consumed >= kLengthBytes) {
    const char* at = data + frames.consumed;
    const uint32_t length = base::load_u32_be(at);
    if (length > limit) {
      frames.over_limit = true;
      break;
    }
    if (bytes - frames.consumed - kLengthBytes < length) break;
    records[frames.count].payload = at + kLengthBytes;
    records[frames.count].payload_bytes = length;
    ++frames.count;
    frames.consumed += kLengthBytes + length;
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

}  // namespace

Frames find_frames(Framing framing, uint32_t frame_bytes_max, const char* data, size_t bytes,
                   Record* records, size_t records_max) {
  return framing == Framing::lines ? find_lines(frame_bytes_max, data, bytes, records, records_max)
                                   : find_u32be(frame_bytes_max, data, bytes, records, records_max);
}

}  // namespace wallaroo::connect
