// The out-of-line parts of wallaroo/bytes.h and wallaroo/step.h. They live in the leaf module
// because every module that handles records links them.
#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <utility>

#include "base/assert.h"
#include "wallaroo/bytes.h"
#include "wallaroo/step.h"

namespace wallaroo {
namespace {

constexpr size_t kFirstBytes = 256;
constexpr size_t kArenaBlockBytes = size_t{16} * 1024;

}  // namespace

Bytes::~Bytes() { std::free(begin_); }

Bytes::Bytes(Bytes&& other) noexcept
    : begin_(std::exchange(other.begin_, nullptr)),
      end_(std::exchange(other.end_, nullptr)),
      limit_(std::exchange(other.limit_, nullptr)) {}

Bytes& Bytes::operator=(Bytes&& other) noexcept {
  std::swap(begin_, other.begin_);
  std::swap(end_, other.end_);
  std::swap(limit_, other.limit_);
  return *this;
}

char* Bytes::write_number(char* to, int64_t number) {
  if (number < 0) *to++ = '-';
  const auto value = static_cast<uint64_t>(number);
  return write_decimal(to, number < 0 ? -value : value);
}
char* Bytes::write_number(char* to, double number) {
  return std::to_chars(to, to + kDigitsMax, number).ptr;
}
char* Bytes::write_number(char* to, float number) {
  return std::to_chars(to, to + kDigitsMax, number).ptr;
}

void Bytes::grow(size_t more) {
  const size_t used = size();
  const size_t wanted = std::max({used + more, capacity() * 2, kFirstBytes});
  char* moved = static_cast<char*>(std::realloc(begin_, wanted));
  ASSERT(moved != nullptr, "out of memory growing a byte buffer");
  begin_ = moved;
  end_ = moved + used;
  limit_ = moved + wanted;
}

void Arena::reset() {
  used_blocks_ = blocks_.empty() ? 0 : 1;
  at_ = blocks_.empty() ? nullptr : blocks_[0].memory.get();
  limit_ = blocks_.empty() ? nullptr : at_ + blocks_[0].bytes;
}

void Arena::next_block(size_t bytes) {
  while (used_blocks_ < blocks_.size() && blocks_[used_blocks_].bytes < bytes) ++used_blocks_;
  if (used_blocks_ == blocks_.size()) {
    const size_t size = std::max(bytes, kArenaBlockBytes);
    blocks_.push_back({std::make_unique<char[]>(size), size});
  }
  at_ = blocks_[used_blocks_].memory.get();
  limit_ = at_ + blocks_[used_blocks_].bytes;
  ++used_blocks_;
}

void Entry::timer(const Record&, void*, std::string_view, int64_t) {
  ASSERT(false, "a timer fired in a stage without timers");
}

std::string_view Entry::message(const Record& record, Bytes&) { return record.payload_view(); }

std::unique_ptr<Step> StepFactory::make_step(const Wiring&) const {
  ASSERT(false, "this graph node is not a step");
  return nullptr;
}

std::unique_ptr<Entry> StepFactory::make_entry(const Wiring&) const {
  ASSERT(false, "this graph node is not the start of a chain");
  return nullptr;
}

std::string StepFactory::state_description() const {
  const StateType* type = state_type();
  return type == nullptr ? std::string() : type->description();
}

std::shared_ptr<state::KeyedState> StepFactory::make_state(const state::KeyedStateSite&) const {
  return nullptr;
}

}  // namespace wallaroo
