// Event time: nanoseconds since 1970-01-01 UTC, with the arithmetic of std::chrono.
#pragma once

#include <chrono>
#include <cstdint>

namespace wallaroo {

using Duration = std::chrono::nanoseconds;

/// A point in event time. A plain struct, so that it can be part of messages, keys and state.
struct Time {
  int64_t ns = 0;

  constexpr auto operator<=>(const Time&) const = default;
  friend constexpr Time operator+(Time time, Duration by) { return {time.ns + by.count()}; }
  friend constexpr Time operator-(Time time, Duration by) { return {time.ns - by.count()}; }
  friend constexpr Duration operator-(Time later, Time earlier) {
    return Duration(later.ns - earlier.ns);
  }
};

/// What an event_time function may return: Time, or whole nanoseconds.
constexpr int64_t to_ns(Time time) { return time.ns; }
constexpr int64_t to_ns(int64_t ns) { return ns; }

/// Events of a source may arrive up to `by` after a later one; older ones are late.
struct BoundedLateness {
  Duration by;
};
constexpr BoundedLateness bounded_lateness(Duration by) { return {by}; }

}  // namespace wallaroo
