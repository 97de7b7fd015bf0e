// What `send` and `receive` share: how messages stand in a byte stream, and how far a transfer is.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>

namespace wallaroo::os {

enum class Framing : uint8_t {
  lines,   // a message ends with a newline
  framed,  // its length as 32 bits, big-endian, then the message
  raw,     // no messages, only bytes
};

constexpr size_t kMessageBytesMax = 64 << 20;

struct TransferStatus {
  uint64_t messages = 0;
  uint64_t bytes = 0;  // on the wire
  size_t connections = 0;
  double seconds = 0;
};

enum class TransferEnd : uint8_t { complete, timed_out, interrupted };

struct TransferSummary {
  TransferStatus total;
  TransferEnd end = TransferEnd::complete;
  uint64_t broken_messages = 0;  // cut off, or over the limit; receive only
};

struct TransferWatch {
  std::function<void(const TransferStatus&)> on_progress{};  // may be empty
  int64_t progress_ns = 1'000'000'000;
  const std::atomic<bool>* stop = nullptr;  // looked at several times a second
};

}  // namespace wallaroo::os
