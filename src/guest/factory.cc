#include "guest/factory.h"

#include "guest/chain.h"
#include "guest/state.h"

namespace wallaroo::guest {

std::unique_ptr<Step> Factory::make_step(const Wiring& wiring) const {
  const bool ends = wiring.port != nullptr || wiring.sink != nullptr;
  if (ends) return std::make_unique<EndPlace>(form_.node, wiring, form_.framing);
  return std::make_unique<InnerPlace>(form_.node, wiring);
}

std::unique_ptr<Entry> Factory::make_entry(const Wiring& wiring) const {
  return std::make_unique<wl_chain>(*program_, form_.node, form_.kind, wiring);
}

const StateType* Factory::state_type() const {
  return form_.kind == NodeKind::state ? &state_number_type() : nullptr;
}

std::shared_ptr<state::KeyedState> Factory::make_state(const state::KeyedStateSite& site) const {
  if (form_.kind != NodeKind::state) return nullptr;
  return std::make_shared<GuestState>(*program_, form_.state_node, site);
}

}  // namespace wallaroo::guest
