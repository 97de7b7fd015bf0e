#include "yardstick/fast_count.h"

#include <algorithm>
#include <cstring>

#include "yardstick/text.h"
#include "yardstick/word.h"

namespace wallaroo::bench {
namespace {

constexpr std::size_t kSlotsAtFirst = 1 << 15;
constexpr std::uint8_t kGoesSlow = 0x80;  // in lengths_: the word holds a NUL byte

std::uint64_t hash_of(__m128i key) {
  const __m128i salt = _mm_set_epi64x(0x2545F4914F6CDD1D, 0x5851F42D4C957F2D);
  const __m128i mixed = _mm_aesenc_si128(_mm_aesenc_si128(_mm_xor_si128(key, salt), salt), salt);
  return static_cast<std::uint64_t>(_mm_cvtsi128_si64(mixed));
}

bool equal(__m128i a, __m128i b) {
  const __m128i different = _mm_xor_si128(a, b);
  return _mm_testz_si128(different, different) != 0;
}

bool is_zero(__m128i a) { return _mm_testz_si128(a, a) != 0; }

#ifdef __AVX512VBMI2__

constexpr std::uint8_t kPunctuation = 0x80, kSeparator = 0x01;

struct Classes {
  alignas(64) std::uint8_t of[128];
};
constexpr Classes make_classes() {
  Classes classes{};
  for (int c = 0; c < 128; ++c) {
    const char byte = static_cast<char>(c);
    classes.of[c] = is_punctuation(byte) ? kPunctuation : is_separator(byte) ? kSeparator : 0;
  }
  return classes;
}
constexpr Classes kClasses = make_classes();

struct Iota {
  alignas(64) std::uint8_t of[64];
};
constexpr Iota make_iota() {
  Iota iota{};
  for (std::uint8_t i = 0; i < 64; ++i) iota.of[i] = i;
  return iota;
}
constexpr Iota kIota = make_iota();

#endif

}  // namespace

FastCount::FastCount() : memory_(kSlotsAtFirst * sizeof(Slot)), mask_(kSlotsAtFirst - 1) {}

FastCount::Counted FastCount::count(std::string_view frames, char* out) {
  out_ = out;
  const char* p = frames.data();
  const char* const end = p + frames.size();
  while (end - p >= 4) {
    const std::uint32_t length = read_length(p);
    if (static_cast<std::size_t>(end - p) < 4 + std::size_t{length}) break;
    split(p + 4, p + 4 + length);
    p += 4 + length;
  }
  flush();
  return {static_cast<std::size_t>(p - frames.data()), static_cast<std::size_t>(out_ - out)};
}

void FastCount::split(const char* p, const char* end) {
  while (p < end) {
    if (words_ >= kBatch || scratch_used_ >= kScratch) flush();
    const std::size_t before = words_;
    const std::size_t advance = split_block(p, static_cast<std::size_t>(end - p));
    prefetch_until(before);
    p = advance > 0 ? p + advance : long_token(p, end);
  }
}

#ifdef __AVX512VBMI2__

// Bit i of every mask is byte i of the block. Returns how far to go on: the whole block, or to the
// start of a token that the block does not finish, or 0 when such a token fills the block.
inline std::size_t FastCount::split_block(const char* p, std::size_t left) {
  const auto n = static_cast<unsigned>(std::min(left, kBlock));
  __mmask64 valid = _bzhi_u64(~0ull, n);
  const __m512i bytes = _mm512_maskz_loadu_epi8(valid, p);
  const __mmask64 upper =
      _mm512_cmplt_epu8_mask(_mm512_sub_epi8(bytes, _mm512_set1_epi8('A')), _mm512_set1_epi8(26));
  _mm512_store_si512(scratch_ + scratch_used_,
                     _mm512_mask_add_epi8(bytes, upper, bytes, _mm512_set1_epi8(0x20)));
  const __m512i classes = _mm512_permutex2var_epi8(_mm512_load_si512(kClasses.of), bytes,
                                                   _mm512_load_si512(kClasses.of + 64));
  const __mmask64 high = _mm512_movepi8_mask(bytes);
  const __mmask64 separator = _mm512_test_epi8_mask(classes, _mm512_set1_epi8(kSeparator)) & ~high;
  std::size_t advance = n;
  if (left > kBlock && !(separator >> 63)) {
    advance = separator == 0 ? 0 : 64 - static_cast<std::size_t>(__builtin_clzll(separator));
    valid = _bzhi_u64(valid, static_cast<unsigned>(advance));
  }
  const __mmask64 punctuation = _mm512_movepi8_mask(classes) & ~high & valid;
  std::uint64_t word = ~separator & ~punctuation & valid;

  // Punctuation with letters at both sides stays: a carry runs through each stretch of it that
  // follows a letter, and comes out on a letter.
  const std::uint64_t inner = punctuation & ~(punctuation << 1) & (word << 1);
  for (std::uint64_t after = (punctuation + inner) & ~punctuation & word; after != 0;
       after &= after - 1) {
    for (std::uint64_t bit = (after & -after) >> 1; punctuation & bit; bit >>= 1) word |= bit;
  }

  const std::uint64_t first = word & ~(word << 1), last = word & ~(word >> 1);
  const __m512i iota = _mm512_load_si512(kIota.of);
  const __m256i begin = _mm512_castsi512_si256(_mm512_maskz_compress_epi8(first, iota));
  const __m256i end = _mm512_castsi512_si256(_mm512_maskz_compress_epi8(last, iota));
  const __m256i length = _mm256_add_epi8(_mm256_sub_epi8(end, begin), _mm256_set1_epi8(1));
  const __m512i start = _mm512_add_epi16(_mm512_cvtepu8_epi16(begin),
                                         _mm512_set1_epi16(static_cast<short>(scratch_used_)));
  _mm512_storeu_si512(starts_ + words_, start);
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(lengths_ + words_), length);
  const auto found = static_cast<std::size_t>(__builtin_popcountll(first));
  if (_mm512_mask_testn_epi8_mask(word, bytes, bytes) != 0) [[unlikely]] {
    for (std::size_t i = words_; i < words_ + found; ++i)
      if (std::memchr(scratch_ + starts_[i], 0, lengths_[i]) != nullptr) lengths_[i] |= kGoesSlow;
  }
  words_ += found;
  scratch_used_ += kBlock;
  return advance;
}

