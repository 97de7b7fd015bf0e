// A microsecond of the user's own work for each message, on the core that owns its key: the first
// word of the line.
#include <time.h>
#include <wallaroo/wallaroo.h>

#include <algorithm>
#include <cstdint>
#include <string_view>

namespace {

constexpr double kWorkNs = 1000;

uint64_t cpu_ns() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(now.tv_nsec);
}

// Work that no compiler shortens: each step needs the one before.
uint64_t work(uint64_t steps, uint64_t seed) {
  for (uint64_t i = 0; i < steps; ++i) seed = (seed ^ (seed >> 29)) * 0xBF58476D1CE4E5B9;
  asm volatile("" : "+r"(seed));
  return seed;
}

uint64_t steps_of_work() {
  constexpr uint64_t kSteps = 1'000'000;
  uint64_t best = UINT64_MAX;
  for (int i = 0; i < 5; ++i) {
    const uint64_t start = cpu_ns();
    work(kSteps, start);
    best = std::min(best, cpu_ns() - start);
  }
  return static_cast<uint64_t>(kWorkNs * static_cast<double>(kSteps) / static_cast<double>(best));
}

}  // namespace

int main(int argc, char** argv) {
  wl::Application app("busy");
  app.pipeline("busy")
      .source("lines", wl::tcp::listen(app.flag("in", ":7010"), wl::framing::u32be, wl::text))
      .key_by([](std::string_view line) { return line.substr(0, line.find(' ')); })
      .state<uint64_t>("work",
                       [steps = steps_of_work()](std::string_view, uint64_t& messages) {
                         work(steps, ++messages);
                         return messages;
                       })
      .sink("counts",
            wl::tcp::connect(app.flag("out", ":7002"), wl::framing::lines,
                             [](const uint64_t& messages, wl::Bytes& out) { out << messages; }));
  return app.main(argc, argv);
}
