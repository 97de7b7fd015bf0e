#include "flow/transport.h"

namespace wallaroo::flow {

RingMatrix::RingMatrix(uint32_t cores, uint32_t slots) : cores_(cores) {
  rings_.resize(size_t{cores} * cores);
  for (uint32_t from = 0; from < cores; ++from) {
    for (uint32_t to = 0; to < cores; ++to) {
      if (from != to) rings_[from * cores + to] = std::make_unique<BatchRing>(slots);
    }
  }
}

RingMatrix::~RingMatrix() {
  // What a stop without drain left on its way.
  for (auto& ring : rings_) {
    Batch* batch = nullptr;
    while (ring != nullptr && ring->pop(batch)) ::operator delete(batch);
  }
}

Transport::Transport(uint32_t core, uint32_t cores, RingMatrix& rings, io::Wakeup& wakeup)
    : core_(core), cores_(cores), rings_(rings), wakeup_(wakeup), queues_(cores), sent_(cores, 0) {}

Transport::~Transport() {
  for (BatchQueue& queue : queues_) {
    while (Batch* batch = queue.pop()) ::operator delete(batch);
  }
}

void Transport::send(uint32_t to, Batch* batch) {
  if (queues_[to].empty() && rings_.ring(core_, to).push(batch)) {
    sent_[to] = 1;
    return;
  }
  queues_[to].push(batch);
  ++waiting_;
  ++times_full_;
}

bool Transport::flush() {
  if (waiting_ == 0) return false;
  bool moved = false;
  for (uint32_t to = 0; to < cores_; ++to) {
    while (Batch* batch = queues_[to].pop()) {
      // Off the queue first: once pushed, the batch belongs to the other core.
      if (!rings_.ring(core_, to).push(batch)) {
        queues_[to].push_front(batch);
        break;
      }
      --waiting_;
      sent_[to] = 1;
      moved = true;
    }
  }
  return moved;
}

void Transport::notify() {
  for (uint32_t to = 0; to < cores_; ++to) {
    if (sent_[to] == 0) continue;
    sent_[to] = 0;
    wakeup_.notify(base::CoreId(to));
  }
}

Batch* Transport::receive(uint32_t from) {
  Batch* batch = nullptr;
  return rings_.ring(from, core_).pop(batch) ? batch : nullptr;
}

}  // namespace wallaroo::flow