#else

inline std::size_t FastCount::split_block(const char* p, std::size_t left) {
  const std::size_t n = std::min(left, kBlock);
  char* const low = scratch_ + scratch_used_;
  for (std::size_t i = 0; i < n; ++i) low[i] = lower(p[i]);
  scratch_used_ += kBlock;
  std::size_t i = 0;
  while (i < n) {
    const std::size_t token = i;
    while (i < n && !is_separator(low[i])) ++i;
    if (i == n && left > n) return token;
    std::size_t begin = token, end = i;
    while (begin < end && is_punctuation(low[begin])) ++begin;
    while (begin < end && is_punctuation(low[end - 1])) --end;
    ++i;
    if (begin == end) continue;
    starts_[words_] = static_cast<std::uint16_t>(scratch_used_ - kBlock + begin);
    lengths_[words_] = static_cast<std::uint8_t>(end - begin);
    if (std::memchr(low + begin, 0, end - begin) != nullptr) lengths_[words_] |= kGoesSlow;
    ++words_;
  }
  return n;
}

#endif

const char* FastCount::long_token(const char* p, const char* end) {
  flush();
  const char* const begin = p;
  while (p < end && !is_separator(*p)) ++p;
  out_ = count_slowly(begin, p, out_);
  return p;
}

void FastCount::flush() {
  prefetch_until(words_);
  update_batch();
  words_ = 0;
  prefetched_ = 0;
  scratch_used_ = 0;
  reserve(kWordsMax);
}

inline void FastCount::prefetch_until(std::size_t words) {
  const auto* const slots = static_cast<const Slot*>(memory_.data());
  const std::uint64_t mask = mask_;
  for (std::size_t i = prefetched_; i < words; ++i) {
    const char* const word = scratch_ + starts_[i];
#ifdef __AVX512VBMI2__
    const __m128i key =
        _mm_maskz_loadu_epi8(static_cast<__mmask16>(_bzhi_u32(~0u, lengths_[i])), word);
#else
    alignas(16) char padded[kInline] = {};
    std::memcpy(padded, word, std::min<std::size_t>(lengths_[i], kInline));
    const __m128i key = _mm_load_si128(reinterpret_cast<const __m128i*>(padded));
#endif
    const std::uint64_t hash = hash_of(key);
    keys_[i] = key;
    hashes_[i] = hash;
    _mm_prefetch(reinterpret_cast<const char*>(slots + (hash & mask)), _MM_HINT_T0);
  }
  prefetched_ = words;
}

