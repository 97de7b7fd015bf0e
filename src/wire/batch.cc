#include "wire/batch.h"

namespace wallaroo::wire {

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
