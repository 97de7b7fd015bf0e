// Makes the places of a guest's nodes on each core.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "guest/program.h"
#include "wallaroo/graph.h"

namespace wallaroo::guest {

struct NodeForm {
  uint32_t node = 0;
  NodeKind kind = NodeKind::computation;
  Framing framing{};         // of a sink
  std::string state_type{};  // of a state: its description
  uint32_t state_node = 0;   // of a state: the first node that uses it
  bool timers = false;
};

class Factory final : public StepFactory {
 public:
  Factory(std::shared_ptr<const Program> program, NodeForm form)
      : program_(std::move(program)), form_(std::move(form)) {}

  std::unique_ptr<Step> make_step(const Wiring& wiring) const override;
  std::unique_ptr<Entry> make_entry(const Wiring& wiring) const override;
  const StateType* state_type() const override;
  std::string state_description() const override { return form_.state_type; }
  std::shared_ptr<state::KeyedState> make_state(const state::KeyedStateSite& site) const override;
  bool uses_timers() const override { return form_.timers; }

 private:
  const std::shared_ptr<const Program> program_;
  const NodeForm form_;
};

}  // namespace wallaroo::guest
