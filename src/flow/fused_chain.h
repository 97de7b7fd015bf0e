// One stage's fused computations on one core: the typed steps, and the exchanges and sinks they end
// in.
#pragma once

#include <memory>
#include <vector>

#include "flow/chain.h"
#include "flow/exchange.h"
#include "flow/gated_sink.h"
#include "plan/plan.h"

namespace wallaroo::flow {

/// What building a chain needs to know about its core.
struct ChainSite {
  const plan::Plan& plan;
  const Options& options;
  const Route& route;
  uint32_t core;
  BatchPool& pool;
  Carrier& carrier;
};

/// The sinks of one core, by sink node.
struct SinkSlot {
  uint32_t node;
  SinkConnector* connector;
  SinkCounters* counters;
};

class FusedChain {
 public:
  FusedChain(const ChainSite& site, uint32_t stage, StageChain& chain,
             const std::vector<SinkSlot>& sinks);

  /// Where records of an input port go in.
  Entry& entry(size_t port = 0) { return *entries_[port]; }
  /// The exchange of an edge of this stage.
  Exchange& exchange(uint32_t edge);
  std::vector<std::unique_ptr<Exchange>>& exchanges() { return exchanges_; }

  void flush();
  void watermark(int64_t watermark_ns);
  void barrier(uint64_t barrier);
  void end();
  void refresh_sinks();
  void measure(int64_t now_ns);
  bool quiet() const;

 private:
  Wiring wiring(uint32_t node, std::span<Step* const> next) const;
  std::vector<Step*> make_next(uint32_t node);
  Step* make_step(uint32_t node);
  Exchange& make_exchange(uint32_t node, uint32_t to_entry);

  const ChainSite& site_;
  const uint32_t stage_;
  StageChain& chain_;
  const std::vector<SinkSlot>& sink_slots_;
  std::vector<uint32_t> edges_;
  std::vector<std::unique_ptr<Exchange>> exchanges_;  // beside edges_
  std::vector<std::unique_ptr<GatedSink>> sinks_;
  std::vector<std::unique_ptr<Step>> steps_;
  std::vector<std::unique_ptr<Entry>> entries_;  // by port
};

}  // namespace wallaroo::flow
