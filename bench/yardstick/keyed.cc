#include "yardstick/keyed.h"

#include <immintrin.h>

#include <algorithm>
#include <bit>

#include "yardstick/random.h"

namespace wallaroo::bench {
namespace {

std::uint64_t key_of(std::uint64_t index) { return Random(index).next(); }

}  // namespace

std::uint64_t checksum_of(std::uint64_t key, const KeyedValue& value) {
  return Random(key ^ (value.count << 32) ^ value.sum).next();
}

std::vector<std::uint64_t> make_keys(std::uint64_t keys, std::uint64_t updates,
                                     std::uint64_t seed) {
  Random random(seed);
  std::vector<std::uint64_t> drawn(updates);
  for (std::uint64_t& key : drawn) key = key_of(random.below(keys));
  return drawn;
}

void LibraryKeyed::update(std::span<const std::uint64_t> keys) {
  for (std::uint64_t key : keys) {
    KeyedValue& value = values_[key];
    value.count += 1;
    value.sum += key & 0xFF;
  }
}

std::uint64_t LibraryKeyed::checksum() const {
  std::uint64_t sum = 0;
  for (const auto& [key, value] : values_) sum += checksum_of(key, value);
  return sum;
}

FastKeyed::FastKeyed(std::uint64_t keys_max) : memory_(std::bit_ceil(keys_max * 2) * sizeof(Slot)) {
  const std::uint64_t slots = std::bit_ceil(keys_max * 2);
  mask_ = slots - 1;
  shift_ = static_cast<unsigned>(64 - std::countr_zero(slots));
}

void FastKeyed::update(std::span<const std::uint64_t> keys) {
  const auto* const slots = static_cast<const Slot*>(memory_.data());
  std::uint64_t at[kBatch];
  while (!keys.empty()) {
    const std::size_t n = std::min(keys.size(), kBatch);
    for (std::size_t i = 0; i < n; ++i) {
      at[i] = home(keys[i]);
      _mm_prefetch(reinterpret_cast<const char*>(slots + at[i]), _MM_HINT_T0);
    }
    for (std::size_t i = 0; i < n; ++i) update_one(keys[i], at[i]);
    keys = keys.subspan(n);
  }
}

void FastKeyed::update_one(std::uint64_t key, std::uint64_t at) {
  auto* const slots = static_cast<Slot*>(memory_.data());
  while (slots[at].key != key || !slots[at].used) {
    if (!slots[at].used) {
      slots[at].key = key;
      slots[at].used = 1;
      break;
    }
    at = (at + 1) & mask_;
  }
  slots[at].value.count += 1;
  slots[at].value.sum += key & 0xFF;
}

std::uint64_t FastKeyed::checksum() const {
  const auto* const slots = static_cast<const Slot*>(memory_.data());
  std::uint64_t sum = 0;
  for (std::uint64_t i = 0; i <= mask_; ++i)
    if (slots[i].used) sum += checksum_of(slots[i].key, slots[i].value);
  return sum;
}

}  // namespace wallaroo::bench
