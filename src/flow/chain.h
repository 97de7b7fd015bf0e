// The engine's side of Chain: what one stage's fused steps share on one core, and the gates by
// which ports say that they have no room.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "flow/counters.h"
#include "flow/failures.h"
#include "io/log.h"
#include "wallaroo/step.h"

namespace wallaroo::flow {

/// Told by a stage of its chain's side effects on state and time, and asked where it is.
class ChainOwner {
 public:
  virtual ~ChainOwner() = default;
  virtual void on_event_time(int64_t newest_ns, int64_t lateness_ns) = 0;
  virtual void on_set_timer(const Record& record, std::string_view name, int64_t at_ns) = 0;
  virtual void on_cancel_timer(const Record& record, std::string_view name) = 0;
  /// The record of this number that the chain works on, and how it came here.
  virtual Failure failure(const Site& site, std::string_view error, uint32_t record) = 0;
};

class StageChain;

/// One port's say in Chain::ports_blocked.
class Gate {
 public:
  explicit Gate(StageChain& chain) : chain_(chain) {}
  void set_blocked(bool blocked);

 private:
  StageChain& chain_;
  bool blocked_ = false;
};

class StageChain final : public Chain {
 public:
  StageChain(std::string stage, ChainOwner& owner, StageCounters& counters, io::Log& log,
             Failures& failures)
      : stage_(std::move(stage)),
        owner_(owner),
        counters_(counters),
        log_(log),
        failures_(failures) {}

  bool user_error(const Site& site, uint32_t record) override;
  bool failed(const Site& site, uint32_t record, std::string_view error,
              std::string_view trace) override;
  bool reports_failures() const override;
  bool undecodable(const Site& site, uint32_t record, std::string_view why) override;
  void key_not_listed(uint64_t records) override;
  void event_time(int64_t newest_ns, int64_t lateness_ns) override {
    owner_.on_event_time(newest_ns, lateness_ns);
  }
  void erase_state(const Record& record) override { erased_.push_back(record); }
  void set_timer(const Record& record, std::string_view name, int64_t at_ns) override {
    owner_.on_set_timer(record, name, at_ns);
  }
  void cancel_timer(const Record& record, std::string_view name) override {
    owner_.on_cancel_timer(record, name);
  }

  /// Looks again whether there is room for dead letters.
  void refresh() { letters_gate_.set_blocked(failures_.full()); }

  /// Keys whose state is to be forgotten once the batch is finished; the caller clears it.
  std::vector<Record>& erased() { return erased_; }
  StageCounters& counters() { return counters_; }

  int64_t arrival_ns = INT64_MAX;  // oldest arrival behind the records being worked on
  int64_t now_ns = 0;              // monotonic time of the step
  int64_t wall_ns = 0;
  wire::SourcePosition position;  // behind the first of the records being worked on

 private:
  /// Nobody hears of it: it is only counted, so that a flood of failures stays cheap.
  static bool is_silent(const Site& site, uint64_t failures);
  bool handle(const Site& site, std::string_view error, uint32_t record, uint64_t failures,
              std::string_view trace = {});

  std::string stage_;
  ChainOwner& owner_;
  StageCounters& counters_;
  io::Log& log_;
  Failures& failures_;
  Gate letters_gate_{*this};
  std::vector<Record> erased_;
};

inline void Gate::set_blocked(bool blocked) {
  if (blocked == blocked_) return;
  blocked_ = blocked;
  if (blocked) {
    ++chain_.ports_blocked;
    chain_.counters().blocked.add(1);
  } else {
    --chain_.ports_blocked;
  }
}

}  // namespace wallaroo::flow
