// Byte buffers of the public API: Bytes grows, Reader never reads past its end, Arena lends memory
// until the batch ends. None is thread-safe; each belongs to one core.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>
#include <type_traits>
#include <vector>

#include "wallaroo/detail/short_text.h"

namespace wallaroo {

/// A growing run of bytes. Encoders append to it. Keeps its capacity when cleared or truncated.
class Bytes {
 public:
  Bytes() = default;
  ~Bytes();
  Bytes(Bytes&& other) noexcept;
  Bytes& operator=(Bytes&& other) noexcept;

  const char* data() const { return begin_; }
  char* data() { return begin_; }
  size_t size() const { return static_cast<size_t>(end_ - begin_); }
  size_t capacity() const { return static_cast<size_t>(limit_ - begin_); }
  std::string_view view() const { return {begin_, size()}; }
  void clear() { end_ = begin_; }
  /// Forgets everything after the first `bytes` bytes; bytes <= size().
  void truncate(size_t bytes) { end_ = begin_ + bytes; }
  void reserve(size_t bytes) {
    if (bytes > capacity()) grow(bytes - size());
  }

  /// Makes room for `bytes` more and returns where to write them; follow with commit(written).
  char* prepare(size_t bytes) {
    if (static_cast<size_t>(limit_ - end_) < bytes) grow(bytes);
    return end_;
  }
  void commit(size_t bytes) { end_ += bytes; }

  void append(const void* from, size_t bytes) {
    if (bytes == 0) return;  // `from` may be null then, which memcpy must not see
    std::memcpy(prepare(bytes), from, bytes);
    end_ += bytes;
  }

  Bytes& operator<<(std::string_view text) {
    char* to = prepare(text.size() + detail::kShortBytes);
    if (text.size() <= detail::kShortBytes && text.data() != nullptr) [[likely]] {
      detail::copy_short(to, text.data(), text.size());
    } else if (!text.empty()) {
      std::memcpy(to, text.data(), text.size());
    }
    end_ += text.size();
    return *this;
  }
  template <size_t N>
  Bytes& operator<<(char (&text)[N]) {
    return *this << std::string_view(text);
  }
  /// A string literal.
  template <size_t N>
  Bytes& operator<<(const char (&text)[N]) {
    std::memcpy(prepare(N), text, N);
    end_ += N - 1;
    return *this;
  }
  /// One character; a template, so that no bool or enum becomes one unseen.
  template <class C, std::enable_if_t<std::is_same_v<C, char>, int> = 0>
  Bytes& operator<<(C c) {
    *prepare(1) = c;
    ++end_;
    return *this;
  }
  /// Numbers are written in decimal.
  template <class N, class = std::enable_if_t<std::is_arithmetic_v<N> && !std::is_same_v<N, char> &&
                                              !std::is_same_v<N, bool>>>
  Bytes& operator<<(N number) {
    char* to = prepare(kDigitsMax);
    if constexpr (std::is_unsigned_v<N>) {
      end_ = write_decimal(to, number);
    } else if constexpr (std::is_same_v<N, float>) {
      end_ = write_number(to, number);
    } else if constexpr (std::is_floating_point_v<N>) {
      end_ = write_number(to, static_cast<double>(number));
    } else {
      end_ = write_number(to, static_cast<int64_t>(number));
    }
    return *this;
  }

 private:
  static constexpr size_t kDigitsMax = 32;

  /// The eight decimal digits of number < 10^8, the first in the lowest byte, as values 0 to 9.
  /// All lanes of a step are divided at once, by multiplying with a rounded reciprocal.
  static uint64_t eight_digits(uint64_t number) {
    uint64_t lanes = number / 10000 | number % 10000 << 32;
    const uint64_t hundreds = lanes * 10486 >> 20 & 0x7f0000007f;
    lanes = hundreds | (lanes - 100 * hundreds) << 16;
    const uint64_t tens = lanes * 103 >> 10 & 0x000f000f000f000f;
    return tens | (lanes - 10 * tens) << 8;
  }
  /// Writes up to 20 digits at `to`, which has room for kDigitsMax bytes; returns the end.
  static char* write_decimal(char* to, uint64_t number) {
    constexpr uint64_t kEight = 100'000'000;
    constexpr uint64_t kZeros = 0x3030303030303030;
    if (number >= kEight) [[unlikely]] {
      to = write_decimal(to, number / kEight);
      const uint64_t text = eight_digits(number % kEight) + kZeros;
      std::memcpy(to, &text, sizeof text);
      return to + 8;
    }
    const uint64_t digits = eight_digits(number);
    constexpr uint64_t kLast = uint64_t{1} << 56;  // the last digit stays even when it is 0
    const int leading = __builtin_ctzll(digits | kLast) / 8;
    const uint64_t text = (digits >> (8 * leading)) + kZeros;
    std::memcpy(to, &text, sizeof text);
    return to + 8 - leading;
  }
  static char* write_number(char* to, int64_t number);
  static char* write_number(char* to, double number);
  static char* write_number(char* to, float number);

  void grow(size_t more);

  char* begin_ = nullptr;
  char* end_ = nullptr;
  char* limit_ = nullptr;
};

/// Reads what Bytes holds. Every read is checked; after the first failure all further ones fail.
class Reader {
 public:
  Reader(const char* data, size_t bytes) : at_(data), end_(data + bytes) {}

  size_t left() const { return static_cast<size_t>(end_ - at_); }
  bool failed() const { return failed_; }

  /// `bytes` bytes in place, or nullptr when fewer are left.
  const char* take(size_t bytes) {
    if (left() < bytes) {
      failed_ = true;
      at_ = end_;
      return nullptr;
    }
    const char* here = at_;
    at_ += bytes;
    return here;
  }
  template <class T>
  bool read(T& value) {
    static_assert(std::is_trivially_copyable_v<T>);
    const char* from = take(sizeof(T));
    if (from != nullptr) std::memcpy(&value, from, sizeof(T));
    return from != nullptr;
  }

 private:
  const char* at_;
  const char* end_;
  bool failed_ = false;
};

/// Memory that a computation may borrow until the batch it is working on ends.
class Arena {
 public:
  char* allocate(size_t bytes) {
    if (static_cast<size_t>(limit_ - at_) < bytes) next_block(bytes);
    char* here = at_;
    at_ += bytes;
    return here;
  }
  /// Engine: the batch ended, everything lent is taken back; the memory is kept.
  void reset();

 private:
  struct Block {
    std::unique_ptr<char[]> memory;
    size_t bytes;
  };
  void next_block(size_t bytes);

  std::vector<Block> blocks_;
  size_t used_blocks_ = 0;
  char* at_ = nullptr;
  char* limit_ = nullptr;
};

}  // namespace wallaroo
