// Programs with time and timers.
#include <chrono>

#include "conformance/graphs_cpp/graphs.h"

namespace conformance {
namespace {

using namespace std::chrono_literals;

constexpr int64_t kNsPerMs = 1'000'000;

wl::Time at_ms(int64_t ms) { return {ms * kNsPerMs}; }
std::string ms_of(wl::Time time) { return std::to_string(time.ns / kNsPerMs); }

/// "user ms action [timer] [ms]".
struct Event {
  std::string user;
  int64_t ms = 0;
  std::string action;
  std::string timer;
  int64_t timer_ms = 0;
};

std::optional<Event> decode_event(std::string_view line) {
  const auto [user, rest] = halves(line);
  const auto [ms, deed] = halves(rest);
  const auto [action, of_timer] = halves(deed);
  const auto [timer, timer_ms] = halves(of_timer);
  const auto at = number<int64_t>(ms);
  if (!at) return std::nullopt;
  return Event{std::string(user), *at, std::string(action), std::string(timer),
               number<int64_t>(timer_ms).value_or(0)};
}

struct Alarm {
  uint64_t events = 0;

  std::optional<std::string> on_event(const Event& event, wl::Context& context) {
    ++events;
    const std::string& action = event.action;
    if (action == "set" || action == "set_fail") context.timer(event.timer, at_ms(event.timer_ms));
    if (action == "cancel" || action == "cancel_fail") context.cancel_timer(event.timer);
    if (action.starts_with("clear")) context.clear_state();
    if (action.ends_with("_fail")) throw std::runtime_error("an event that fails");
    if (action.ends_with("_panic")) throw std::runtime_error("an event of panic");
    return answer(event, context);
  }

  std::optional<std::string> answer(const Event& event, wl::Context& context) const {
    if (event.action == "count") return event.user + " count " + std::to_string(events);
    if (event.action == "time") return event.user + " time " + ms_of(context.event_time());
    if (event.action == "watermark") return event.user + " watermark " + ms_of(context.watermark());
    if (event.action == "key") return event.user + " key " + context.key<std::string>();
    return std::nullopt;
  }

  std::optional<std::string> on_timer(std::string_view timer, wl::Context& context) {
    if (timer == "again") context.timer("again", context.event_time() + 10ms);
    if (timer == "wipe") context.clear_state();
    if (timer == "boom") throw std::runtime_error("a timer that fails");
    if (timer == "panic") throw std::runtime_error("a timer of panic");
    if (timer == "quiet") return std::nullopt;
    return context.key<std::string>() + ' ' + std::string(timer) + ' ' +
           ms_of(context.event_time()) + ' ' + std::to_string(events);
  }
};

/// Timers by what the messages say, which may come 5 ms late.
void alarms(wl::Application& app, wl::OnError policy) {
  app.on_error(policy);
  app.pipeline("p")
      .source("lines", listen(decode_event))
      .event_time(
          [](const Event& event) {
            if (event.action == "timeless") throw std::runtime_error("a time of panic");
            return at_ms(event.ms);
          },
          wl::bounded_lateness(5ms))
      .key_by(&Event::user)
      .process<Alarm>("alarm")
      .sink("out", connect(wl::text));
}

struct Silence {
  uint64_t messages = 0;

  std::optional<std::string> on_event(std::string_view, wl::Context& context) {
    ++messages;
    context.timer("silent", context.event_time() + 5s);
    return std::nullopt;
  }
  std::optional<std::string> on_timer(std::string_view timer, wl::Context& context) {
    context.clear_state();
    return context.key<std::string>() + ' ' + std::string(timer) + " after " +
           std::to_string(messages);
  }
};

/// Timers by the clock.
void silence(wl::Application& app) {
  lines_of(app).key_by(whole).process<Silence>("silence").sink("out", connect(wl::text));
}

/// Begins with 3, and begins again at 0.
struct Countdown {
  uint64_t left = 3;

  std::string on_event(std::string_view key, wl::Context& context) {
    if (--left == 0) context.clear_state();
    return std::string(key) + ' ' + std::to_string(left);
  }
  void on_timer(std::string_view, wl::Context&) {}
};

void countdown(wl::Application& app) {
  lines_of(app).key_by(whole).process<Countdown>("countdown").sink("out", connect(wl::text));
}

/// Hands a message on 10 ms later.
struct Delay {
  std::string held;

  std::optional<std::string> on_event(const Event& event, wl::Context& context) {
    held = event.user;
    context.timer("over", context.event_time() + 10ms);
    return std::nullopt;
  }
  std::optional<std::string> on_timer(std::string_view, wl::Context&) { return held; }
};

struct Arrival {
  uint64_t arrived = 0;

  std::string on_event(const std::string& user, wl::Context& context) {
    return user + ' ' + ms_of(context.event_time()) + ' ' + std::to_string(++arrived);
  }
  void on_timer(std::string_view, wl::Context&) {}
};

void relay_time(wl::Application& app) {
  app.pipeline("p")
      .source("lines", listen(decode_event))
      .event_time([](const Event& event) { return at_ms(event.ms); }, wl::bounded_lateness(0ms))
      .key_by(&Event::user)
      .process<Delay>("delay")
      .key_by([](const std::string& user) { return user; })
      .process<Arrival>("arrival")
      .sink("out", connect(wl::text));
}

/// Two processes with one state for each key, and timers of their own.
void shared_timers(wl::Application& app) {
  app.pipeline("one")
      .source("one", listen(wl::text))
      .key_by(whole)
      .process<Silence>("first", wl::shared("silences"))
      .sink("first-out", connect(wl::text));
  app.pipeline("two")
      .source("two", listen(wl::text, ":7011"))
      .key_by(whole)
      .process<Silence>("second", wl::shared("silences"))
      .sink("second-out", connect(wl::text, ":7003"));
}

template <class P>
StateText field_of(std::string stage, uint64_t P::*field) {
  return [stage, field](const wl::testkit::Harness& harness, const std::string& key) {
    const auto state = harness.state<P>(stage, key);
    return state ? std::optional(std::to_string((*state).*field)) : std::nullopt;
  };
}

}  // namespace

Programs timed_programs() {
  return {
      {"alarms",
       [](wl::Application& app) { alarms(app, wl::OnError::dead_letter); },
       {{"alarm", field_of("alarm", &Alarm::events)}}},
      {"alarms_fail", [](wl::Application& app) { alarms(app, wl::OnError::fail); }},
      {"silence", silence, {{"silence", field_of("silence", &Silence::messages)}}},
      {"countdown", countdown, {{"countdown", field_of("countdown", &Countdown::left)}}},
      {"relay_time", relay_time, {{"arrival", field_of("arrival", &Arrival::arrived)}}},
      {"shared_timers", shared_timers, {{"first", field_of("first", &Silence::messages)}}},
  };
}

}  // namespace conformance
