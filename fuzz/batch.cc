// A batch as it may come from another worker: counts and lengths that lie.
#include "wire/batch.h"

#include <cstdlib>
#include <memory>
#include <new>

#include "fuzz/targets.h"

namespace wallaroo::fuzz {
namespace {

using wire::Batch;

struct Free {
  void operator()(Batch* batch) const { std::free(batch); }
};
using Owned = std::unique_ptr<Batch, Free>;

Owned make(size_t capacity) {
  void* memory = std::malloc(sizeof(Batch) + capacity + wire::kBatchSlackBytes);
  Owned batch(new (memory) Batch);
  batch->capacity = static_cast<uint32_t>(capacity);
  return batch;
}

}  // namespace

void fuzz_batch(const uint8_t* data, size_t bytes) {
  Input input(data, bytes);
  const uint32_t count = input.byte();
  const std::string_view body = input.rest();
  const Owned batch = make(body.size());
  if (!body.empty()) std::memcpy(batch->data(), body.data(), body.size());
  batch->header.count = count;
  batch->header.bytes = static_cast<uint32_t>(body.size());
  Record records[wire::kBatchRecordsMax];
  if (!wire::parse(*batch, records)) return;

  const Owned again = make(body.size());
  wire::Writer writer(*again, wire::kBatchRecordsMax);
  for (uint32_t i = 0; i < count; ++i) {
    for (const std::string_view part : {records[i].key_view(), records[i].payload_view()}) {
      ASSERT(
          part.data() >= batch->data() && part.data() + part.size() <= batch->data() + body.size(),
          "keys and payloads lie inside the batch");
    }
    ASSERT(writer.append(records[i]), "what was read has room where it came from");
  }
  writer.finish();
  // An empty key and an empty payload at one place are written as one.
  Record second[wire::kBatchRecordsMax];
  ASSERT(wire::parse(*again, second), "what is written is read");
  for (uint32_t i = 0; i < count; ++i) {
    ASSERT(second[i].hash == records[i].hash &&
               second[i].event_time_ns == records[i].event_time_ns &&
               second[i].key_view() == records[i].key_view() &&
               second[i].payload_view() == records[i].payload_view(),
           "and is the same");
  }
}

std::vector<std::string> batch_seeds() {
  const std::string key = "key";
  const std::string payload = "payload";
  const Owned batch = make(256);
  const auto record = [](const std::string& k, const std::string& p) {
    return Record{.hash = 1,
                  .event_time_ns = -2,
                  .key = k.data(),
                  .payload = p.data(),
                  .key_bytes = static_cast<uint32_t>(k.size()),
                  .payload_bytes = static_cast<uint32_t>(p.size())};
  };
  wire::append(*batch, record(key, payload));
  wire::append(*batch, record(key, key));
  wire::append(*batch, record({}, {}));
  return {"\x03" + std::string(batch->data(), batch->header.bytes), std::string(1, '\0')};
}

}  // namespace wallaroo::fuzz
