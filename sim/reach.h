// What a campaign of seeds must have met at least once. A row that stays at zero means that the
// simulation no longer goes there, and fails the run.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace wallaroo::sim {

enum class Row : uint8_t {
  // network
  short_read,
  short_write,
  write_blocked,
  connection_reset,
  bytes_lost,
  half_open,
  connect_refused,
  accept_failed,
  spurious_edge,
  adopted_connection,
  // disk
  append_failed,
  sync_failed,
  file_shrunk,
  file_grew,
  datagram_lost,
  datagram_doubled,
  datagram_overtook,
  datagram_without_room,
  // outside programs
  slow_sender,
  slow_receiver,
  stalled_sender,
  stalled_receiver,
  absent_receiver,
  sender_reconnected,
  hostile_sender,
  // the worker's driver
  core_parked,
  core_paused,
  core_woken,
  clock_jumped,
  healed,
  drained_early,
  stopped_early,
  cut,
  run_twice,
  // the engine
  ring_full,
  port_blocked,
  overflow_outbox,
  barrier_aligned,
  partial_write,
  sink_reconnected,
  sink_connect_failed,
  sink_resent,
  source_reset,
  frame_truncated,
  frame_over_limit,
  peer_refused,
  idle_closed,
  unfinished_over_limit,
  datagram_over_limit,
  message_undecodable,
  user_error,
  key_not_listed,
  append_repeated,
  dead_letter,
  shrunk_file_seen,
  watermark_advanced,
  timer_fired,
  late_timer,
  state_shared,
  order_given_up,
  stopped_by_failure,
  // a guest behind the C ABI
  guest_values_refused,
  guest_value_shown,
  guest_state_new,
  guest_states_freed,
  guest_states_encoded,
  guest_states_decoded,
  guest_resumed,
  guest_timer,
  guest_own_framing,
  count_
};

const char* row_name(Row row);

class Reach {
 public:
  void hit(Row row, uint64_t times = 1) { counts_[static_cast<size_t>(row)] += times; }
  uint64_t count(Row row) const { return counts_[static_cast<size_t>(row)]; }
  void add(const Reach& other) {
    for (size_t i = 0; i < counts_.size(); ++i) counts_[i] += other.counts_[i];
  }

 private:
  std::array<uint64_t, static_cast<size_t>(Row::count_)> counts_{};
};

}  // namespace wallaroo::sim
