#include "wire/batch.h"

#include <cstring>

#include "base/assert.h"
#include "base/bytes.h"

namespace wallaroo::wire {
namespace {

constexpr size_t kRecordHeaderBytes = 24;

bool key_is_payload(const Record& record) {
  return record.key == record.payload && record.key_bytes == record.payload_bytes;
}

// Words and small structs dominate: two overlapping moves instead of a call.
inline char* copy(char* to, const char* from, size_t bytes) {
  if (bytes >= 8 && bytes <= 16) {
    const auto first = base::load<uint64_t>(from);
    const auto last = base::load<uint64_t>(from + bytes - 8);
    base::store(to, first);
    base::store(to + bytes - 8, last);
  } else if (bytes >= 4 && bytes < 8) {
    const auto first = base::load<uint32_t>(from);
    const auto last = base::load<uint32_t>(from + bytes - 4);
    base::store(to, first);
    base::store(to + bytes - 4, last);
  } else if (bytes < 4) {
    for (size_t i = 0; i < bytes; ++i) to[i] = from[i];
  } else {
    std::memcpy(to, from, bytes);
  }
  return to + bytes;
}

}  // namespace

size_t encoded_bytes(const Record& record) {
  return kRecordHeaderBytes + record.payload_bytes +
         (key_is_payload(record) ? 0 : record.key_bytes);
}

void append(Batch& batch, const Record& record) {
  char* to = batch.data() + batch.header.bytes;
  const bool shared = key_is_payload(record);
  base::store(to, record.hash);
  base::store(to + 8, record.event_time_ns);
  base::store(to + 16, record.key_bytes | (shared ? kKeyIsPayload : 0));
  base::store(to + 20, record.payload_bytes);
  to += kRecordHeaderBytes;
  if (!shared) to = copy(to, record.key, record.key_bytes);
  to = copy(to, record.payload, record.payload_bytes);
  batch.header.bytes = static_cast<uint32_t>(to - batch.data());
  ++batch.header.count;
}

bool parse(const Batch& batch, Record* records) {
  const uint32_t count = batch.header.count;
  if (count > kBatchRecordsMax || batch.header.bytes > batch.capacity) return false;
  const char* at = batch.data();
  const char* const end = at + batch.header.bytes;
  for (uint32_t i = 0; i < count; ++i) {
    if (static_cast<size_t>(end - at) < kRecordHeaderBytes) return false;
    Record& record = records[i];
    record.hash = base::load<uint64_t>(at);
    record.event_time_ns = base::load<int64_t>(at + 8);
    const auto key = base::load<uint32_t>(at + 16);
    record.payload_bytes = base::load<uint32_t>(at + 20);
    record.key_bytes = key & ~kKeyIsPayload;
    at += kRecordHeaderBytes;
    const bool shared = (key & kKeyIsPayload) != 0;
    const size_t key_bytes = shared ? 0 : record.key_bytes;
    if (shared && record.key_bytes != record.payload_bytes) return false;
    if (static_cast<size_t>(end - at) < key_bytes + record.payload_bytes) return false;
    record.key = at;
    record.payload = at + key_bytes;
    at += key_bytes + record.payload_bytes;
  }
  return at == end;
}

}  // namespace wallaroo::wire
