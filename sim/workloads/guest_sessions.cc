// The sessions again, as a guest behind the C ABI: timers that are set, replaced and cancelled,
// states that are cleared by timers and by events, and then used by a later event of the same
// batch. Behind the same key_by every event is counted by a second state computation.
#include "guest/graph_json.h"
#include "sim/guests/test_guest.h"
#include "sim/workloads/sessions.h"

namespace wallaroo::sim {
namespace {

constexpr uint32_t kClosesAtOnce = 37;  // events that close their session: one in so many

/// A session's text is what its line will be; empty before its first event.
void session_text(GuestCall& call) {
  if (!call.timer.empty()) {
    if (!call.state->empty()) call.outputs.push_back(*call.state);
    call.clears_state = true;
    return;
  }
  const Event event = *parse_event(call.value);
  const auto before = parse_numbers<4>(*call.state);
  const uint64_t events = before ? (*before)[3] + 1 : 1;
  const std::string first = before
                                ? call.state->substr(0, call.state->rfind(' '))
                                : std::to_string(event.key) + ' ' + std::to_string(event.sender) +
                                      ' ' + std::to_string(event.number);
  *call.state = first + ' ' + std::to_string(events);
  call.timers = {{"idle", call.event_time_ns + kSessionIdle.count()},
                 {"never", call.event_time_ns},
                 {.name = "never", .cancel = true}};
  if (event.number % kClosesAtOnce != 0) return;
  call.outputs.push_back(*call.state);
  call.clears_state = true;
}

/// Every other event of a key clears the state, so that many batches make new ones.
void tally(GuestCall& call) {
  const Event event = *parse_event(call.value);
  call.clears_state = !call.state->empty();
  call.state->push_back('|');
  call.outputs.push_back(std::to_string(event.key) + ' ' + std::to_string(event.sender) + ' ' +
                         std::to_string(event.number));
}

void write_text(GuestCall& call) { call.outputs.emplace_back(call.value); }

class GuestSessions final : public SessionsWorkload {
 public:
  using SessionsWorkload::SessionsWorkload;

  std::string_view name() const override { return "guest_sessions"; }

  void build(Application&) override {
    const uint32_t key_by = guest_.add({.kind = GuestKind::key_by,
                                        .json = R"("kind":"key_by","key_type":"text")",
                                        .inputs = {add_sources()},
                                        .function = [](GuestCall& call) {
                                          const auto event = parse_event(call.value);
                                          call.outputs.push_back(std::to_string(event->key));
                                        }});
    add_state(key_by, R"("name":"session","timers":true)", session_text, "ended", "7002");
    add_state(key_by, R"("name":"tally")", tally, "tallied", "7003");
    app_ = guest_.app(R"("application":"simulated","pipelines":["ticks","clicks"])");
  }
  const Graph& graph(const Application&) const override { return app_->guest->graph; }
  std::vector<Output> outputs() const override {
    auto all = SessionsWorkload::outputs();
    all.push_back({"tallied", {"10.0.0.2", 7003}, Framing::lines});
    return all;
  }
  std::string check(const Evidence& evidence) override {
    if (std::string wrong = SessionsWorkload::check(evidence); !wrong.empty()) return wrong;
    std::multiset<std::string> owed;
    for (const Event& event : events(evidence))
      owed.insert(std::to_string(event.key) + ' ' + std::to_string(event.sender) + ' ' +
                  std::to_string(event.number));
    for (const std::string& line : evidence.written.at("tallied"))
      if (owed.erase(line) != 1) return "an event was counted that there is not: " + line;
    if (guest_.values_out() != 0) {
      return std::to_string(guest_.values_out()) + " values of the guest were lost on their way";
    }
    return {};
  }
  std::string check_left() const override { return guest_.left(); }
  void count(Reach& reach) const override { guest_.count(reach); }

 private:
  /// Ticks with event times of their own, long ago, merged with clicks that have none.
  uint32_t add_sources() {
    const uint32_t ticks =
        guest_.add({.kind = GuestKind::generator,
                    .json = R"("kind":"source","name":"ticks","pipeline":"ticks",)"
                            R"("from":{"generator":{"per_second":)" +
                            std::to_string(kTicksPerSecond) + "}}",
                    .function = [](GuestCall& call) {
                      const auto event = tick(call.number);
                      call.ended = !event;
                      if (event)
                        call.outputs.push_back(std::to_string(event->key) + ' ' +
                                               std::to_string(event->sender) + ' ' +
                                               std::to_string(event->number));
                    }});
    const uint32_t stamped = guest_.add({.kind = GuestKind::event_time,
                                         .json = R"("kind":"event_time")",
                                         .inputs = {ticks},
                                         .function = [](GuestCall& call) {
                                           constexpr int64_t kStepNs = 1'000'000;
                                           call.event_time_ns =
                                               parse_event(call.value)->number * kStepNs;
                                         }});
    const uint32_t clicks =
        guest_.add({.kind = GuestKind::source,
                    .json = R"("kind":"source","name":"clicks","pipeline":"clicks",)"
                            R"("from":{"tcp":{"address":"10.0.0.1:7010","frame_bytes_max":4096}})",
                    .function = [](GuestCall& call) {
                      call.refused = !parse_event(call.value);
                      if (!call.refused) call.outputs.emplace_back(call.value);
                    }});
    return guest_.add({.kind = GuestKind::relay,
                       .json = R"("kind":"merge","name":"both")",
                       .inputs = {clicks, stamped}});
  }
  void add_state(uint32_t key_by, const std::string& fields, GuestFunction function,
                 const std::string& sink, const std::string& port) {
    const uint32_t state = guest_.add({.kind = GuestKind::state,
                                       .json = R"("kind":"state","state_type":"text",)" + fields,
                                       .inputs = {key_by},
                                       .function = std::move(function)});
    guest_.add({.kind = GuestKind::sink,
                .json = R"("kind":"sink","name":")" + sink + R"(","to":{"tcp":{"address":)" +
                        R"("10.0.0.2:)" + port + R"(","framing":"lines"}})",
                .inputs = {state},
                .function = write_text});
  }

  TestGuest guest_;
  const wl_app* app_ = nullptr;
};

}  // namespace

std::unique_ptr<Workload> make_guest_sessions(base::Rng& rng) {
  return std::make_unique<GuestSessions>(rng);
}

}  // namespace wallaroo::sim
