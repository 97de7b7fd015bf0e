// One simulated run: a worker with all its cores, the programs outside, the network between them
// and time itself, in one thread and from one seed.
//
// The world decides who acts next and how much it may do. A core that reported `none` is parked: it
// runs again only when another core notifies it, the network has an event for it, or its deadline
// has come. So a wake-up that the engine forgets shows as a world that is idle with work left.
#pragma once

#include <iosfwd>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/rng.h"
#include "flow/connector.h"
#include "io/log.h"
#include "sim/peer.h"
#include "sim/reach.h"
#include "sim/setup.h"
#include "sim/sim_disk.h"
#include "sim/sim_net.h"
#include "sim/workload.h"
#include "worker/worker.h"

namespace wallaroo::sim {

struct Verdict {
  std::string wrong;   // empty: everything was as it must be
  std::string oracle;  // who found it
  uint64_t hash = 0;   // of the whole history
  uint64_t records = 0;
  uint64_t connections = 0;
  uint32_t cores = 0;
  uint64_t steps = 0;
  int64_t virtual_ns = 0;
  std::string workload;
  Reach reach;

  /// Enough happened for the seed to count.
  bool counts() const { return records >= 1'000 && cores >= 2 && connections >= 2; }
};

class World final : public io::Wakeup, public io::Log, public flow::BarrierObserver {
 public:
  /// Everything drawn from the seed. `trace` may be null.
  World(uint64_t seed, std::ostream* trace);
  /// A scripted run: only the order of things is drawn.
  World(uint64_t seed, const Setup& setup, std::unique_ptr<Workload> workload);
  ~World() override;

  const Setup& setup() const { return setup_; }
  Verdict run();

 private:
  struct Draw {
    base::Rng rng;
    std::unique_ptr<Workload> workload;
    Setup setup;
  };
  World(uint64_t seed, Draw draw, std::ostream* trace);
  static Draw draw(uint64_t seed);

  enum class Phase : uint8_t { faults, healed, settling, last_messages, draining, over };
  struct CoreSlot {
    SimNet* net;
    SimDisk* disk;
    bool runnable = true;  // reported that there is more to do, or was notified
    bool done = false;
    int64_t deadline_ns = io::kNever;
    int64_t paused_until_ns = 0;
    std::vector<uint64_t> resent_bytes{};  // by node, as far as note_repeats() has seen
  };
  struct FileSlot {
    size_t input;
    std::vector<std::string> messages;
    std::string unwritten;  // of a file that grows
    bool may_shrink = true;
  };
  struct SenderSlot {
    std::unique_ptr<Sender> sender;
    std::vector<std::string> messages;  // without framing
    size_t input;
    bool hostile = false;  // never ends its side: a last line would count as one
  };

  void notify(base::CoreId core) override;
  void write(io::LogLevel level, std::string_view line) override;
  void on_aligned(uint32_t stage, uint32_t core, uint64_t barrier,
                  state::KeyedState* state) override;

  bool build();
  void make_files();
  void grow_files(bool whole);
  bool files_read() const;
  void shrink_one_file();
  void gather_files_read();
  void add_senders();
  void add_sender(size_t input, std::vector<std::string> messages, const PeerHabits& habits,
                  const std::string& tail = {});
  void add_hostile_sender();
  void loop();
  bool act();
  void step_core(uint32_t index);
  void rest();
  void move_time(int64_t to_ns);
  void advance_phase();
  void enter(Phase phase);
  bool senders_sent() const;
  void heal();
  void begin_last_messages();
  void begin_drain();
  void cut();
  void inject();
  void break_one(const io::Address& address, bool vanish);
  io::Now now() const { return {now_ns_, now_ns_ + wall_offset_ns_}; }

  void note_repeats(uint32_t core);
  void gather();
  void gather_taken();
  void gather_datagrams(const Input& input, std::vector<std::string> sent);
  void gather_written();
  void count_reach();
  void wrong(const std::string& oracle, const std::string& what);
  void fold(uint64_t value);
  void say(const std::string& what);

  const uint64_t seed_;
  std::ostream* const trace_;
  base::Rng rng_;
  std::unique_ptr<Workload> workload_;
  Setup setup_;
  Verdict verdict_;
  Application app_;
  SimNetwork network_;
  mutable SimFiles files_;
  std::vector<CoreSlot> cores_;
  std::unique_ptr<worker::Worker> worker_;
  std::vector<SenderSlot> senders_;
  std::vector<FileSlot> input_files_;
  std::vector<std::unique_ptr<Receiver>> receivers_;
  std::vector<Input> inputs_;
  std::vector<Output> outputs_;
  std::map<uint64_t, uint64_t>
      repeated_bytes_;  // by connection: of its end, sent again on the next
  Evidence evidence_;

  Phase phase_ = Phase::faults;
  int64_t now_ns_ = 1'000'000'000;
  int64_t wall_offset_ns_ = 1'700'000'000'000'000'000;
  int64_t phase_began_ns_ = 0;
  uint64_t phase_began_steps_ = 0;
  int64_t faults_end_ns_ = 0;
  int64_t drain_at_ns_ = 0;
  uint64_t barrier_ = 0;
  uint64_t states_at_barrier_ = 0;  // stages with state that have aligned it
  uint64_t state_stages_ = 0;
  size_t favourite_ = 0;
  std::vector<size_t> able_;  // scratch of act()
};

}  // namespace wallaroo::sim
