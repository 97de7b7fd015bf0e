// One keyed stage whose state is a fold that does not commute, with string keys of many lengths and
// now and then a message that the decoder refuses.
#include "sim/workload.h"
#include "sim/workloads/events.h"

namespace wallaroo::sim {
namespace {

class FoldPerKey final : public Workload {
 public:
  explicit FoldPerKey(base::Rng& rng)
      : keys_(rng.between(1, 200)),
        key_padding_(rng.chance(1, 3) ? rng.below(200) : 0),
        senders_(static_cast<uint32_t>(rng.between(2, 5))),
        framing_(draw_framing(rng)),
        out_framing_(draw_framing(rng)) {}

  std::string_view name() const override { return "fold"; }

  void build(Application& app) override {
    const size_t padding = key_padding_;
    app.pipeline("fold")
        .source("events",
                tcp::listen("10.0.0.1:7010", framing_, logged_parser("events", ledger_), limits()))
        .key_by([padding](const Event& event) {
          return std::to_string(event.key) + std::string(event.key % 2 == 0 ? padding : 0, 'k');
        })
        .state<Fold>("fold", fold_event)
        .sink("folded", tcp::connect("10.0.0.2:7002", out_framing_, write_folded));
  }
  std::vector<Input> inputs() const override {
    return {{"events", {"10.0.0.1", 7010}, framing_, senders_}};
  }
  std::vector<Output> outputs() const override {
    return {{"folded", {"10.0.0.2", 7002}, out_framing_}};
  }
  std::string message(base::Rng& rng, uint32_t sender, uint32_t number) override {
    if (rng.chance(1, 50)) return "not an event";
    return event_message(rng, {static_cast<uint32_t>(rng.below(keys_)), sender, number});
  }
  std::string check(const Evidence& evidence) override {
    const FoldJudge judge(evidence);
    return check_folds(judge, evidence.written.at("folded"), *ledger_, "fold");
  }
  void on_core(uint32_t core) override { ledger_->set_core(core); }
  void on_cut(uint64_t barrier, const std::string& name) override { ledger_->cut(barrier, name); }
  void on_cut_state(uint64_t barrier, const std::string& name, std::string_view key,
                    std::string_view state) override {
    ledger_->state(barrier, name, static_cast<uint32_t>(std::stoul(std::string(key))),
                   decode_fold(state));
  }

 private:
  const uint64_t keys_;
  const size_t key_padding_;
  const uint32_t senders_;
  const Framing framing_;
  const Framing out_framing_;
  const std::shared_ptr<CutLedger> ledger_ = std::make_shared<CutLedger>();
};

}  // namespace

std::unique_ptr<Workload> make_fold(base::Rng& rng) { return std::make_unique<FoldPerKey>(rng); }

}  // namespace wallaroo::sim
