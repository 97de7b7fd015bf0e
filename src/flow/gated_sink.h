// A sink as its chain sees it: counts, blocks the chain while the sink is full, and measures
// latency.
#pragma once

#include <utility>
#include <vector>

#include "flow/chain.h"
#include "flow/connector.h"

namespace wallaroo::flow {

class GatedSink final : public SinkPort {
 public:
  GatedSink(SinkConnector& sink, StageChain& chain, SinkCounters& counters)
      : sink_(sink), chain_(chain), counters_(counters), gate_(chain) {}

  Bytes& buffer() override { return sink_.buffer(); }
  void commit(size_t messages) override {
    sink_.commit(messages);
    counters_.messages.add(messages);
    chain_.counters().records_out.add(messages);
    if (messages != 0) unmeasured_.push_back({chain_.arrival_ns, messages});
    refresh();
  }

  void refresh() { gate_.set_blocked(sink_.full()); }

  /// The step in which they were committed is over: what was committed took until now.
  void measure(int64_t now_ns) {
    for (const auto& [arrival_ns, messages] : unmeasured_) {
      if (arrival_ns <= now_ns) {
        counters_.latency_ns.add(static_cast<uint64_t>(now_ns - arrival_ns), messages);
      }
    }
    unmeasured_.clear();
  }

 private:
  SinkConnector& sink_;
  StageChain& chain_;
  SinkCounters& counters_;
  Gate gate_;
  std::vector<std::pair<int64_t, uint64_t>> unmeasured_;
};

}  // namespace wallaroo::flow
