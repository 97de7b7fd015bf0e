// The typed starts of keyed stages: state computations and processes with timers. Users need
// Context.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "wallaroo/codec.h"
#include "wallaroo/steps.h"
#include "wallaroo/time.h"

namespace wallaroo {

/// What a process sees besides the message and its state: key, time, timers. Valid during the call.
class Context {
 public:
  Context(Chain& chain, const Record& record) : chain_(chain), record_(record) {}

  /// The key, as the type key_by produced. Views are valid during the call.
  template <class K>
  K key() const {
    return decode_key<K>(record_.key_view());
  }
  /// Event time of the message, or the time the timer was set for.
  Time event_time() const { return {record_.event_time_ns}; }
  /// No event older than this is expected any more.
  Time watermark() const { return {chain_.watermark_ns}; }
  /// Calls on_timer(name) for this key once the watermark reaches `at`. Replaces an earlier timer
  /// of the same name; a time already passed fires with the next advance of the watermark. When
  /// the sources have ended, all timers fire and none can be set any more.
  void timer(std::string_view name, Time at) { chain_.set_timer(record_, name, at.ns); }
  void cancel_timer(std::string_view name) { chain_.cancel_timer(record_, name); }
  /// Forgets this key's state when the call returns; its timers stay.
  void clear_state() { cleared_ = true; }

  bool state_cleared() const { return cleared_; }

 private:
  Chain& chain_;
  const Record& record_;
  bool cleared_ = false;
};

namespace detail {

/// Calls of state functions by form: (message, state), or (message, state, emit).
template <class In, class S, class Out, class Function>
struct StateApply {
  Function function;

  void operator()(const In& in, S& state, Emit<Out>& emit) {
    if constexpr (std::is_invocable_v<Function&, const In&, S&, Emit<Out>&>) {
      function(in, state, emit);
    } else if constexpr (std::is_void_v<Out>) {
      function(in, state);
    } else {
      emit_result(emit, function(in, state));
    }
  }
  static constexpr bool kTimers = false;
};

/// A process: a struct whose fields are the state and whose methods are the behaviour.
template <class In, class S, class Out>
struct ProcessApply {
  void operator()(const In& in, S& state, Emit<Out>& emit, Context& context) {
    if constexpr (std::is_void_v<decltype(state.on_event(in, context))>) {
      state.on_event(in, context);
    } else {
      emit_result(emit, state.on_event(in, context));
    }
  }
  static void timer(S& state, std::string_view name, Emit<Out>& emit, Context& context) {
    if constexpr (std::is_void_v<decltype(state.on_timer(name, context))>) {
      state.on_timer(name, context);
    } else {
      emit_result(emit, state.on_timer(name, context));
    }
  }
  static constexpr bool kTimers = true;
};

/// The start of a keyed stage's chain.
template <class In, class S, class Out, class Apply>
class StateEntry final : public Entry {
 public:
  StateEntry(const Wiring& wiring, Apply apply)
      : output_(wiring), chain_(wiring.chain), site_(wiring.site), apply_(std::move(apply)) {}

  size_t run(const Record* records, void* const* states, size_t from, size_t count) override {
    size_t at = from;
    while (at < count) {
      at = guarded_loop(
          at, count,
          [&](size_t i) {
            const bool go_on =
                one(records[i], *static_cast<S*>(states[i]), static_cast<uint32_t>(i));
            return go_on && !output_.full();
          },
          [&](size_t i) {
            output_.fail_record();
            return chain_.user_error(site_, static_cast<uint32_t>(i));
          });
      if (output_.full()) output_.flush();
      if (chain_.ports_blocked != 0) break;
    }
    output_.flush();
    erase_cleared();
    return at;
  }

  void timer(const Record& key, void* state, std::string_view timer_name, int64_t) override {
    if constexpr (Apply::kTimers) {
      Context context(chain_, key);
      bool failed = false;
      guarded_loop(
          0, 1,
          [&](size_t) {
            output_.begin_record({key.event_time_ns, 0});
            Apply::timer(*static_cast<S*>(state), timer_name, output_.emit(), context);
            return true;
          },
          [&](size_t) {
            output_.fail_record();
            failed = true;
            return chain_.user_error(site_, 0);
          });
      output_.flush();
      if (context.state_cleared() && !failed) chain_.erase_state(key);
    }
  }

 private:
  struct Cleared {
    Record record;
    void* state;
  };

  /// False when the chain must take nothing further.
  bool one(const Record& record, S& state, uint32_t number) {
    output_.begin_record({record.event_time_ns, number});
    if (!decode_payload(record, value_)) [[unlikely]]
      return chain_.undecodable(site_, number, {});
    if constexpr (Apply::kTimers) {
      with_context(record, state);
    } else {
      apply_(value_, state, output_.emit());
    }
    return true;
  }

  void with_context(const Record& record, S& state) {
    if (!cleared_.empty()) [[unlikely]]
      revive(&state);
    Context context(chain_, record);
    apply_(value_, state, output_.emit(), context);
    if (context.state_cleared()) {
      state = S{};
      cleared_.push_back({record, &state});
    }
  }

  /// A later record of the batch uses a state that was cleared: it starts afresh and stays.
  void revive(void* state) {
    std::erase_if(cleared_, [state](const Cleared& entry) { return entry.state == state; });
  }
  void erase_cleared() {
    for (const Cleared& entry : cleared_) chain_.erase_state(entry.record);
    cleared_.clear();
  }

  Output<Out> output_;
  Chain& chain_;
  const Site site_;
  Apply apply_;
  In value_{};  // reused, so that it keeps its capacity
  std::vector<Cleared> cleared_;
};

}  // namespace detail
}  // namespace wallaroo
