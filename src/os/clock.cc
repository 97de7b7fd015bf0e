#include "os/clock.h"

#include <ctime>

namespace wallaroo::os {
namespace {

int64_t read(clockid_t clock) {
  timespec time{};
  clock_gettime(clock, &time);
  return int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

}  // namespace

io::Now read_clock() { return {.mono_ns = read(CLOCK_MONOTONIC), .wall_ns = read(CLOCK_REALTIME)}; }

}  // namespace wallaroo::os
