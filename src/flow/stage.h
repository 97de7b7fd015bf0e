// A stage on one core: takes batches from its inputs (or records from its source), runs its chain
// on them with the state of their keys, and passes watermarks, barriers and the end on in order.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "flow/connector.h"
#include "flow/fused_chain.h"
#include "flow/inputs.h"
#include "flow/source_watermarks.h"
#include "state/keyed_state.h"
#include "state/timers.h"

namespace wallaroo::flow {

/// A stage that reads from channels: keyed, merge or spread. One whose state is shared has several
/// entries, each with channels and timers of its own; they work on one table, one batch at a time.
class Stage final : public ChainOwner, private Entry {
 public:
  Stage(const ChainSite& site, uint32_t stage, const std::vector<SinkSlot>& sinks,
        StageCounters& counters, io::Log& log, Failures& failures, BarrierObserver* observer);

  /// A batch arrived in the channel (edge, sending core).
  void receive(Batch* batch);
  /// Works on up to `batches` batches. True when anything was done.
  bool step(io::Now now, uint32_t batches);
  bool ended() const { return ended_; }
  FusedChain& fused() { return fused_; }
  /// Null when it keeps none. To be read and changed between steps only.
  state::KeyedState* state() { return state_.get(); }
  bool quiet() const { return fused_.quiet() && inputs_.empty() && !control_due_; }

 private:
  void on_event_time(int64_t, int64_t) override;
  void on_set_timer(const Record& record, std::string_view name, int64_t at_ns) override;
  void on_cancel_timer(const Record& record, std::string_view name) override;
  Failure failure(const Site& site, std::string_view error, uint32_t record) override;
  // The entry that update() runs to give a timer its key's state.
  size_t run(const Record* records, void* const* states, size_t from, size_t count) override;

  bool take_next();
  bool work_on_current();
  bool finish_control();
  bool fire_timers();
  std::string_view timer_name(std::string_view name);
  std::string_view shown_timer_name() const;
  void fire_due();
  void pass_on();
  void erase_cleared();
  size_t channel_of(const wire::BatchHeader& header) const;
  bool is_shared() const { return site_.plan.stages[stage_].entries.size() > 1; }

  const ChainSite& site_;
  const uint32_t stage_;
  StageCounters& counters_;
  BarrierObserver* observer_;
  StageChain chain_;
  FusedChain fused_;
  Inputs inputs_;
  std::shared_ptr<state::KeyedState> state_;
  state::Timers timers_;

  Batch* current_ = nullptr;  // being worked on; still in its input queue
  size_t current_channel_ = 0;
  size_t at_ = 0;      // next record of it
  uint32_t port_ = 0;  // that it, or the timer being fired, belongs to
  std::array<Record, wire::kBatchRecordsMax> records_;
  std::array<void*, wire::kBatchRecordsMax> no_states_{};
  int64_t watermark_sent_ns_ = wire::kNoWatermark;
  bool control_due_ =
      false;           // the last batch's watermark, barrier and end are still to be passed on
  state::Timer due_;   // being fired
  Record due_record_;  // its key
  bool firing_ = false;
  std::string timer_name_;  // scratch: of a shared state, the port and the name
  bool ended_ = false;
};

/// A stage that begins at a source.
class SourceStage final : public ChainOwner, public SourceOutput {
 public:
  SourceStage(const ChainSite& site, uint32_t stage, const std::vector<SinkSlot>& sinks,
              StageCounters& counters, io::Log& log, Failures& failures, BarrierObserver* observer);

  void attach(std::unique_ptr<SourceConnector> connector) { connector_ = std::move(connector); }
  SourceConnector& connector() { return *connector_; }

  bool step(io::Now now, uint32_t batches);
  void barrier(uint64_t barrier);
  bool ended() const { return ended_; }
  int64_t deadline_ns(io::Now now) const;
  FusedChain& fused() { return fused_; }

  size_t run(const Record* records, size_t from, size_t count, io::Now now, Origin origin) override;
  bool blocked() const override { return chain_.ports_blocked != 0; }
  bool finished() const override { return chain_.source_finished; }
  void close_origin(uint64_t origin) override { watermarks_.close(origin); }

 private:
  void on_event_time(int64_t newest_ns, int64_t lateness_ns) override;
  void on_set_timer(const Record&, std::string_view, int64_t) override;
  void on_cancel_timer(const Record&, std::string_view) override;
  Failure failure(const Site& site, std::string_view error, uint32_t record) override;
  void send_watermark(io::Now now);

  const ChainSite& site_;
  const uint32_t stage_;
  StageCounters& counters_;
  BarrierObserver* observer_;
  StageChain chain_;
  FusedChain fused_;
  SourceWatermarks watermarks_;
  std::unique_ptr<SourceConnector> connector_;
  const Record* records_ = nullptr;  // being worked on
  int64_t watermark_sent_ns_ = wire::kNoWatermark;
  bool ended_ = false;
};

}  // namespace wallaroo::flow
