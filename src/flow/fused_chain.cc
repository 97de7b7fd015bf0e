#include "flow/fused_chain.h"

#include <algorithm>

#include "base/assert.h"

namespace wallaroo::flow {

FusedChain::FusedChain(const ChainSite& site, uint32_t stage, StageChain& chain,
                       const std::vector<SinkSlot>& sinks)
    : site_(site), stage_(stage), chain_(chain), sink_slots_(sinks) {
  for (const uint32_t node : site.plan.stages[stage].entries) {
    const auto next = make_next(node);
    entries_.push_back(site.plan.graph.nodes[node].factory->make_entry(wiring(node, next)));
  }
}

Wiring FusedChain::wiring(uint32_t node, std::span<Step* const> next) const {
  const Node& spec = site_.plan.graph.nodes[node];
  return {.chain = chain_,
          .next = next,
          .site = {spec.name, plan::policy_of(site_.plan.graph, spec), spec.pipeline},
          .core = site_.core};
}

std::vector<Step*> FusedChain::make_next(uint32_t node) {
  std::vector<Step*> next;
  for (uint32_t consumer : site_.plan.consumers[node]) {
    if (site_.plan.graph.nodes[consumer].kind != NodeKind::key_by) {
      next.push_back(make_step(consumer));
      continue;
    }
    for (uint32_t state : site_.plan.consumers[consumer]) {
      Exchange& exchange = make_exchange(consumer, state);
      Wiring ends = wiring(consumer, {});
      ends.port = &exchange;
      steps_.push_back(site_.plan.graph.nodes[consumer].factory->make_step(ends));
      next.push_back(steps_.back().get());
    }
  }
  return next;
}

Step* FusedChain::make_step(uint32_t node) {
  const Node& spec = site_.plan.graph.nodes[node];
  std::vector<Step*> next;
  Wiring wiring = this->wiring(node, {});
  if (spec.kind == NodeKind::merge || spec.kind == NodeKind::spread) {
    wiring.port = &make_exchange(node, node);
  } else if (spec.kind == NodeKind::sink) {
    const auto slot = std::find_if(sink_slots_.begin(), sink_slots_.end(),
                                   [node](const SinkSlot& known) { return known.node == node; });
    ASSERT(slot != sink_slots_.end(), "every sink of the plan has a connector on every core");
    sinks_.push_back(std::make_unique<GatedSink>(*slot->connector, chain_, *slot->counters));
    wiring.sink = sinks_.back().get();
  } else {
    next = make_next(node);
    wiring.next = next;
  }
  steps_.push_back(spec.factory->make_step(wiring));
  return steps_.back().get();
}

Exchange& FusedChain::make_exchange(uint32_t node, uint32_t to_entry) {
  const uint32_t edge = site_.plan.edge_between(stage_, node, to_entry);
  const auto known = std::find(edges_.begin(), edges_.end(), edge);
  if (known != edges_.end()) return *exchanges_[static_cast<size_t>(known - edges_.begin())];
  const Node& spec = site_.plan.graph.nodes[node];
  edges_.push_back(edge);
  exchanges_.push_back(std::make_unique<Exchange>(
      ExchangeSpec{edge, site_.core, site_.plan.edges[edge].routing, site_.route, site_.options,
                   spec.closed ? KeyList(spec.closed_keys) : KeyList()},
      chain_, site_.pool, site_.carrier));
  return *exchanges_.back();
}

Exchange& FusedChain::exchange(uint32_t edge) {
  const auto known = std::find(edges_.begin(), edges_.end(), edge);
  ASSERT(known != edges_.end(), "the edge leaves this stage");
  return *exchanges_[static_cast<size_t>(known - edges_.begin())];
}

void FusedChain::flush() {
  for (auto& exchange : exchanges_) exchange->flush();
}
void FusedChain::watermark(int64_t watermark_ns) {
  for (auto& exchange : exchanges_) exchange->watermark(watermark_ns);
}
void FusedChain::barrier(uint64_t barrier) {
  for (auto& exchange : exchanges_) exchange->barrier(barrier);
}
void FusedChain::end() {
  for (auto& exchange : exchanges_) exchange->end();
}
void FusedChain::refresh_sinks() {
  chain_.refresh();
  for (auto& sink : sinks_) sink->refresh();
}
void FusedChain::measure(int64_t now_ns) {
  for (auto& sink : sinks_) sink->measure(now_ns);
}
bool FusedChain::quiet() const {
  return std::all_of(exchanges_.begin(), exchanges_.end(),
                     [](const auto& exchange) { return exchange->quiet(); });
}

}  // namespace wallaroo::flow
