// An array that grows by chunks: nothing that lies in it ever moves, and growing never copies.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

namespace wallaroo::state {

template <class T>
class Chunked {
 public:
  T& operator[](size_t i) { return chunks_[i / kChunk][i % kChunk]; }
  const T& operator[](size_t i) const { return chunks_[i / kChunk][i % kChunk]; }
  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }

  void push_back(const T& item) {
    if (size_ == chunks_.size() * kChunk) chunks_.push_back(std::make_unique<T[]>(kChunk));
    (*this)[size_++] = item;
  }
  /// The memory stays, for the next push_back.
  void pop_back() { --size_; }

  size_t bytes() const { return chunks_.size() * (kChunk * sizeof(T) + sizeof(void*)); }

 private:
  static constexpr size_t kChunk = 1024;

  std::vector<std::unique_ptr<T[]>> chunks_;
  size_t size_ = 0;
};

}  // namespace wallaroo::state
