// Timers by arrival time: a session of a key ends when nothing came for a while. Two sources, one
// of them a generator with a rate, whose deadlines alone keep time going when all is quiet. Where
// one session ends and the next begins depends on the interleaving; each event belongs to exactly
// one, and every one ends.
#include "sim/workload.h"
#include "sim/workloads/events.h"

namespace wallaroo::sim {
namespace {

constexpr Duration kIdle = std::chrono::milliseconds(50);
constexpr uint32_t kTicks = 200;
constexpr uint64_t kTicksPerSecond = 2'000;
constexpr uint32_t kTicker = 1'000'000;  // as a sender

struct Session {
  uint32_t key = 0;
  uint32_t sender = 0;  // of the first event: no two sessions are the same
  uint32_t number = 0;
  uint64_t events = 0;

  void on_event(const Event& event, Context& context) {
    if (events++ == 0) {
      key = event.key;
      sender = event.sender;
      number = event.number;
    }
    context.timer("idle", context.event_time() + kIdle);
  }
  Session on_timer(std::string_view, Context& context) {
    context.clear_state();
    return *this;
  }
};

class Sessions final : public Workload {
 public:
  explicit Sessions(base::Rng& rng)
      : keys_(rng.between(1, 50)), senders_(static_cast<uint32_t>(rng.between(2, 4))) {}

  std::string_view name() const override { return "sessions"; }

  void build(Application& app) override {
    const auto ticks = app.pipeline("ticks").source("ticks", generator(tick, kTicksPerSecond));
    app.pipeline("clicks")
        .source("clicks", tcp::listen("10.0.0.1:7010", framing::u32be, parse_event, limits()))
        .merge("both", ticks)
        .key_by(&Event::key)
        .process<Session>("session")
        .sink("ended",
              tcp::connect("10.0.0.2:7002", framing::lines, [](const Session& session, Bytes& out) {
                out << session.key << ' ' << session.sender << ' ' << session.number << ' '
                    << session.events;
              }));
  }
  std::vector<Input> inputs() const override {
    return {{"clicks", {"10.0.0.1", 7010}, Framing::u32be, senders_}};
  }
  std::vector<Output> outputs() const override {
    return {{"ended", {"10.0.0.2", 7002}, Framing::lines}};
  }
  std::string message(base::Rng& rng, uint32_t sender, uint32_t number) override {
    return event_message(rng, {static_cast<uint32_t>(rng.below(keys_)), sender, number});
  }
  std::string check(const Evidence& evidence) override {
    std::map<uint64_t, uint64_t> owed;
    for (const Taken& taken : evidence.taken) {
      for (const std::string& message : taken.messages) {
        if (const auto event = parse_event(message)) ++owed[event->key];
      }
    }
    for (uint32_t i = 0; i < kTicks; ++i) ++owed[tick(i)->key];
    std::set<std::pair<uint64_t, uint64_t>> seen;
    for (const std::string& line : evidence.written.at("ended")) {
      const auto n = parse_numbers<4>(line);
      if (!n) return "a result that no encoder wrote: " + line;
      if (!seen.emplace((*n)[1], (*n)[2]).second) return "a session ended twice: " + line;
      uint64_t& left = owed[(*n)[0]];
      if ((*n)[3] == 0 || (*n)[3] > left) return "a session with more events than came: " + line;
      left -= (*n)[3];
    }
    if (!evidence.settled) return {};
    for (const auto& [key, events] : owed) {
      if (events != 0) {
        return "sessions of key " + std::to_string(key) +
               " never ended: " + std::to_string(events) + " events";
      }
    }
    return {};
  }

 private:
  static std::optional<Event> tick(uint64_t number) {
    if (number == kTicks) return {};
    return Event{static_cast<uint32_t>(number % 7), kTicker, static_cast<uint32_t>(number)};
  }

  const uint64_t keys_;
  const uint32_t senders_;
};

}  // namespace

std::unique_ptr<Workload> make_sessions(base::Rng& rng) { return std::make_unique<Sessions>(rng); }

}  // namespace wallaroo::sim
