// The contract between the typed code compiled in the user's translation unit (steps.h) and the
// engine, which knows bytes only. One call crosses it per batch. Users do not need this header.
//
// A chain is a run of computations fused on one core: an Entry that turns records into values,
// Steps that hand spans of values on, and Ports where values leave as bytes. Everything a chain
// owns belongs to one core.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "wallaroo/bytes.h"
#include "wallaroo/error.h"

namespace wallaroo {

/// One record as it lies in a batch; valid until the batch ends.
struct Record {
  uint64_t hash = 0;  ///< routing hash of the key
  int64_t event_time_ns = 0;
  const char* key = nullptr;
  const char* payload = nullptr;
  uint32_t key_bytes = 0;
  uint32_t payload_bytes = 0;

  std::string_view key_view() const { return {key, key_bytes}; }
  std::string_view payload_view() const { return {payload, payload_bytes}; }
};

/// What travels beside each value of a chain.
struct Stamp {
  int64_t event_time_ns = 0;
  uint32_t record = 0;  ///< which of the records that the chain works on the value comes from
};

/// Which user function it is, and what becomes of a message on which it fails.
struct Site {
  std::string name{};
  OnError on_error = OnError::drop;
  std::string pipeline{};
};

constexpr size_t kStepBatch = 128;  ///< most values handed on in one call

/// What the steps of one chain share: limits, scratch memory, and where failures are told.
class Chain {
 public:
  virtual ~Chain() = default;

  /// Inside a catch block: the function of `site` failed on what comes from `record`; the outputs
  /// of that are gone. False when the chain must take nothing further.
  virtual bool user_error(const Site& site, uint32_t record) = 0;
  /// The same for a function that did not throw: `error` says what went wrong.
  /// `trace` is where, for the log; nobody reads it unless reports_failures().
  virtual bool failed(const Site& site, uint32_t record, std::string_view error,
                      std::string_view trace) = 0;
  /// People are still told of each failure; later ones are only counted.
  virtual bool reports_failures() const = 0;
  /// The decoder of `site` refused `record`; `why` may be empty. False when the chain must take
  /// nothing further.
  virtual bool undecodable(const Site& site, uint32_t record, std::string_view why) = 0;
  /// A key outside the closed list of keys was dropped.
  virtual void key_not_listed(uint64_t records) = 0;
  /// Event times assigned in this batch reach up to `newest_ns`; later ones may be `lateness_ns`
  /// older.
  virtual void event_time(int64_t newest_ns, int64_t lateness_ns) = 0;
  /// Forgets the state of the record's key; legal only after run() has finished with the batch.
  virtual void erase_state(const Record& record) = 0;
  /// Sets or replaces the timer `name` of the record's key.
  virtual void set_timer(const Record& record, std::string_view name, int64_t at_ns) = 0;
  virtual void cancel_timer(const Record& record, std::string_view name) = 0;

  Arena arena;
  uint32_t ports_blocked = 0;        ///< > 0: take no further record
  uint32_t step_batch = kStepBatch;  ///< hand values on when so many have gathered; >= 1
  uint32_t outputs_per_record_max = 1u << 20;
  int64_t watermark_ns = INT64_MIN;  ///< of the chain's input
  bool stopped = false;          ///< a failure stops the worker: nothing further is to be worked on
  bool source_finished = false;  ///< set by an entry that makes its own values: no more will come
};

/// A computation inside a chain: takes `count` values of its input type with their stamps.
class Step {
 public:
  virtual ~Step() = default;
  virtual void process(const void* values, const Stamp* stamps, size_t count) = 0;
};

/// The start of a chain.
class Entry {
 public:
  virtual ~Entry() = default;
  /// Works on records[from..count) in order and returns the index of the first one not taken, which
  /// is less than `count` only when a port has no room. `states[i]` is the state of records[i]
  /// (null for a stage without state). On return every output has reached its port.
  virtual size_t run(const Record* records, void* const* states, size_t from, size_t count) = 0;
  /// The timer `name` of the record's key is due at `at_ns`.
  virtual void timer(const Record& key, void* state, std::string_view name, int64_t at_ns);
  /// The message that `record` carries, for people who look at one that failed; `scratch` may hold
  /// it.
  virtual std::string_view message(const Record& record, Bytes& scratch);
};

/// Where a chain's values leave as records, for a keyed stage or a merge.
class Port {
 public:
  virtual ~Port() = default;
  /// Copies the records. Sets Chain::ports_blocked when the next record has no room; never refuses.
  /// Returns how many have a listed key: the others are dropped, and lie behind those in `records`.
  virtual size_t append(Record* records, size_t count) = 0;
};

/// Where a chain's values leave as the bytes of a sink.
class SinkPort {
 public:
  virtual ~SinkPort() = default;
  /// The buffer to append encoded messages to; valid until commit().
  virtual Bytes& buffer() = 0;
  /// `messages` were appended since the last commit.
  virtual void commit(size_t messages) = 0;
};

/// What a factory may wire into the step it makes. Unused ones are null or empty.
struct Wiring {
  Chain& chain;
  std::span<Step* const> next{};
  Port* port = nullptr;
  SinkPort* sink = nullptr;
  Site site{};
  uint32_t core = 0;  ///< on which the step will run
};

/// A state type without its C++ type: how to make, move, write and read one value in raw memory.
struct StateType {
  uint32_t bytes;
  uint32_t alignment;
  bool trivial;  ///< may be moved by memcpy and needs no destroy
  void (*construct)(void* at);
  void (*destroy)(void* at);
  void (*relocate)(void* to, void* from);  ///< move-construct at `to`, destroy `from`
  void (*encode)(const void* from, Bytes& out);
  bool (*decode)(Reader& in, void* to);  ///< into a constructed value; false when malformed
  std::string (*description)();          ///< the full type, as stored in snapshots
};

namespace state {
class KeyedState;
struct KeyedStateSite;
}  // namespace state

/// Makes the steps of one graph node, once for each core; the node's function is copied each time.
class StepFactory {
 public:
  virtual ~StepFactory() = default;
  virtual std::unique_ptr<Step> make_step(const Wiring& wiring) const;
  virtual std::unique_ptr<Entry> make_entry(const Wiring& wiring) const;
  virtual const StateType* state_type() const { return nullptr; }
  /// The full type of the state, as snapshots store it; empty without state.
  virtual std::string state_description() const;
  /// What keeps the states of this node on one core; null: the engine's own table, if there is a
  /// state_type().
  virtual std::shared_ptr<state::KeyedState> make_state(const state::KeyedStateSite& site) const;
  virtual bool uses_timers() const { return false; }
};

}  // namespace wallaroo
