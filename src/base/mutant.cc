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
    case Mutant::failed_append_forgotten:
      return "failed_append_forgotten";
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
    case Mutant::letter_skipped_when_full:
      return "letter_skipped_when_full";
    case Mutant::shrunk_line_counts:
      return "shrunk_line_counts";
    case Mutant::file_tail_dropped:
      return "file_tail_dropped";
    case Mutant::unlisted_key_kept:
      return "unlisted_key_kept";
    case Mutant::watermark_skips_input:
      return "watermark_skips_input";
    case Mutant::ends_with_first_input:
      return "ends_with_first_input";
    case Mutant::erased_state_kept:
      return "erased_state_kept";
    case Mutant::refused_value_forgotten:
      return "refused_value_forgotten";
    case Mutant::new_state_told_once:
      return "new_state_told_once";
    case Mutant::state_number_reused:
      return "state_number_reused";
    case Mutant::stop_lets_batch_go_on:
      return "stop_lets_batch_go_on";
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
