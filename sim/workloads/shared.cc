// Two pipelines whose folds share one state, and so one stage with two input ports: what one leaves
// there the other finds. One of them may be spread over the cores first, which gives up its order.
#include <algorithm>

#include "sim/workload.h"
#include "sim/workloads/events.h"

namespace wallaroo::sim {
namespace {

class Shared final : public Workload {
 public:
  explicit Shared(base::Rng& rng)
      : keys_(rng.between(1, 100)),
        left_senders_(static_cast<uint32_t>(rng.between(1, 3))),
        right_senders_(static_cast<uint32_t>(rng.between(1, 3))),
        spread_(rng.chance(2, 3)) {}

  std::string_view name() const override { return "shared"; }

  void build(Application& app) override {
    app.pipeline("left")
        .source("left", tcp::listen("10.0.0.1:7010", framing::u32be, logged_parser("left", ledger_),
                                    limits()))
        .key_by(&Event::key)
        .state<Fold>("left-fold", shared("folds"), fold_event)
        .sink("left-out", tcp::connect("10.0.0.2:7002", framing::lines, write_folded));
    auto right = app.pipeline("right").source(
        "right",
        tcp::listen("10.0.0.1:7011", framing::lines, logged_parser("right", ledger_), limits()));
    if (spread_) right = right.spread("deal");
    right.key_by(&Event::key)
        .state<Fold>("right-fold", shared("folds"), fold_event)
        .sink("right-out", tcp::connect("10.0.0.2:7003", framing::u32be, write_folded));
  }
  std::vector<Input> inputs() const override {
    return {{"left", {"10.0.0.1", 7010}, Framing::u32be, left_senders_},
            {"right", {"10.0.0.1", 7011}, Framing::lines, right_senders_}};
  }
  std::vector<Output> outputs() const override {
    return {{"left-out", {"10.0.0.2", 7002}, Framing::lines},
            {"right-out", {"10.0.0.2", 7003}, Framing::u32be}};
  }
  std::string message(base::Rng& rng, uint32_t sender, uint32_t number) override {
    return event_message(rng, {static_cast<uint32_t>(rng.below(keys_)), sender, number});
  }
  std::string check(const Evidence& evidence) override {
    const FoldJudge judge(evidence);
    std::vector<Folded> all;
    std::map<uint32_t, std::vector<Folded>> by_key;
    for (const Output& output : outputs()) {
      for (const std::string& line : evidence.written.at(output.sink)) {
        const auto folded = parse_folded(line);
        if (!folded) return "a result that no encoder wrote: " + line;
        all.push_back(*folded);
        const Event& event = all.back().event;
        if ((output.sink == "right-out") != is_right(event)) {
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
  void count(Reach& reach) const override {
    reach.hit(Row::state_shared, alternations_);
    reach.hit(Row::order_given_up, out_of_order_);
  }
  void on_core(uint32_t core) override { ledger_->set_core(core); }
  void on_cut(uint64_t barrier, const std::string& name) override { ledger_->cut(barrier, name); }
  void on_cut_state(uint64_t barrier, const std::string& name, std::string_view key,
                    std::string_view state) override {
    ledger_->state(barrier, name, decode_event_key(key), decode_fold(state));
  }

 private:
  bool is_right(const Event& event) const { return event.sender >= left_senders_; }

  /// Events that were spread keep no order: each goes a way of its own.
  std::vector<uint32_t> paths_of(const std::vector<Folded>& results) {
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

  const uint64_t keys_;
  const uint32_t left_senders_;
  const uint32_t right_senders_;
  const bool spread_;
  uint64_t alternations_ = 0;
  uint64_t out_of_order_ = 0;
  const std::shared_ptr<CutLedger> ledger_ = std::make_shared<CutLedger>();
};

}  // namespace

std::unique_ptr<Workload> make_shared_state(base::Rng& rng) {
  return std::make_unique<Shared>(rng);
}

}  // namespace wallaroo::sim
