// What a run leaves behind, and the judgement on it.
#include <algorithm>
#include <iterator>
#include <string_view>

#include "base/assert.h"
#include "sim/world.h"

namespace wallaroo::sim {

/// A sink that loses its connection goes on from the start of a chunk, and says at once how much of
/// what it had written it will send again.
void World::note_repeats(uint32_t core) {
  const auto& sinks = worker_->counters(core).sinks;
  std::vector<uint64_t>& seen = cores_[core].resent_bytes;
  seen.resize(sinks.size());
  for (size_t node = 0; node < sinks.size(); ++node) {
    if (sinks[node] == nullptr || sinks[node]->resent_bytes.get() == seen[node]) continue;
    const uint64_t bytes = sinks[node]->resent_bytes.get() - seen[node];
    seen[node] += bytes;
    const auto output =
        std::ranges::find(outputs_, worker_->plan().graph.nodes[node].name, &Output::sink);
    io::ConnectionId last;
    for (const io::ConnectionId connection : network_.made_to(output->address)) {
      if (network_.maker(connection) == core) last = connection;
    }
    repeated_bytes_[last.value] = bytes;
  }
}

void World::gather() {
  count_reach();
  if (!verdict_.wrong.empty() || phase_ != Phase::over) return;
  evidence_.failure = worker_->failure();
  // A worker that stopped leaves its work where it was.
  const std::string left = worker_->halted() ? std::string() : worker_->audit();
  if (!left.empty()) return wrong("audit", "something is left when all is done: " + left);
  gather_taken();
  gather_files_read();
  gather_written();
  if (!verdict_.wrong.empty()) return;
  if (std::string what = workload_->check(evidence_); !what.empty()) {
    wrong("results of " + verdict_.workload, what);
  }
  workload_->count(verdict_.reach);
}

/// A message counts as taken when the worker has read its last byte: from then on it is the
/// worker's.
void World::gather_taken() {
  for (size_t input = 0; input < inputs_.size(); ++input) {
    if (!inputs_[input].datagrams) continue;
    std::vector<std::string> sent;
    for (const SenderSlot& slot : senders_) {
      const auto& messages = slot.sender->messages();
      if (slot.input == input) sent.insert(sent.end(), messages.begin(), messages.end());
    }
    gather_datagrams(inputs_[input], std::move(sent));
  }
  for (size_t i = 0; i < senders_.size(); ++i) {
    const SenderSlot& slot = senders_[i];
    for (const Sender::Session& session : slot.sender->sessions()) {
      Taken taken{inputs_[slot.input].source, static_cast<uint32_t>(i), {}};
      size_t bytes = network_.read_by_peer(session.connection);
      for (size_t m = session.first; m < slot.messages.size(); ++m) {
        const size_t length = slot.sender->messages()[m].size();
        if (length > bytes) break;
        bytes -= length;
        taken.messages.push_back(slot.messages[m]);
      }
      verdict_.records += taken.messages.size();
      verdict_.connections += 1;
      evidence_.taken.push_back(std::move(taken));
    }
  }
}

/// What was read is what was sent, each at most twice as the network may double it: none made up,
/// none read again. What has arrived and found room is not left unread, not even by a drain.
void World::gather_datagrams(const Input& input, std::vector<std::string> sent) {
  Taken taken{input.source, 0, network_.datagrams_read_at(input.address)};
  std::vector<std::string> read = taken.messages;
  std::vector<std::string> twice = sent;
  std::ranges::move(sent, std::back_inserter(twice));
  std::ranges::sort(twice);
  std::ranges::sort(read);
  if (!std::ranges::includes(twice, read)) {
    wrong("datagrams", "a message was read that nobody sent so often");
  }
  if (const size_t left = network_.datagrams_left_at(input.address); left > 0) {
    wrong("datagrams", std::to_string(left) + " datagrams arrived and were not read");
  }
  verdict_.records += taken.messages.size();
  verdict_.connections += input.senders;
  evidence_.taken.push_back(std::move(taken));
}

void World::gather_written() {
  for (const Output& output : outputs_) {
    if (!output.file.empty()) {
      const std::string& bytes = files_.content(output.file);
      if (!split_messages(output.framing, bytes, evidence_.written[output.sink]).empty()) {
        wrong("framing", "the sink left a message cut in two in its file");
      }
      continue;
    }
    std::vector<std::string>& all = evidence_.written[output.sink];
    for (const io::ConnectionId connection : network_.made_to(output.address)) {
      const std::string& bytes = network_.written(connection);
      for (const char byte : bytes) fold(static_cast<uint8_t>(byte));
      const uint64_t repeated = repeated_bytes_[connection.value];
      ASSERT(repeated <= bytes.size(), "a sink repeats more than it wrote");
      const auto kept = std::string_view(bytes).substr(0, bytes.size() - repeated);
      const bool may_be_cut = repeated == 0 && (network_.was_cut(connection) || worker_->halted());
      if (!split_messages(output.framing, kept, all).empty() && !may_be_cut) {
        wrong("framing", repeated == 0
                             ? "the sink left a message cut in two on a connection that held"
                             : "what the sink sends again begins inside a message");
      }
    }
  }
}

void World::count_reach() {
  Reach& reach = verdict_.reach;
  for (uint32_t core = 0; core < cores_.size(); ++core) {
    const flow::CoreCounters& counters = worker_->counters(core);
    reach.hit(Row::ring_full, counters.ring_full.get());
    for (const auto& stage : counters.stages) {
      reach.hit(Row::port_blocked, stage->blocked.get());
      reach.hit(Row::overflow_outbox, stage->overflow_batches.get());
      reach.hit(Row::barrier_aligned, stage->aligned.get());
      reach.hit(Row::message_undecodable, stage->undecodable.get());
      reach.hit(Row::user_error, stage->user_errors.get());
      reach.hit(Row::key_not_listed, stage->keys_not_listed.get());
      reach.hit(Row::timer_fired, stage->timers_fired.get());
      reach.hit(Row::late_timer, stage->late_timers.get());
    }
    for (const auto& source : counters.sources) {
      if (source == nullptr) continue;
      reach.hit(Row::source_reset, source->connections_reset.get());
      reach.hit(Row::frame_truncated, source->frames_truncated.get());
      reach.hit(Row::frame_over_limit, source->frames_over_limit.get());
      reach.hit(Row::peer_refused, source->connections_refused.get());
      reach.hit(Row::idle_closed, source->connections_idle.get());
      reach.hit(Row::unfinished_over_limit, source->unfinished_over_limit.get());
      reach.hit(Row::shrunk_file_seen, source->files_shrunk.get());
      reach.hit(Row::datagram_over_limit, source->datagrams_over_limit.get());
    }
    for (const auto& sink : counters.sinks) {
      if (sink == nullptr) continue;
      reach.hit(Row::partial_write, sink->partial_writes.get());
      reach.hit(Row::sink_reconnected, sink->connects.get() > 1 ? sink->connects.get() - 1 : 0);
      reach.hit(Row::sink_connect_failed, sink->connect_failures.get());
      reach.hit(Row::sink_resent, sink->resent_bytes.get());
      reach.hit(Row::append_repeated, sink->write_failures.get());
    }
  }
}

}  // namespace wallaroo::sim
