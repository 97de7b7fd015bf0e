// A guest as a binding makes one, against the C ABI alone: functions of the guest on values that
// are texts. It holds the engine to every rule of wallaroo/c_guest.h and ends the process with a
// sentence when one is broken.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "sim/guests/guest_store.h"
#include "sim/reach.h"
#include "wallaroo/c_worker.h"

namespace wallaroo::sim {

struct GuestTimer {
  std::string name;
  int64_t at_ns = 0;
  bool cancel = false;
};

/// One call of a function of the guest: what it is given, and below that what it answers.
struct GuestCall {
  std::string_view value{};      // a source's message, or a value
  uint64_t number = 0;           // of the message that a generator is to make
  std::string* state = nullptr;  // of a state computation
  std::string_view timer{};      // the name of the one that is due
  int64_t event_time_ns = 0;     // event_time sets it

  std::vector<std::string> outputs{};  // of a key_by: the key; of a sink: the message
  std::string error{};                 // not empty: it failed, and its outputs do not count
  bool refused = false;                // by the decoder, which says why in `error`
  bool ended = false;                  // there is no message of that number
  std::vector<GuestTimer> timers{};
  bool clears_state = false;
};
using GuestFunction = std::function<void(GuestCall&)>;

enum class GuestKind : uint8_t {
  source,
  generator,
  computation,
  event_time,
  key_by,
  state,
  relay,  // merge and spread
  sink,
};

struct GuestNode {
  GuestKind kind = GuestKind::computation;
  std::string json;  // its fields, but for the inputs
  std::vector<uint32_t> inputs{};
  GuestFunction function{};
  uint32_t state_node = UINT32_MAX;  // of a shared state: the first that uses it
};

/// How often each thing happened that a run must meet.
struct GuestCounts {
  uint64_t refused = 0;
  uint64_t states_freed = 0;
  uint64_t states_encoded = 0;
  uint64_t states_decoded = 0;
  uint64_t resumed = 0;
  uint64_t timers = 0;
  uint64_t found = 0;  // messages, by a framing of its own
  uint64_t shown = 0;  // values, to people
};

class TestGuest {
 public:
  TestGuest() = default;
  ~TestGuest();
  TestGuest(const TestGuest&) = delete;
  TestGuest& operator=(const TestGuest&) = delete;

  /// Returns the number of the node.
  uint32_t add(GuestNode node);
  /// The application, when all nodes were added. `head`: the fields of the graph besides them.
  const wl_app* app(const std::string& head);

  /// Values that are still out: none when all work is done.
  uint64_t values_out() const { return values_.count(); }
  /// What is wrong when its worker is gone; empty when nothing is.
  std::string left() const;
  void count(Reach& reach) const;

 private:
  struct Staged {
    std::vector<wl_output> outputs;
    std::string bytes;
  };
  struct Chain {
    wl_chain* engine = nullptr;
    uint32_t core = 0;
    uint32_t entry = 0;
    std::vector<wl_end> ends{};
    std::vector<Staged> staged{};            // by end
    bool go_on = true;                       // the engine takes more in this call
    bool stopped = false;                    // the last call ended early
    uint64_t made = 0;                       // messages of a generator
    int64_t watermark_ns = INT64_MIN;        // of the last call
    std::vector<uint64_t> taken{};           // values, in this call
    std::map<uint64_t, uint32_t> cleared{};  // state -> the record that cleared it, in this call
  };
  struct Table;  // the functions that the engine calls

  Chain& chain(uint64_t handle);
  Chain& enter(uint64_t handle);
  void leave(Chain& chain);
  void check_input(const Chain& chain, const wl_input& input) const;

  uint64_t open_chain(wl_chain* engine, uint32_t core, uint32_t entry, const wl_end* ends,
                      uint32_t count);
  void close_chain(uint64_t handle);
  uint32_t process(uint64_t handle, const wl_input& input);
  void timer(uint64_t handle, const wl_input& input, std::string_view name, int64_t at_ns);
  int32_t encode_states(uint32_t core, uint32_t node, const uint64_t* numbers, uint32_t count,
                        uint64_t* sizes, wl_buffer* out);
  void decode_states(uint32_t core, uint32_t node, const uint64_t* numbers, uint32_t count,
                     const char* bytes, const uint64_t* sizes);
  void free_states(uint32_t core, uint32_t node, const uint64_t* numbers, uint32_t count);
  uint32_t find_messages(uint32_t node, std::string_view bytes, uint32_t size_max, wl_span* found,
                         uint32_t found_max, uint32_t* problem);
  void rest(uint32_t core) const;

  bool take(Chain& chain, const wl_input& input, uint32_t at);
  bool make(Chain& chain, uint32_t at, GuestCall& call);
  void use_state(Chain& chain, const wl_input& input, uint32_t at, GuestCall& call);
  bool call(Chain& chain, uint32_t node, uint32_t record, GuestCall& call);
  void set_timers(const Chain& chain, uint32_t record, const GuestCall& call);
  void pass_on(Chain& chain, uint32_t node, uint32_t record, const GuestCall& call);
  void visit(Chain& chain, uint32_t node, uint32_t record, const std::string& value, int64_t time);
  void stage(Chain& chain, uint32_t node, const wl_output& output, const std::string& value,
             const std::string& bytes);
  void hand_on(Chain& chain, uint32_t at_least);
  uint32_t state_node(uint32_t node) const;

  std::vector<GuestNode> nodes_;
  std::vector<std::vector<uint32_t>> next_;  // by node
  wl_app* app_ = nullptr;
  std::map<uint64_t, Chain> chains_;  // by handle
  uint64_t chains_opened_ = 0;
  std::set<uint32_t> at_work_;  // cores whose chain is being called
  GuestValues values_;
  GuestStates states_;
  GuestCounts counts_;
};

}  // namespace wallaroo::sim
