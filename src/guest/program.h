// A program in another language: the functions by which it is called, and what hangs on them.
#pragma once

#include <cstdint>
#include <string_view>

#include "wallaroo/c_guest.h"
#include "wallaroo/graph.h"

/// Bytes that grow, as the C ABI hands them around.
struct wl_buffer {
  wallaroo::Bytes bytes;
};

namespace wallaroo::guest {

// The C structs are the engine's own, so that a batch is passed without a copy.
static_assert(sizeof(wl_record) == sizeof(Record));
static_assert(offsetof(wl_record, hash) == offsetof(Record, hash));
static_assert(offsetof(wl_record, event_time_ns) == offsetof(Record, event_time_ns));
static_assert(offsetof(wl_record, key) == offsetof(Record, key));
static_assert(offsetof(wl_record, payload) == offsetof(Record, payload));
static_assert(offsetof(wl_record, key_size) == offsetof(Record, key_bytes));
static_assert(offsetof(wl_record, payload_size) == offsetof(Record, payload_bytes));

/// Outlives every graph made of it.
struct Program {
  wl_guest functions{};
};

/// How the guest tells the messages of a source apart.
class Finder final : public MessageFinder {
 public:
  Finder(const Program& program, uint32_t node) : program_(program), node_(node) {}
  size_t find(std::string_view bytes, uint32_t bytes_max, Span* found, size_t max,
              Problem& problem) const override;

 private:
  const Program& program_;
  const uint32_t node_;
};

}  // namespace wallaroo::guest
