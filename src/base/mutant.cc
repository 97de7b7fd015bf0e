#include "base/mutant.h"

namespace wallaroo::base {

const char* mutant_name(Mutant mutant) {
  switch (mutant) {
    case Mutant::none:
      return "none";
    case Mutant::ring_publish_before_slot:
      return "ring_publish_before_slot";
    case Mutant::ring_wrap_reuse:
      return "ring_wrap_reuse";
    case Mutant::route_disagree:
      return "route_disagree";
    case Mutant::credit_twice:
      return "credit_twice";
    case Mutant::credit_lost:
      return "credit_lost";
    case Mutant::short_write_dropped:
      return "short_write_dropped";
    case Mutant::drain_forgets_pending:
      return "drain_forgets_pending";
    case Mutant::held_input_processed:
      return "held_input_processed";
    case Mutant::shared_wrong_port:
      return "shared_wrong_port";
    case Mutant::spread_keeps_control:
      return "spread_keeps_control";
    case Mutant::count_:
      break;
  }
  return "unknown";
}

#ifdef WALLAROO_MUTANTS
namespace {
Mutant chosen = Mutant::none;  // the one global, and only in the build made for it
}
Mutant active_mutant() { return chosen; }
void activate_mutant(Mutant mutant) { chosen = mutant; }
#endif

}  // namespace wallaroo::base
