#include "os/newlines.h"

#include <algorithm>
#include <cstdint>

#include "base/assert.h"
#include "base/bytes.h"

namespace wallaroo::os {
namespace {

constexpr uint64_t kOnes = 0x0101010101010101u;
constexpr uint64_t kLow7 = 0x7f7f7f7f7f7f7f7fu;
constexpr size_t kWord = sizeof(uint64_t);
constexpr size_t kWordsPerSum = 255;  // what a byte-wide sum can hold

/// 1 in every byte that is a newline.
uint64_t newline_marks(uint64_t word) {
  const uint64_t zero_where_newline = word ^ (kOnes * '\n');
  const uint64_t nonzero = ((zero_where_newline & kLow7) + kLow7) | zero_where_newline;
  return (~nonzero >> 7) & kOnes;
}

size_t sum_of_bytes(uint64_t sums) {
  constexpr uint64_t kEven = 0x00ff00ff00ff00ffu;
  const uint64_t pairs = (sums & kEven) + ((sums >> 8) & kEven);
  return (pairs * 0x0001000100010001u) >> 48;
}

}  // namespace

size_t count_newlines(std::string_view text) {
  size_t total = 0;
  while (text.size() >= kWord) {
    const size_t words = std::min(text.size() / kWord, kWordsPerSum);
    uint64_t sums = 0;
    for (size_t i = 0; i < words; ++i)
      sums += newline_marks(base::load<uint64_t>(text.data() + i * kWord));
    total += sum_of_bytes(sums);
    text.remove_prefix(words * kWord);
  }
  return total + static_cast<size_t>(std::count(text.begin(), text.end(), '\n'));
}

size_t length_of_lines(std::string_view text, size_t lines) {
  size_t end = 0;
  for (; lines > 0; --lines) {
    const size_t newline = text.find('\n', end);
    ASSERT(newline != std::string_view::npos, "fewer lines than were counted");
    end = newline + 1;
  }
  return end;
}

}  // namespace wallaroo::os
