// Named event-time timers of keys. Timers of one core and stage; they come due in the order of
// their time, those of one time in the order in which they were set. Belongs to one core.
//
// A binary heap orders the timers, an InlineTable finds the list of a key's timers. All three
// (heap, timers, table) grow in bounded pieces and reuse what they gave up, so a steady state of
// keys and names of 24 bytes together allocates nothing.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "state/chunked.h"
#include "state/table.h"

namespace wallaroo::state {

/// A timer that has come due; owns its text, so handling it may set and cancel timers.
struct Timer {
  uint64_t hash = 0;  ///< routing hash of the key
  int64_t at_ns = 0;
  std::string key;
  std::string name;
};

class Timers {
 public:
  /// `seed` as for InlineTable.
  explicit Timers(uint64_t seed);
  ~Timers();
  Timers(const Timers&) = delete;
  Timers& operator=(const Timers&) = delete;

  /// Replaces the key's timer of that name, if there is one; then it counts as set now.
  void set(uint64_t hash, std::string_view key, std::string_view name, int64_t at_ns);
  void cancel(uint64_t hash, std::string_view key, std::string_view name);
  /// Cancels all timers of a key.
  void erase_key(uint64_t hash, std::string_view key);

  /// When the next timer comes due; INT64_MAX when none is set.
  int64_t next_due_ns() const { return heap_.empty() ? INT64_MAX : heap_[0].at_ns; }
  /// Takes out the first timer with at_ns <= watermark_ns; false when there is none. `out` keeps
  /// the capacity of its strings: use the same one again.
  bool pop_due(int64_t watermark_ns, Timer& out);

  size_t size() const { return heap_.size(); }
  uint64_t bytes() const;  // memory held, about

 private:
  static constexpr uint32_t kNone = UINT32_MAX;
  static constexpr size_t kInlineText = 24;

  struct Node {
    uint64_t hash;
    uint32_t place;  // in the heap
    uint32_t next;   // of the same key, or of the free nodes
    uint32_t key_bytes;
    uint32_t name_bytes;
    union {
      char text[kInlineText];  // key and name, when both fit
      char* long_text;         // otherwise
    };

    size_t text_bytes() const { return size_t{key_bytes} + name_bytes; }
    const char* begin() const { return text_bytes() <= kInlineText ? text : long_text; }
    std::string_view key() const { return {begin(), key_bytes}; }
    std::string_view name() const { return {begin() + key_bytes, name_bytes}; }
  };
  struct Due {
    int64_t at_ns;
    uint64_t sequence;
    uint32_t node;

    bool before(const Due& other) const {
      return at_ns != other.at_ns ? at_ns < other.at_ns : sequence < other.sequence;
    }
  };

  uint32_t* first_of(uint64_t hash, std::string_view key);
  void unlink(uint32_t node);
  void release(uint32_t node);
  uint32_t make_node(uint64_t hash, std::string_view key, std::string_view name);
  void remove_from_heap(uint32_t place);
  void settle(uint32_t place, const Due& due);
  void put(uint32_t place, const Due& due);

  InlineTable first_;  // key -> the first node of its list
  Chunked<Node> nodes_;
  Chunked<Due> heap_;
  uint32_t free_ = kNone;
  uint64_t sequence_ = 0;
  uint64_t long_text_bytes_ = 0;
};

}  // namespace wallaroo::state
