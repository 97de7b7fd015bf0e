#include "sim/setup.h"

#include <initializer_list>

namespace wallaroo::sim {
namespace {

using base::Rng;

template <class T>
T any_of(Rng& rng, std::initializer_list<T> choices) {
  return *(choices.begin() + rng.below(choices.size()));
}

void draw_sizes(Rng& rng, bool smallest, flow::Options& options) {
  options.cores = smallest ? 3 : any_of(rng, {2u, 2u, 3u, 4u});
  options.partitions = any_of(rng, {1u, 4u, 64u, 1024u, 1024u});
  options.ring_slots = smallest ? 1 : any_of(rng, {1u, 2u, 4u, 64u});
  options.credits_per_channel = smallest ? 1 : any_of(rng, {1u, 2u, 3u, 16u});
  options.batch_records_max = any_of(rng, {1u, 2u, 5u, 64u, 128u});
  options.batch_bytes_max = any_of(rng, {1u, 64u, 1024u, 16384u});
  options.step_batch = any_of(rng, {1u, 2u, 7u, 128u});
  options.timers_per_turn = any_of(rng, {1u, 3u, 1024u});
  options.receive_bytes = any_of(rng, {64u, 1024u, 65536u});
  options.file_read_bytes = any_of(rng, {16u, 64u, 500u, 1u << 20});
  options.file_poll_ns = any_of<int64_t>(rng, {1'000'000, 100'000'000});
  options.sink_chunk_bytes = any_of(rng, {1u, 100u, 65536u});
  options.sink_buffer_bytes_max = any_of<uint64_t>(rng, {1, 200, 4096, 1u << 20});
  options.reconnect_min_ns = any_of<int64_t>(rng, {1'000, 100'000, 10'000'000});
  options.reconnect_max_ns = options.reconnect_min_ns * 10;
  options.seed = rng.next();
}

NetConditions draw_network(Rng& rng) {
  NetConditions network;
  network.latency_max_ns = any_of<int64_t>(rng, {2'000, 50'000, 500'000});
  network.buffer_bytes_min = any_of<size_t>(rng, {1, 16, 4'096});
  network.buffer_bytes_max = network.buffer_bytes_min + any_of<size_t>(rng, {8, 1'000, 60'000});
  network.transfer_bytes_max = any_of<size_t>(rng, {3, 50, 65'536, 65'536});
  network.short_transfers = any_of(rng, {0u, 100u, 700u});
  network.spurious_edges = any_of(rng, {0u, 0u, 50u});
  network.refused_connects = any_of(rng, {0u, 0u, 300u});
  network.failed_accepts = any_of(rng, {0u, 0u, 200u});
  network.lost_datagrams = any_of(rng, {0u, 0u, 50u});
  network.doubled_datagrams = any_of(rng, {0u, 0u, 50u});
  network.overtaking_datagrams = any_of(rng, {0u, 100u, 900u});
  network.datagrams_waiting_max = any_of<size_t>(rng, {64, 1'000, 1'000});
  return network;
}

DiskConditions draw_disk(Rng& rng) {
  DiskConditions disk;
  disk.latency_max_ns = any_of<int64_t>(rng, {1'000, 50'000, 500'000});
  disk.failed_appends = any_of(rng, {0u, 0u, 50u, 500u});
  disk.failed_syncs = any_of(rng, {0u, 500u});
  return disk;
}

PeerHabits draw_habits(Rng& rng) {
  PeerHabits habits;
  habits.chunk_bytes_max = any_of<size_t>(rng, {8, 100, 4'096, 65'536});
  habits.pause_max_ns = any_of<int64_t>(rng, {0, 5'000, 100'000});
  habits.stalls = any_of(rng, {0u, 0u, 5u});
  habits.stall_max_ns = 20'000'000;
  return habits;
}

Faults draw_faults(Rng& rng) {
  Faults faults;
  if (rng.chance(1, 4)) return faults;
  const auto maybe = [&rng](uint32_t chance) { return rng.chance(1, 3) ? chance : 0; };
  faults.reset_sender = maybe(20);
  faults.reset_receiver = maybe(30);
  faults.vanish_sender = maybe(5);
  faults.vanish_receiver = maybe(10);
  faults.receiver_leaves = maybe(20);
  faults.core_pauses = maybe(200);
  faults.clock_jumps = maybe(50);
  faults.file_shrinks = rng.chance(2, 3) ? 2'000 : 0;
  return faults;
}

/// Limits by which a source closes or refuses connections of peers that did nothing wrong. A peer
/// that has vanished holds its place for ever, so then there must be another for who comes again;
/// and any one message must find room.
void draw_limits(Rng& rng, Setup& setup) {
  setup.idle_ns_max = any_of<uint64_t>(rng, {0, 0, 0, 2'000'000, 50'000'000});
  const uint32_t least = setup.faults.vanish_sender == 0 ? 1 : 1'000;
  setup.connections_per_peer_max = any_of(rng, {1'000u, least});
  setup.options.unfinished_bytes_max = any_of<uint64_t>(rng, {256u << 20, 256u << 20, 5'000});
}

}  // namespace

Setup draw_setup(uint64_t seed, size_t workload, bool smallest) {
  Rng rng(seed);
  Setup setup;
  setup.workload = workload;
  setup.messages = static_cast<uint32_t>(rng.between(1'100, 1'600));
  draw_sizes(rng, smallest, setup.options);
  setup.budget_max.rounds = any_of(rng, {1u, 2u, 8u});
  setup.budget_max.batches = any_of(rng, {1u, 3u, 16u});
  setup.step_cost_ns = any_of<int64_t>(rng, {500, 5'000, 50'000});
  setup.network = draw_network(rng);
  setup.senders = draw_habits(rng);
  setup.receivers = draw_habits(rng);
  setup.faults = draw_faults(rng);
  setup.disk = draw_disk(rng);
  setup.faults_end_ns = static_cast<int64_t>(rng.between(1'000'000, 100'000'000));
  setup.barriers = rng.chance(1, 2);
  setup.drain_early = rng.chance(1, 8);
  setup.stop_early = rng.chance(1, 30);
  setup.hostile_senders = rng.chance(1, 3) ? static_cast<uint32_t>(rng.between(1, 3)) : 0;
  draw_limits(rng, setup);
  return setup;
}

std::string describe(const Setup& setup) {
  const flow::Options& o = setup.options;
  std::string text;
  const auto say = [&text](const char* name, auto value) {
    text += std::string(text.empty() ? "" : ", ") + name + ' ' + std::to_string(value);
  };
  say("messages", setup.messages);
  say("cores", o.cores);
  say("partitions", o.partitions);
  say("ring", o.ring_slots);
  say("credits", o.credits_per_channel);
  say("batch records", o.batch_records_max);
  say("batch bytes", o.batch_bytes_max);
  say("step batch", o.step_batch);
  say("receive bytes", o.receive_bytes);
  say("sink chunk", o.sink_chunk_bytes);
  say("sink buffer", o.sink_buffer_bytes_max);
  say("rounds", setup.budget_max.rounds);
  say("batches", setup.budget_max.batches);
  say("socket buffer from", setup.network.buffer_bytes_min);
  say("transfer", setup.network.transfer_bytes_max);
  say("resets", setup.faults.reset_sender + setup.faults.reset_receiver);
  say("silent peers", setup.faults.vanish_sender + setup.faults.vanish_receiver);
  say("absences", setup.faults.receiver_leaves);
  say("barriers", setup.barriers ? 1 : 0);
  say("early drain", setup.drain_early ? 1 : 0);
  say("early stop", setup.stop_early ? 1 : 0);
  say("hostile senders", setup.hostile_senders);
  say("of a peer", setup.connections_per_peer_max);
  say("idle us", setup.idle_ns_max / 1'000);
  say("unfinished", o.unfinished_bytes_max);
  return text;
}

}  // namespace wallaroo::sim
