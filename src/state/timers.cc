#include "state/timers.h"

#include <cstring>

#include "base/assert.h"

namespace wallaroo::state {
namespace {

// The state of the table of lists: a node number. It is never written to a snapshot.
StateType node_number() {
  StateType type{};
  type.bytes = sizeof(uint32_t);
  type.alignment = alignof(uint32_t);
  type.trivial = true;
  type.construct = [](void* at) { *static_cast<uint32_t*>(at) = UINT32_MAX; };
  return type;
}

}  // namespace

Timers::Timers(uint64_t seed) : first_(node_number(), 1, seed) {}

Timers::~Timers() {
  for (size_t i = 0; i < heap_.size(); ++i) release(heap_[i].node);
}

void Timers::set(uint64_t hash, std::string_view key, std::string_view name, int64_t at_ns) {
  uint32_t& first = *static_cast<uint32_t*>(first_.obtain(hash, key));
  uint32_t node = first;
  while (node != kNone && nodes_[node].name() != name) node = nodes_[node].next;
  if (node == kNone) {
    node = make_node(hash, key, name);
    nodes_[node].next = first;
    first = node;
    heap_.push_back({});
    nodes_[node].place = static_cast<uint32_t>(heap_.size() - 1);
  }
  settle(nodes_[node].place, {at_ns, sequence_++, node});
}

void Timers::cancel(uint64_t hash, std::string_view key, std::string_view name) {
  const uint32_t* first = first_of(hash, key);
  if (first == nullptr) return;
  uint32_t node = *first;
  while (node != kNone && nodes_[node].name() != name) node = nodes_[node].next;
  if (node == kNone) return;
  remove_from_heap(nodes_[node].place);
  unlink(node);
  release(node);
}

void Timers::erase_key(uint64_t hash, std::string_view key) {
  const uint32_t* first = first_of(hash, key);
  if (first == nullptr) return;
  uint32_t node = *first;
  first_.erase(hash, key);
  while (node != kNone) {
    const uint32_t next = nodes_[node].next;
    remove_from_heap(nodes_[node].place);
    release(node);
    node = next;
  }
}

bool Timers::pop_due(int64_t watermark_ns, Timer& out) {
  if (heap_.empty() || heap_[0].at_ns > watermark_ns) return false;
  const Due due = heap_[0];
  const Node& node = nodes_[due.node];
  out.hash = node.hash;
  out.at_ns = due.at_ns;
  out.key.assign(node.key());
  out.name.assign(node.name());
  remove_from_heap(0);
  unlink(due.node);
  release(due.node);
  return true;
}

uint64_t Timers::bytes() const {
  return first_.bytes() + nodes_.bytes() + heap_.bytes() + long_text_bytes_;
}

uint32_t* Timers::first_of(uint64_t hash, std::string_view key) {
  return static_cast<uint32_t*>(first_.find(hash, key));
}

// Takes the node out of its key's list, and the key out of the table with its last timer.
void Timers::unlink(uint32_t number) {
  const Node& node = nodes_[number];
  uint32_t* link = first_of(node.hash, node.key());
  ASSERT(link != nullptr, "a timer is missing from the list of its key");
  if (*link == number && node.next == kNone) {
    first_.erase(node.hash, node.key());
    return;
  }
  while (*link != number) link = &nodes_[*link].next;
  *link = node.next;
}

void Timers::release(uint32_t number) {
  Node& node = nodes_[number];
  if (node.text_bytes() > kInlineText) {
    long_text_bytes_ -= node.text_bytes();
    ::operator delete(node.long_text);
  }
  node.next = free_;
  free_ = number;
}

uint32_t Timers::make_node(uint64_t hash, std::string_view key, std::string_view name) {
  if (free_ == kNone) {
    ASSERT(nodes_.size() < kNone, "4 billion timers in one stage");
    nodes_.push_back({});
    free_ = static_cast<uint32_t>(nodes_.size() - 1);
    nodes_[free_].next = kNone;
  }
  const uint32_t number = free_;
  Node& node = nodes_[number];
  free_ = node.next;
  node.hash = hash;
  node.key_bytes = static_cast<uint32_t>(key.size());
  node.name_bytes = static_cast<uint32_t>(name.size());
  char* text = node.text;
  if (node.text_bytes() > kInlineText) {
    text = node.long_text = static_cast<char*>(::operator new(node.text_bytes()));
    long_text_bytes_ += node.text_bytes();
  }
  if (!key.empty()) std::memcpy(text, key.data(), key.size());
  if (!name.empty()) std::memcpy(text + key.size(), name.data(), name.size());
  return number;
}

// Fills the place with the last timer of the heap.
void Timers::remove_from_heap(uint32_t place) {
  const auto last = static_cast<uint32_t>(heap_.size() - 1);
  const Due moved = heap_[last];
  heap_.pop_back();
  if (place != last) settle(place, moved);
}

// Puts `due` at `place`, or where it belongs above or below it.
void Timers::settle(uint32_t place, const Due& due) {
  while (place > 0 && due.before(heap_[(place - 1) / 2])) {
    put(place, heap_[(place - 1) / 2]);
    place = (place - 1) / 2;
  }
  for (;;) {
    uint64_t child = 2 * uint64_t{place} + 1;
    if (child >= heap_.size()) break;
    if (child + 1 < heap_.size() && heap_[child + 1].before(heap_[child])) ++child;
    if (!heap_[child].before(due)) break;
    put(place, heap_[child]);
    place = static_cast<uint32_t>(child);
  }
  put(place, due);
}

void Timers::put(uint32_t place, const Due& due) {
  heap_[place] = due;
  nodes_[due.node].place = place;
}

}  // namespace wallaroo::state
