#include "flow/batch_pool.h"

#include <algorithm>
#include <new>

#include "base/assert.h"

namespace wallaroo::flow {

void BatchQueue::push(Batch* batch) {
  batch->next = nullptr;
  (head_ == nullptr ? head_ : tail_->next) = batch;
  tail_ = batch;
  ++size_;
}

void BatchQueue::push_front(Batch* batch) {
  batch->next = head_;
  if (head_ == nullptr) tail_ = batch;
  head_ = batch;
  ++size_;
}

Batch* BatchQueue::pop() {
  Batch* batch = head_;
  if (batch == nullptr) return nullptr;
  head_ = batch->next;
  batch->next = nullptr;
  --size_;
  return batch;
}

BatchPool::~BatchPool() {
  while (Batch* batch = free_.pop()) ::operator delete(batch);
}

Batch* BatchPool::make(uint32_t capacity) {
  ++refills_;
  bytes_ += sizeof(Batch) + capacity;
  auto* batch = new (::operator new(sizeof(Batch) + capacity + wire::kBatchSlackBytes)) Batch;
  batch->capacity = capacity;
  return batch;
}

Batch* BatchPool::take(size_t bytes) {
  ++outside_;
  if (bytes > batch_bytes_) return make(static_cast<uint32_t>(bytes));
  Batch* batch = free_.pop();
  if (batch == nullptr) return make(batch_bytes_);
  batch->header = {};
  return batch;
}

void BatchPool::give(Batch* batch) {
  ASSERT(outside_ > 0, "a batch was given back twice");
  --outside_;
  if (batch->capacity == batch_bytes_) {
    free_.push(batch);
    return;
  }
  bytes_ -= sizeof(Batch) + batch->capacity;
  ::operator delete(batch);
}

}  // namespace wallaroo::flow
