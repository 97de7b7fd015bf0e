// Planted bugs. MUTANT(name) is false in every product build; in the build with WALLAROO_MUTANTS it
// is true when that mutant was chosen at run time, so that the simulator can prove it would notice.
#pragma once

namespace wallaroo::base {

enum class Mutant : int {
  none = 0,
  ring_publish_before_slot,  // ring publishes the index before the slot is written
  ring_wrap_reuse,           // the last slot is reused on wrap-around
  route_disagree,            // sender and receiver route 1 of 1,024 partitions differently
  credit_twice,              // a credit is returned twice
  credit_lost,               // a credit is lost
  failed_append_forgotten,   // what could not be appended to a file is not tried again
  short_write_dropped,       // the rest of a short write is dropped
  drain_forgets_pending,     // drain forgets the pending batch
  held_input_processed,      // a held input is processed before its barrier
  shared_wrong_port,         // what comes to one port of a shared state goes in at another
  spread_keeps_control,      // a spread sends barriers and its end to its own core only
  letter_skipped_when_full,  // a dead letter for which there is no room is not written
  shrunk_line_counts,        // the start of a line counts although the file shrank away behind it
  file_tail_dropped,         // a message at the edge of two reads of a file loses its start
  unlisted_key_kept,         // a closed key_by lets keys through that it does not list
  watermark_skips_input,     // a stage does not wait for the time of its first input
  ends_with_first_input,     // a stage ends when one of its inputs has
  erased_state_kept,         // a state that was cleared stays
  refused_value_forgotten,   // a guest is not told of values that nobody will ask for
  new_state_told_once,       // a record that was not taken does not find its state new again
  state_number_reused,       // a guest's number goes to another state before the first was freed
  stop_lets_batch_go_on,     // what lies behind the message that stops the worker is worked on
  count_
};

const char* mutant_name(Mutant mutant);

#ifdef WALLAROO_MUTANTS
Mutant active_mutant();
void activate_mutant(Mutant mutant);
#define MUTANT(name) (::wallaroo::base::active_mutant() == ::wallaroo::base::Mutant::name)
#else
#define MUTANT(name) false
#endif

}  // namespace wallaroo::base
