#pragma once
// The fastest word count we can write for this job, the ceiling the engine is held against. Text is
// split 64 bytes at a time; words of up to 16 bytes live inside 32-byte slots of one table on huge
// pages; the slots of a batch are prefetched before they are touched; counts are kept as decimal
// digits, so that printing one is a store. Needs AVX-512 (VBMI2); without it the splitter is
// scalar.
#include <immintrin.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "yardstick/huge.h"
#include "yardstick/plain_count.h"

namespace wallaroo::bench {

class FastCount {
 public:
  struct Counted {
    std::size_t consumed;  // whole messages only
    std::size_t produced;
  };

  FastCount();
  /// `out` must have room for output_bytes_max(frames.size()).
  Counted count(std::string_view frames, char* out);

  static constexpr std::size_t output_bytes_max(std::size_t input) { return input * 16 + 4096; }

 private:
  static constexpr std::size_t kBatch = 128;
  static constexpr std::size_t kBlock = 64;
  static constexpr std::size_t kWordsMax = kBatch + kBlock;
  static constexpr std::size_t kScratch = 16384;
  static constexpr std::size_t kInline = 16;

  // An empty slot has a zero key: no word that lives here is empty or holds a NUL byte.
  // digits: ASCII, the last digit in the lowest byte, zero bytes above the first; overflow: the
  // number of 10^8 beyond them.
  struct alignas(32) Slot {
    __m128i key;
    std::uint64_t digits;
    std::uint64_t overflow;
  };

  void split(const char* p, const char* end);
  std::size_t split_block(const char* p, std::size_t left);
  const char* long_token(const char* p, const char* end);
  void flush();
  void prefetch_until(std::size_t words);
  void update_batch();
  void reserve(std::size_t more);
  Slot& find(Slot* slots, std::uint64_t mask, __m128i key, std::uint64_t hash);
  static std::uint64_t carry(Slot& slot, std::uint64_t digits);
  static char* print(const Slot& slot, std::uint64_t digits, __m128i key, std::size_t length,
                     char* out);
  char* count_slowly(const char* begin, const char* end, char* out);

  HugeMemory memory_;
  std::uint64_t mask_;
  std::size_t used_ = 0;
  std::size_t words_ = 0;
  std::size_t prefetched_ = 0;
  std::size_t scratch_used_ = 0;
  char* out_ = nullptr;
  PlainCount slow_;  // long words and words with NUL bytes
  std::string slow_word_;
  alignas(64) char scratch_[kScratch + kBlock];
  alignas(64) std::uint16_t starts_[kWordsMax];
  alignas(64) std::uint8_t lengths_[kWordsMax];
  alignas(64) __m128i keys_[kWordsMax];
  alignas(64) std::uint64_t hashes_[kWordsMax];
};

}  // namespace wallaroo::bench
