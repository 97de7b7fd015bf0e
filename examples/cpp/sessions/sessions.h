// Clicks of users become sessions: clicks less than half an hour apart belong together. Clicks may
// arrive in any order within the lateness; a session is told when no click can join it any more.
#pragma once

#include <wallaroo/wallaroo.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <string>
#include <vector>

constexpr wl::Duration kIdle = std::chrono::minutes(30);
constexpr wl::Duration kLateness = std::chrono::minutes(1);
constexpr std::chrono::seconds kLatest{9'000'000'000};  // what nanoseconds can hold: year 2255

struct Click {
  std::string_view user;
  wl::Time at;
};
struct Span {
  wl::Time first;
  wl::Time last;
  uint64_t clicks = 0;
};
struct Session {
  std::string user;
  Span span;
};

/// The state of one user: the spans of clicks that may still grow, in order, at least kIdle apart.
/// Each has a timer with the name of its first click.
struct OpenSessions {
  std::vector<Span> spans;

  static std::string timer_of(const Span& span) { return std::to_string(span.first.ns); }

  void on_event(const Click& click, wl::Context& context) {
    Span joined{click.at, click.at, 1};
    std::erase_if(spans, [&](const Span& span) {
      if (span.first - joined.last >= kIdle || joined.first - span.last >= kIdle) return false;
      context.cancel_timer(timer_of(span));
      joined.first = std::min(joined.first, span.first);
      joined.last = std::max(joined.last, span.last);
      joined.clicks += span.clicks;
      return true;
    });
    const auto behind = [&joined](const Span& span) { return span.first > joined.last; };
    spans.insert(std::find_if(spans.begin(), spans.end(), behind), joined);
    context.timer(timer_of(joined), joined.last + kIdle);
  }

  Session on_timer(std::string_view, wl::Context& context) {
    const Session ended{context.key<std::string>(), spans.front()};
    spans.erase(spans.begin());
    if (spans.empty()) context.clear_state();
    return ended;
  }
};

/// "ann 1700000000": who, and when in seconds. Anything else is refused and counted.
inline std::optional<Click> read_click(std::string_view line) {
  const size_t space = line.find(' ');
  if (space == std::string_view::npos) return std::nullopt;
  const char* const end = line.data() + line.size();
  int64_t seconds = 0;
  const auto parsed = std::from_chars(line.data() + space + 1, end, seconds);
  if (parsed.ec != std::errc() || parsed.ptr != end) return std::nullopt;
  if (seconds < 0 || seconds > kLatest.count()) return std::nullopt;
  return Click{line.substr(0, space), wl::Time{} + std::chrono::seconds(seconds)};
}

inline void write_session(const Session& session, wl::Bytes& out) {
  const auto length =
      std::chrono::duration_cast<std::chrono::seconds>(session.span.last - session.span.first);
  out << session.user << " => " << session.span.clicks << " clicks in " << length.count() << " s";
}

inline wl::Stream<Session> find_sessions(const wl::Stream<Click>& clicks) {
  return clicks.event_time(&Click::at, wl::bounded_lateness(kLateness))
      .key_by(&Click::user)
      .process<OpenSessions>("find");
}
