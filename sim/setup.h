// Everything that a seed decides before the first step: the workload, every size and limit, how the
// network and the outside programs behave, and which faults exist at all.
#pragma once

#include <cstdint>
#include <string>

#include "base/rng.h"
#include "flow/options.h"
#include "sim/peer.h"
#include "sim/sim_disk.h"
#include "sim/sim_net.h"

namespace wallaroo::sim {

/// Faults that the world injects while they are on; each as a chance per 100,000 steps.
struct Faults {
  uint32_t reset_sender = 0;
  uint32_t reset_receiver = 0;
  uint32_t vanish_sender = 0;
  uint32_t vanish_receiver = 0;
  uint32_t receiver_leaves = 0;
  uint32_t core_pauses = 0;
  uint32_t clock_jumps = 0;
  uint32_t file_shrinks = 0;
};

struct Setup {
  size_t workload = 0;
  uint32_t messages = 0;  // of all senders together
  flow::Options options;
  flow::Budget budget_max;   // each step draws its own up to this
  int64_t step_cost_ns = 0;  // most virtual time that one step takes
  NetConditions network;
  DiskConditions disk;
  PeerHabits senders;
  PeerHabits receivers;
  Faults faults;
  int64_t faults_end_ns = 0;
  bool barriers = false;     // cut the running graph every now and then
  bool drain_early = false;  // while senders are still sending
  bool stop_early = false;   // the worker is destroyed with everything under way
  uint32_t hostile_senders = 0;
  uint32_t connections_per_peer_max = 1'000;  // of every TCP source
  uint64_t idle_ns_max = 0;                   // the same
};

/// Draws the setup of a seed. `smallest`: rings of one slot, one credit, three cores.
Setup draw_setup(uint64_t seed, size_t workload, bool smallest);
std::string describe(const Setup& setup);

}  // namespace wallaroo::sim
