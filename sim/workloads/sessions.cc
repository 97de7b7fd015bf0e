// Timers by arrival time: a session of a key ends when nothing came for a while. Two sources, one
// of them a generator with a rate, whose deadlines alone keep time going when all is quiet. Where
// one session ends and the next begins depends on the interleaving; each event belongs to exactly
// one, and every one ends.
#include "sim/workloads/sessions.h"

namespace wallaroo::sim {
namespace {

constexpr uint32_t kTicks = 200;
constexpr uint32_t kTicker = 1'000'000;  // as a sender

}  // namespace

std::vector<Input> SessionsWorkload::inputs() const {
  return {{"clicks", {"10.0.0.1", 7010}, Framing::u32be, senders_}};
}

std::vector<Output> SessionsWorkload::outputs() const {
  return {{"ended", {"10.0.0.2", 7002}, Framing::lines}};
}

std::string SessionsWorkload::message(base::Rng& rng, uint32_t sender, uint32_t number) {
  return event_message(rng, {static_cast<uint32_t>(rng.below(keys_)), sender, number});
}

std::optional<Event> SessionsWorkload::tick(uint64_t number) {
  if (number == kTicks) return {};
  return Event{static_cast<uint32_t>(number % 7), kTicker, static_cast<uint32_t>(number)};
}

std::vector<Event> SessionsWorkload::events(const Evidence& evidence) {
  std::vector<Event> all;
  for (const Taken& taken : evidence.taken) {
    for (const std::string& message : taken.messages) {
      if (const auto event = parse_event(message)) all.push_back(*event);
    }
  }
  for (uint32_t i = 0; i < kTicks; ++i) all.push_back(*tick(i));
  return all;
}

std::string SessionsWorkload::check(const Evidence& evidence) {
  std::map<uint64_t, uint64_t> owed;
  for (const Event& event : events(evidence)) ++owed[event.key];
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
      return "sessions of key " + std::to_string(key) + " never ended: " + std::to_string(events) +
             " events";
    }
  }
  return {};
}

namespace {

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
    context.timer("idle", context.event_time() + kSessionIdle);
  }
  Session on_timer(std::string_view, Context& context) {
    context.clear_state();
    return *this;
  }
};

class Sessions final : public SessionsWorkload {
 public:
  using SessionsWorkload::SessionsWorkload;

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
};

}  // namespace

std::unique_ptr<Workload> make_sessions(base::Rng& rng) { return std::make_unique<Sessions>(rng); }

}  // namespace wallaroo::sim
