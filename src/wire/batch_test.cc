// The batch format: what is appended comes back, and bytes from outside are never believed.
#include "wire/batch.h"

#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <memory>
#include <new>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/rng.h"

namespace wallaroo::wire {
namespace {

struct Freed {
  void operator()(Batch* batch) const {
    batch->~Batch();
    ::operator delete(batch);
  }
};
using OwnedBatch = std::unique_ptr<Batch, Freed>;

/// With exactly so many bytes behind the header, so that AddressSanitizer sees what goes beyond.
OwnedBatch make_batch(uint32_t capacity, size_t slack = 0) {
  OwnedBatch batch(new (::operator new(sizeof(Batch) + capacity + slack)) Batch);
  batch->capacity = capacity;
  return batch;
}

struct Sample {
  uint64_t hash;
  int64_t event_time_ns;
  std::string key;
  std::string payload;
  bool shared = false;  // the key is the payload

  Record record() const {
    Record record;
    record.hash = hash;
    record.event_time_ns = event_time_ns;
    record.payload = payload.data();
    record.payload_bytes = static_cast<uint32_t>(payload.size());
    record.key = shared ? record.payload : key.data();
    record.key_bytes = shared ? record.payload_bytes : static_cast<uint32_t>(key.size());
    return record;
  }
};

std::string random_text(base::Rng& rng) {
  std::string text(rng.below(rng.chance(1, 6) ? 200 : 25), '\0');
  for (char& c : text) c = static_cast<char>(rng.below(256));
  return text;
}

std::vector<Sample> random_samples(base::Rng& rng, size_t count) {
  std::vector<Sample> samples;
  for (size_t i = 0; i < count; ++i) {
    samples.push_back({rng.next(), static_cast<int64_t>(rng.next()), random_text(rng),
                       random_text(rng), rng.chance(1, 3)});
  }
  return samples;
}

OwnedBatch batch_of(const std::vector<Sample>& samples) {
  size_t bytes = 0;
  for (const Sample& sample : samples) bytes += encoded_bytes(sample.record());
  OwnedBatch batch = make_batch(static_cast<uint32_t>(bytes), kBatchSlackBytes);
  for (const Sample& sample : samples) append(*batch, sample.record());
  return batch;
}

using Records = std::array<Record, kBatchRecordsMax>;

/// A copy whose buffer ends where its bytes end.
OwnedBatch copy_of(const Batch& batch, uint32_t bytes) {
  OwnedBatch copy = make_batch(bytes);
  copy->header = batch.header;
  copy->header.bytes = bytes;
  std::memcpy(copy->data(), batch.data(), bytes);
  return copy;
}

/// Reads every byte that the records claim to have.
uint64_t touch(const Records& records, uint32_t count) {
  uint64_t sum = 0;
  for (uint32_t i = 0; i < count; ++i) {
    for (const char c : records[i].key_view()) sum += static_cast<unsigned char>(c);
    for (const char c : records[i].payload_view()) sum += static_cast<unsigned char>(c);
  }
  return sum;
}

TEST(Batch, gives_back_what_was_appended) {
  base::Rng rng(1);
  for (int run = 0; run < 2000; ++run) {
    const auto samples = random_samples(rng, rng.below(kBatchRecordsMax + 1));
    const OwnedBatch batch = batch_of(samples);
    ASSERT_EQ(batch->header.count, samples.size());
    ASSERT_EQ(batch->header.bytes, batch->capacity);
    Records records;
    ASSERT_TRUE(parse(*batch, records.data()));
    for (size_t i = 0; i < samples.size(); ++i) {
      const Record expected = samples[i].record();
      ASSERT_EQ(records[i].hash, expected.hash);
      ASSERT_EQ(records[i].event_time_ns, expected.event_time_ns);
      ASSERT_EQ(records[i].key_view(), expected.key_view());
      ASSERT_EQ(records[i].payload_view(), expected.payload_view());
    }
  }
}

TEST(Batch, key_that_is_the_payload_is_written_once) {
  const Sample twice{1, 2, "word", "word"};
  const Sample once{1, 2, "", "word", true};
  EXPECT_EQ(encoded_bytes(twice.record()), 24u + 8);
  EXPECT_EQ(encoded_bytes(once.record()), 24u + 4);
}

/// docs/formats/batch.md, byte by byte.
TEST(Batch, layout_is_the_documented_one) {
  const OwnedBatch batch = batch_of({{0x0102030405060708, -2, "k", "pay"}, {9, 10, "", "w", true}});
  const std::string expected(
      "\x08\x07\x06\x05\x04\x03\x02\x01\xfe\xff\xff\xff\xff\xff\xff\xff\x01\0\0\0\x03\0\0\0kpay"
      "\x09\0\0\0\0\0\0\0\x0a\0\0\0\0\0\0\0\x01\0\0\x80\x01\0\0\0w",
      28 + 25);
  EXPECT_EQ(std::string(batch->data(), batch->header.bytes), expected);
}

TEST(Batch, truncated_at_every_byte_is_refused) {
  base::Rng rng(3);
  const OwnedBatch batch = batch_of(random_samples(rng, 6));
  Records records;
  for (uint32_t bytes = 0; bytes < batch->header.bytes; ++bytes)
    EXPECT_FALSE(parse(*copy_of(*batch, bytes), records.data())) << bytes;
}

TEST(Batch, more_bytes_or_another_count_are_refused) {
  base::Rng rng(4);
  const OwnedBatch batch = batch_of(random_samples(rng, 6));
  Records records;
  OwnedBatch longer = make_batch(batch->header.bytes + 1);
  longer->header = batch->header;
  std::memcpy(longer->data(), batch->data(), batch->header.bytes);
  longer->data()[batch->header.bytes] = 0;
  longer->header.bytes = longer->capacity;
  EXPECT_FALSE(parse(*longer, records.data()));
  for (const uint32_t count : {0u, 5u, 7u, kBatchRecordsMax, kBatchRecordsMax + 1, 0xFFFFFFFFu}) {
    OwnedBatch other = copy_of(*batch, batch->header.bytes);
    other->header.count = count;
    EXPECT_FALSE(parse(*other, records.data())) << count;
  }
}

TEST(Batch, more_bytes_than_the_buffer_holds_are_refused) {
  const OwnedBatch batch = batch_of({{1, 2, "key", "payload"}});
  batch->header.bytes = batch->capacity + 1;
  Records records;
  EXPECT_FALSE(parse(*batch, records.data()));
}

TEST(Batch, lengths_whose_sum_wraps_are_refused) {
  for (const uint32_t key : {0x7FFFFFFFu, 0xFFFFFFFFu, kKeyIsPayload, kKeyIsPayload | 5}) {
    for (const uint32_t payload : {0xFFFFFFFFu, 0x80000000u, 0x80000001u, 4u}) {
      const OwnedBatch batch = batch_of({{1, 2, "key", "payload"}});
      base::store(batch->data() + 16, key);
      base::store(batch->data() + 20, payload);
      Records records;
      EXPECT_FALSE(parse(*batch, records.data())) << key << " " << payload;
    }
  }
}

/// A flipped bit may give other records, but never ones outside the buffer.
TEST(Batch, flipped_bits_never_lead_outside) {
  base::Rng rng(5);
  const OwnedBatch batch = batch_of(random_samples(rng, 8));
  Records records;
  size_t refused = 0;
  uint64_t read = 0;
  for (uint32_t bit = 0; bit < batch->header.bytes * 8; ++bit) {
    OwnedBatch flipped = copy_of(*batch, batch->header.bytes);
    flipped->data()[bit / 8] = static_cast<char>(flipped->data()[bit / 8] ^ (1 << bit % 8));
    if (!parse(*flipped, records.data())) {
      ++refused;
      continue;
    }
    for (uint32_t i = 0; i < flipped->header.count; ++i) {
      ASSERT_GE(records[i].key, flipped->data());
      ASSERT_LE(records[i].payload + records[i].payload_bytes,
                flipped->data() + flipped->header.bytes);
    }
    read += touch(records, flipped->header.count);
  }
  EXPECT_GT(read, 0u);
  EXPECT_GT(refused, 8u * 30) << "nearly every flipped bit of a length must be refused";
}

TEST(Batch, garbage_never_leads_outside) {
  base::Rng rng(6);
  Records records;
  uint64_t accepted = 0;
  uint64_t read = 0;
  for (int run = 0; run < 20'000; ++run) {
    OwnedBatch batch = make_batch(static_cast<uint32_t>(rng.below(120)));
    batch->header.bytes = batch->capacity;
    batch->header.count = static_cast<uint32_t>(rng.below(5));
    for (uint32_t i = 0; i < batch->capacity; ++i)
      batch->data()[i] = static_cast<char>(rng.chance(1, 2) ? rng.below(4) : 0);
    if (!parse(*batch, records.data())) continue;
    ++accepted;
    read += touch(records, batch->header.count);
  }
  EXPECT_GT(accepted + read, 0u) << "garbage that is never accepted tests nothing";
}

}  // namespace
}  // namespace wallaroo::wire
