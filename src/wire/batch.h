// A batch: a run of records that happened to be ready together, as bytes. It is what crosses from
// core to core (by pointer) and, unchanged, what a connection between workers will carry.
//
// Layout of a record, little-endian, unaligned (docs/formats/batch.md):
//   u64 routing hash | i64 event time | u32 key bytes, top bit: the key is the payload | u32
//   payload bytes | key (unless it is the payload) | payload
// The header's watermark, barrier and end mark come after the records.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "base/bytes.h"
#include "wallaroo/detail/short_text.h"
#include "wallaroo/step.h"

namespace wallaroo::wire {

constexpr int64_t kNoWatermark = INT64_MIN;         // the batch says nothing about time
constexpr int64_t kIdleWatermark = INT64_MAX;       // the channel is idle: do not wait for it
constexpr int64_t kFinalWatermark = INT64_MAX - 1;  // the source has ended: all timers are due
constexpr uint32_t kKeyIsPayload = 1u << 31;
constexpr uint32_t kBatchRecordsMax = kStepBatch;

constexpr uint32_t kNoSource = UINT32_MAX;
constexpr uint64_t kNoOrigin = UINT64_MAX;

/// A message of a source, for people who look for it.
struct SourcePosition {
  uint32_t source = kNoSource;  // stage; kNoSource: of several, or of none
  uint32_t core = 0;            // whose connector took it in
  uint64_t origin = 0;          // connection or file, as that connector counts them; kNoOrigin: of
                                // several, and then neither core nor message is known
  uint64_t message = 0;         // from 1, within the origin

  bool same_origin(const SourcePosition& other) const {
    return source == other.source && core == other.core && origin == other.origin;
  }
  /// What is true of messages from both.
  SourcePosition common(const SourcePosition& other) const {
    if (same_origin(other)) return *this;
    return source == other.source ? SourcePosition{source, 0, kNoOrigin, 0} : SourcePosition{};
  }
};

enum class BatchKind : uint8_t { records, adopt_connection };

struct BatchHeader {
  uint32_t edge = 0;  // with the two cores: the channel
  uint16_t from_core = 0;
  uint16_t to_core = 0;
  uint32_t generation = 0;   // changes on recovery only
  uint32_t map_version = 0;  // which core owned which partition when this was routed
  uint32_t count = 0;
  uint32_t bytes = 0;
  int64_t oldest_arrival_ns =
      INT64_MAX;  // monotonic arrival of the oldest message behind the records
  int64_t watermark_ns = kNoWatermark;
  uint64_t barrier = 0;       // 0: none
  SourcePosition position{};  // of the message behind the first record, as far as true of all
  bool ends = false;          // nothing follows in this channel
  BatchKind kind = BatchKind::records;
};

/// Header and buffer in one allocation; made by BatchPool, owned by exactly one queue at a time.
struct Batch {
  BatchHeader header;
  uint32_t capacity = 0;
  Batch* next = nullptr;  // of the queue it is in

  char* data() { return reinterpret_cast<char*>(this + 1); }
  const char* data() const { return reinterpret_cast<const char*>(this + 1); }
};

constexpr size_t kRecordHeaderBytes = 24;
/// Behind the capacity of every batch, so that short runs can be copied in constant-size moves.
constexpr size_t kBatchSlackBytes = 16;

inline bool key_is_payload(const Record& record) {
  return record.key == record.payload && record.key_bytes == record.payload_bytes;
}

/// Bytes that the record would take.
inline size_t encoded_bytes(const Record& record) {
  return kRecordHeaderBytes + record.payload_bytes +
         (key_is_payload(record) ? 0 : record.key_bytes);
}

namespace detail {
inline char* put_bytes(char* to, const char* from, size_t bytes) {
  if (bytes <= wallaroo::detail::kShortBytes) [[likely]] {
    wallaroo::detail::copy_short(to, from, bytes);
  } else {
    std::memcpy(to, from, bytes);
  }
  return to + bytes;
}
}  // namespace detail

namespace detail {
/// Writes the record, encoded_bytes long, at `to`; returns its end.
inline char* put_record(char* to, const Record& record) {
  const bool shared = key_is_payload(record);
  base::store(to, record.hash);
  base::store(to + 8, record.event_time_ns);
  base::store(to + 16, record.key_bytes | (shared ? kKeyIsPayload : 0));
  base::store(to + 20, record.payload_bytes);
  to += kRecordHeaderBytes;
  if (!shared) to = put_bytes(to, record.key, record.key_bytes);
  return put_bytes(to, record.payload, record.payload_bytes);
}
}  // namespace detail

/// Appends the record; it must fit (encoded_bytes <= capacity - bytes).
inline void append(Batch& batch, const Record& record) {
  const char* end = detail::put_record(batch.data() + batch.header.bytes, record);
  batch.header.bytes = static_cast<uint32_t>(end - batch.data());
  ++batch.header.count;
}

/// Appends several records; the header is right again after finish().
class Writer {
 public:
  Writer(Batch& batch, uint32_t records_max)
      : batch_(batch),
        at_(batch.data() + batch.header.bytes),
        limit_(batch.data() + batch.capacity),
        left_(records_max - batch.header.count) {}

  /// False when the record has no room.
  bool append(const Record& record) {
    if (left_ == 0 || static_cast<size_t>(limit_ - at_) < encoded_bytes(record)) return false;
    at_ = detail::put_record(at_, record);
    --left_;
    ++added_;
    return true;
  }
  void finish() {
    batch_.header.bytes = static_cast<uint32_t>(at_ - batch_.data());
    batch_.header.count += added_;
    added_ = 0;
  }

 private:
  Batch& batch_;
  char* at_;
  char* const limit_;
  uint32_t left_;
  uint32_t added_ = 0;
};

/// Fills `records` (room for kBatchRecordsMax) with views into the batch. False when the bytes do
/// not hold exactly header.count records: lengths are checked, the batch may come from outside.
bool parse(const Batch& batch, Record* records);

}  // namespace wallaroo::wire