inline FastCount::Slot& FastCount::find(Slot* slots, std::uint64_t mask, __m128i key,
                                        std::uint64_t hash) {
  for (std::uint64_t i = hash & mask;; i = (i + 1) & mask) {
    Slot& slot = slots[i];
    if (equal(slot.key, key)) [[likely]]
      return slot;
    if (!is_zero(slot.key)) continue;
    slot.key = key;
    slot.digits = '0';
    ++used_;
    return slot;
  }
}

std::uint64_t FastCount::carry(Slot& slot, std::uint64_t digits) {
  for (int shift = 0; shift < 64; shift += 8) {
    const std::uint64_t digit = (digits >> shift) & 0xFF;
    if (digit <= '9') return digit == 1 ? digits + (std::uint64_t{'0'} << shift) : digits;
    digits -= std::uint64_t{10} << shift;
    if (shift < 56) digits += std::uint64_t{1} << (shift + 8);
  }
  ++slot.overflow;
  return digits;
}

// Four stores: the word, the arrow, the digits, the end of the line. Returns where the next line
// goes.
inline char* FastCount::print(const Slot& slot, std::uint64_t digits, __m128i key,
                              std::size_t length, char* out) {
  _mm_storeu_si128(reinterpret_cast<__m128i*>(out), key);
  out += length;
  std::memcpy(out, " => ", 4);
  out += 4;
  if (slot.overflow != 0) [[unlikely]] {
    const std::string high = std::to_string(slot.overflow);
    std::memcpy(out, high.data(), high.size());
    out += high.size();
  }
  const auto unused = static_cast<unsigned>(__builtin_clzll(digits)) & 56u;
  const std::uint64_t text = __builtin_bswap64(digits << unused);
  std::memcpy(out, &text, sizeof text);
  out += 8 - unused / 8;
  *out = '\n';
  return out + 1;
}

// Everything lives in local variables: stores through `out` may alias any member.
void FastCount::update_batch() {
  auto* const slots = static_cast<Slot*>(memory_.data());
  const std::uint64_t mask = mask_;
  const std::size_t words = words_;
  char* out = out_;
  for (std::size_t i = 0; i < words; ++i) {
    const std::size_t length = lengths_[i];
    if (length > kInline) [[unlikely]] {
      const char* const word = scratch_ + starts_[i];
      out = count_slowly(word, word + (length & ~std::size_t{kGoesSlow}), out);
      continue;
    }
    const __m128i key = keys_[i];
    Slot& slot = find(slots, mask, key, hashes_[i]);
    std::uint64_t digits = slot.digits + 1;
    if ((digits & 0xFF) > '9') digits = carry(slot, digits);
    slot.digits = digits;
    out = print(slot, digits, key, length, out);
  }
  out_ = out;
}

char* FastCount::count_slowly(const char* begin, const char* end, char* out) {
  slow_word_.assign(begin, end);
  for (char& c : slow_word_) c = lower(c);
  return slow_.count_token(slow_word_.data(), slow_word_.data() + slow_word_.size(), out);
}

void FastCount::reserve(std::size_t more) {
  const std::size_t slots = mask_ + 1;
  if (used_ + more <= slots / 8 * 5) return;
  HugeMemory old(slots * 2 * sizeof(Slot));
  std::swap(old, memory_);
  mask_ = slots * 2 - 1;
  auto* const to = static_cast<Slot*>(memory_.data());
  const auto* const from = static_cast<const Slot*>(old.data());
  for (std::size_t i = 0; i < slots; ++i) {
    if (is_zero(from[i].key)) continue;
    std::uint64_t at = hash_of(from[i].key) & mask_;
    while (!is_zero(to[at].key)) at = (at + 1) & mask_;
    to[at] = from[i];
  }
}

}  // namespace wallaroo::bench
