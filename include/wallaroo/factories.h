// Makes typed steps from a node's function, once for each core. Users do not need this header.
#pragma once

#include <memory>
#include <utility>

#include "wallaroo/entry_steps.h"
#include "wallaroo/keyed_steps.h"
#include "wallaroo/steps.h"
#include "wallaroo/terminal_steps.h"
#include "wallaroo/time_steps.h"

namespace wallaroo::detail {

/// A factory whose make_step is `make(wiring)`.
template <class Make>
class MakesStep final : public StepFactory {
 public:
  explicit MakesStep(Make make) : make_(std::move(make)) {}
  std::unique_ptr<Step> make_step(const Wiring& wiring) const override { return make_(wiring); }

 private:
  Make make_;
};

/// A factory whose make_entry is `make(wiring)`.
template <class Make>
class MakesEntry final : public StepFactory {
 public:
  explicit MakesEntry(Make make, const StateType* state = nullptr, bool timers = false)
      : make_(std::move(make)), state_(state), timers_(timers) {}
  std::unique_ptr<Entry> make_entry(const Wiring& wiring) const override { return make_(wiring); }
  const StateType* state_type() const override { return state_; }
  bool uses_timers() const override { return timers_; }

 private:
  Make make_;
  const StateType* state_;
  bool timers_;
};

/// A merge or spread both ends chains and begins one.
template <class T>
class RelayFactory final : public StepFactory {
 public:
  std::unique_ptr<Step> make_step(const Wiring& wiring) const override {
    return std::make_unique<RelayStep<T>>(wiring);
  }
  std::unique_ptr<Entry> make_entry(const Wiring& wiring) const override {
    return std::make_unique<RelayEntry<T>>(wiring);
  }
};

template <class Make>
std::shared_ptr<const StepFactory> makes_step(Make make) {
  return std::make_shared<const MakesStep<Make>>(std::move(make));
}
template <class Make>
std::shared_ptr<const StepFactory> makes_entry(Make make, const StateType* state = nullptr,
                                               bool timers = false) {
  return std::make_shared<const MakesEntry<Make>>(std::move(make), state, timers);
}

}  // namespace wallaroo::detail
