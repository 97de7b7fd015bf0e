// Byte buffers of the public API: Bytes grows, Reader never reads past its end, Arena lends memory
// until the batch ends. None is thread-safe; each belongs to one core.
#pragma once

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>
#include <type_traits>
#include <vector>

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
    std::memcpy(prepare(bytes), from, bytes);
    end_ += bytes;
  }

  Bytes& operator<<(std::string_view text) {
    char* to = prepare(text.size());
    copy_short(to, text.data(), text.size());
    end_ += text.size();
    return *this;
  }
  Bytes& operator<<(char c) {
    *prepare(1) = c;
    ++end_;
    return *this;
  }
  /// Numbers are written in decimal.
  template <class N, class = std::enable_if_t<std::is_arithmetic_v<N> && !std::is_same_v<N, char> &&
                                              !std::is_same_v<N, bool>>>
  Bytes& operator<<(N number) {
    constexpr size_t kDigits = 32;
    char* to = prepare(kDigits);
    end_ = std::to_chars(to, to + kDigits, number).ptr;
    return *this;
  }

 private:
  // Most text is a few bytes: two overlapping loads and stores beat a call to memcpy.
  static void copy_short(char* to, const char* from, size_t bytes) {
    if (bytes > 16) {
      std::memcpy(to, from, bytes);
    } else if (bytes >= 8) {
      copy_ends<8>(to, from, bytes);
    } else if (bytes >= 4) {
      copy_ends<4>(to, from, bytes);
    } else {
      for (size_t i = 0; i < bytes; ++i) to[i] = from[i];
    }
  }
  template <size_t N>
  static void copy_ends(char* to, const char* from, size_t bytes) {
    char first[N];
    char last[N];
    std::memcpy(first, from, N);
    std::memcpy(last, from + bytes - N, N);
    std::memcpy(to, first, N);
    std::memcpy(to + bytes - N, last, N);
  }
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
