// Two pipelines whose folds share one state, and so one stage with two input ports: what one leaves
// there the other finds. One of them may be spread over the cores first, which gives up its order.
#include "sim/workloads/shared.h"

#include <algorithm>

namespace wallaroo::sim {

SharedFolds::SharedFolds(base::Rng& rng)
    : keys_(rng.between(1, 100)),
      left_senders_(static_cast<uint32_t>(rng.between(1, 3))),
      right_senders_(static_cast<uint32_t>(rng.between(1, 3))),
      spread_(rng.chance(2, 3)) {}

std::vector<Input> SharedFolds::inputs() const {
  return {{"left", {"10.0.0.1", 7010}, Framing::u32be, left_senders_},
          {"right", {"10.0.0.1", 7011}, Framing::lines, right_senders_}};
}

std::vector<Output> SharedFolds::outputs() const {
  return {{"left-out", {"10.0.0.2", 7002}, Framing::lines},
          {"right-out", {"10.0.0.2", 7003}, Framing::u32be}};
}

std::string SharedFolds::message(base::Rng& rng, uint32_t sender, uint32_t number) {
  return event_message(rng, {static_cast<uint32_t>(rng.below(keys_)), sender, number});
}

std::string SharedFolds::check(const Evidence& evidence) {
  const FoldJudge judge(evidence);
  std::vector<Folded> all;
  std::map<uint32_t, std::vector<Folded>> by_key;
  for (const std::string sink : {"left-out", "right-out"}) {
    for (const std::string& line : evidence.written.at(sink)) {
      const auto folded = parse_folded(line);
      if (!folded) return "a result that no encoder wrote: " + line;
      all.push_back(*folded);
      const Event& event = all.back().event;
      if ((sink == "right-out") != is_right(event)) {
        return "a result came out of the other pipeline: " + sim::describe(event);
      }
      by_key[event.key].push_back(all.back());
    }
  }
  if (std::string wrong = judge.complete(all); !wrong.empty()) return wrong;
  for (auto& [key, results] : by_key) {
    std::ranges::sort(results, {}, [](const Folded& folded) { return folded.fold.count; });
    if (std::string wrong = judge.legal(results, paths_of(results)); !wrong.empty()) return wrong;
  }
  return ledger_->check("folds", by_key);
}

void SharedFolds::count(Reach& reach) const {
  reach.hit(Row::state_shared, alternations_);
  reach.hit(Row::order_given_up, out_of_order_);
}

/// Events that were spread keep no order: each goes a way of its own.
std::vector<uint32_t> SharedFolds::paths_of(const std::vector<Folded>& results) {
  std::vector<uint32_t> paths;
  std::map<uint32_t, uint32_t> newest;
  for (size_t i = 0; i < results.size(); ++i) {
    const Event& event = results[i].event;
    const bool spread = spread_ && is_right(event);
    paths.push_back(spread ? static_cast<uint32_t>(i + 1) : 0);
    if (i > 0 && is_right(event) != is_right(results[i - 1].event)) ++alternations_;
    uint32_t& last = newest[event.sender];
    if (spread && event.number < last) ++out_of_order_;
    last = std::max(last, event.number);
  }
  return paths;
}

namespace {

class Shared final : public SharedFolds {
 public:
  using SharedFolds::SharedFolds;

  std::string_view name() const override { return "shared"; }

  void build(Application& app) override {
    app.pipeline("left")
        .source("left", tcp::listen("10.0.0.1:7010", framing::u32be,
                                    logged_parser("left", ledger()), limits()))
        .key_by(&Event::key)
        .state<Fold>("left-fold", shared("folds"), fold_event)
        .sink("left-out", tcp::connect("10.0.0.2:7002", framing::lines, write_folded));
    auto right = app.pipeline("right").source(
        "right",
        tcp::listen("10.0.0.1:7011", framing::lines, logged_parser("right", ledger()), limits()));
    if (spread()) right = right.spread("deal");
    right.key_by(&Event::key)
        .state<Fold>("right-fold", shared("folds"), fold_event)
        .sink("right-out", tcp::connect("10.0.0.2:7003", framing::u32be, write_folded));
  }
  void on_cut_state(uint64_t barrier, const std::string& name, std::string_view key,
                    std::string_view state) override {
    ledger()->state(barrier, name, decode_event_key(key), decode_fold(state));
  }
};

}  // namespace

std::unique_ptr<Workload> make_shared_state(base::Rng& rng) {
  return std::make_unique<Shared>(rng);
}

}  // namespace wallaroo::sim
