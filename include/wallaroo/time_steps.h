// The typed step behind Stream::event_time. Users do not need this header.
#pragma once

#include <algorithm>
#include <functional>
#include <utility>

#include "wallaroo/steps.h"
#include "wallaroo/time.h"

namespace wallaroo::detail {

/// Assigns event times and tells the chain how far they have come.
template <class T, class TimeFunction>
class EventTimeStep final : public Step {
 public:
  EventTimeStep(const Wiring& wiring, TimeFunction time_function, int64_t lateness_ns)
      : output_(wiring),
        chain_(wiring.chain),
        site_(wiring.site),
        time_function_(std::move(time_function)),
        lateness_ns_(lateness_ns) {}

  void process(const void* values, const Stamp* stamps, size_t count) override {
    const T* in = static_cast<const T*>(values);
    int64_t newest = INT64_MIN;
    size_t at = 0;
    const bool stopped = chain_.stopped;
    while (at < count && chain_.stopped == stopped) {
      at = guarded_loop(
          at, count,
          [&](size_t i) {
            const int64_t at_ns = to_ns(std::invoke(time_function_, in[i]));
            newest = std::max(newest, at_ns);
            output_.begin_record({at_ns, stamps[i].record});
            output_.emit()(in[i]);
            return !output_.full();
          },
          [&](size_t i) { return chain_.user_error(site_, stamps[i].record); });
      if (output_.full()) output_.flush();
    }
    output_.flush();
    if (newest != INT64_MIN) chain_.event_time(newest, lateness_ns_);
  }

 private:
  Output<T> output_;
  Chain& chain_;
  const Site site_;
  TimeFunction time_function_;
  int64_t lateness_ns_;
};

}  // namespace wallaroo::detail
