// What a simulated worker is given to do: a typed application, the messages for its sources, and
// the judgement on what came out.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/rng.h"
#include "io/net.h"
#include "sim/reach.h"
#include "wallaroo/application.h"

namespace wallaroo::sim {

/// What every TCP source of a workload allows. Longer frames come from hostile senders only.
constexpr uint32_t kFrameBytesMax = 4'096;
inline TcpSourceSpec limits() {
  TcpSourceSpec spec;
  spec.frame_bytes_max = kFrameBytesMax;
  return spec;
}

/// A source of the worker: who sends to it, or what it reads.
struct Input {
  std::string source;
  io::Address address;
  Framing framing = Framing::u32be;
  uint32_t senders = 2;
  std::string file{};      // not empty: the path of a file source, which has one "sender"
  bool follows = false;    // the file grows while it is read
  bool datagrams = false;  // UDP: a message each, without framing
};

/// A sink of the worker.
struct Output {
  std::string sink;
  io::Address address;
  Framing framing = Framing::u32be;
  std::string file{};  // not empty: the path of a file sink
};

/// The messages that the worker read from one connection or file, or of datagrams from all senders,
/// in order: it owes their results.
struct Taken {
  std::string source;
  uint32_t sender = 0;  // unique over all inputs
  std::vector<std::string> messages;
};

/// What a run left behind.
struct Evidence {
  std::vector<Taken> taken;
  /// By sink: the complete messages written, in order for each core (and so for each key).
  std::map<std::string, std::vector<std::string>> written;
  /// Everything was sent and read, the last messages too, and time went on after that.
  bool settled = false;
  /// A message failed where the policy is to stop, and the worker stopped.
  std::optional<Error> failure{};
};

class Workload {
 public:
  virtual ~Workload() = default;
  virtual std::string_view name() const = 0;
  virtual void build(Application& app) = 0;
  /// What was built: of the application, or of a guest.
  virtual const Graph& graph(const Application& app) const { return app.graph(); }
  virtual std::vector<Input> inputs() const = 0;
  virtual std::vector<Output> outputs() const = 0;
  /// Message `number` of `sender`.
  virtual std::string message(base::Rng& rng, uint32_t sender, uint32_t number) = 0;
  /// What is wrong, in one sentence; empty when everything is as it must be.
  virtual std::string check(const Evidence& evidence) = 0;
  /// The workload stands for the smallest sizes: rings of one slot, one credit, three cores.
  virtual bool wants_smallest_sizes() const { return false; }
  /// A failure may stop the worker.
  virtual bool may_stop() const { return false; }
  /// Sent by one more sender to each input when all others are done; empty: nothing.
  virtual std::string last_message(uint32_t /*sender*/) { return {}; }

  /// What only the workload can tell was reached; after check().
  virtual void count(Reach& /*reach*/) const {}
  /// The same as check() about what is left when the worker is gone, however it ended.
  virtual std::string check_left() const { return {}; }

  /// The core that runs next: whatever the application's functions do, they do there.
  virtual void on_core(uint32_t /*core*/) {}
  /// Source or state `name` on this core has aligned barrier `barrier`.
  virtual void on_cut(uint64_t /*barrier*/, const std::string& /*name*/) {}
  /// What a snapshot taken at that moment holds.
  virtual void on_cut_state(uint64_t /*barrier*/, const std::string& /*name*/,
                            std::string_view /*key*/, std::string_view /*state*/) {}
};

/// How many kinds there are, and one of them with its parameters drawn.
size_t workload_kinds();
std::unique_ptr<Workload> make_workload(size_t kind, base::Rng& rng);

std::unique_ptr<Workload> make_word_count(base::Rng& rng);
std::unique_ptr<Workload> make_fold(base::Rng& rng);
std::unique_ptr<Workload> make_series(base::Rng& rng);
std::unique_ptr<Workload> make_fan_out(base::Rng& rng);
std::unique_ptr<Workload> make_windows(base::Rng& rng);
std::unique_ptr<Workload> make_branches(base::Rng& rng);
std::unique_ptr<Workload> make_sessions(base::Rng& rng);
std::unique_ptr<Workload> make_shared_state(base::Rng& rng);
std::unique_ptr<Workload> make_files(base::Rng& rng);
std::unique_ptr<Workload> make_datagrams(base::Rng& rng);
std::unique_ptr<Workload> make_stops(base::Rng& rng);
std::unique_ptr<Workload> make_guest_fold(base::Rng& rng);
std::unique_ptr<Workload> make_guest_sessions(base::Rng& rng);

/// One of the ways to tell messages of up to kFrameBytesMax apart.
Framing draw_framing(base::Rng& rng);

/// The message as it goes over the wire or into a file.
std::string framed(const Framing& framing, const std::string& message);

/// Splits what a sink wrote into messages; returns what is left over, an incomplete one.
std::string_view split_messages(const Framing& framing, std::string_view bytes,
                                std::vector<std::string>& out);

/// Oracle shared by workloads whose output does not depend on the interleaving: the interpreter's
/// output and what was written to each of `outputs` are the same multiset.
std::string compare_with_interpreter(const Graph& graph, const Evidence& evidence,
                                     const std::vector<Output>& outputs);

}  // namespace wallaroo::sim
