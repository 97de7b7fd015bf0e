// The batches of one core. A batch comes home to the pool it was taken from.
#pragma once

#include <cstddef>
#include <cstdint>

#include "wire/batch.h"

namespace wallaroo::flow {

using wire::Batch;

/// An intrusive first-in first-out list of batches; owns what is in it.
class BatchQueue {
 public:
  bool empty() const { return head_ == nullptr; }
  size_t size() const { return size_; }
  Batch* front() const { return head_; }
  void push(Batch* batch);
  void push_front(Batch* batch);
  Batch* pop();

 private:
  Batch* head_ = nullptr;
  Batch* tail_ = nullptr;
  size_t size_ = 0;
};

class BatchPool {
 public:
  explicit BatchPool(uint32_t batch_bytes) : batch_bytes_(batch_bytes) {}
  ~BatchPool();
  BatchPool(const BatchPool&) = delete;
  BatchPool& operator=(const BatchPool&) = delete;

  /// An empty batch with room for at least `bytes`; longer than usual ones are not kept afterwards.
  Batch* take(size_t bytes);
  void give(Batch* batch);

  uint64_t outside() const { return outside_; }  // taken and not yet given back
  uint64_t refills() const { return refills_; }  // taken from the heap so far
  uint64_t bytes() const { return bytes_; }

 private:
  Batch* make(uint32_t capacity);

  const uint32_t batch_bytes_;
  BatchQueue free_;
  uint64_t outside_ = 0;
  uint64_t refills_ = 0;
  uint64_t bytes_ = 0;
};

}  // namespace wallaroo::flow
