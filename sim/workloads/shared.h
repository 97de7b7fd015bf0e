// Two pipelines whose folds share one state: a workload for each way to write such a program.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "sim/workload.h"
#include "sim/workloads/events.h"

namespace wallaroo::sim {

/// The sources are "left" and "right", the sinks "left-out" and "right-out"; what one pipeline
/// leaves in the state "folds" the other finds.
class SharedFolds : public Workload {
 public:
  explicit SharedFolds(base::Rng& rng);

  std::vector<Input> inputs() const override;
  std::vector<Output> outputs() const override;
  std::string message(base::Rng& rng, uint32_t sender, uint32_t number) override;
  std::string check(const Evidence& evidence) override;
  void count(Reach& reach) const override;
  void on_core(uint32_t core) override { ledger_->set_core(core); }
  void on_cut(uint64_t barrier, const std::string& name) override { ledger_->cut(barrier, name); }

 protected:
  uint64_t keys() const { return keys_; }
  /// The right pipeline is spread over the cores first, which gives up its order.
  bool spread() const { return spread_; }
  const std::shared_ptr<CutLedger>& ledger() const { return ledger_; }

 private:
  bool is_right(const Event& event) const { return event.sender >= left_senders_; }
  std::vector<uint32_t> paths_of(const std::vector<Folded>& results);

  const uint64_t keys_;
  const uint32_t left_senders_;
  const uint32_t right_senders_;
  const bool spread_;
  uint64_t alternations_ = 0;
  uint64_t out_of_order_ = 0;
  const std::shared_ptr<CutLedger> ledger_ = std::make_shared<CutLedger>();
};

}  // namespace wallaroo::sim
