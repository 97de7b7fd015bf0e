// State as it may come from a damaged snapshot.
#include "state/slice.h"

#include "fuzz/targets.h"
#include "wallaroo/codec.h"

namespace wallaroo::fuzz {
namespace {

struct Stock {
  int64_t pieces = 0;
  std::vector<std::pair<std::string, uint32_t>> reserved;
};
constexpr state::PartitionId kPartition{3};

}  // namespace

void fuzz_slice(const uint8_t* data, size_t bytes) {
  const std::string_view slice(reinterpret_cast<const char*>(data), bytes);
  const MemoryLimit limit(4096 + 64 * bytes);
  auto reader = state::SliceReader::open(kPartition, slice);
  if (!reader.has_value()) return;
  Bytes out;
  state::SliceWriter writer(kPartition, out);
  state::SliceReader::Item item;
  while (true) {
    const auto more = reader->next(item);
    if (!more.has_value()) return;
    if (!*more) break;
    for (const std::string_view part : {item.key, item.state}) {
      ASSERT(part.data() >= slice.data() && part.data() + part.size() <= slice.data() + bytes,
             "keys and states lie inside the slice");
    }
    Stock stock;
    if (!reader->decode(item, state_type<Stock>(), &stock).has_value()) return;
    writer.append(item.key, &stock, state_type<Stock>());
  }
  writer.finish();
  ASSERT(out.view() == slice, "a slice has one encoding");
}

std::vector<std::string> slice_seeds() {
  std::vector<std::string> seeds;
  for (uint32_t entries = 0; entries < 3; ++entries) {
    Bytes out;
    state::SliceWriter writer(kPartition, out);
    for (uint32_t i = 0; i < entries; ++i) {
      const Stock stock{-1, {{"a", i}, {"", 2}}};
      writer.append("key" + std::to_string(i), &stock, state_type<Stock>());
    }
    writer.finish();
    seeds.emplace_back(out.view());
  }
  return seeds;
}

}  // namespace wallaroo::fuzz
