#include "measure.h"

#include <sched.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

namespace wallaroo::bench {
namespace {

constexpr unsigned kQuietSampleUs = 300'000;  // /proc/stat counts in ticks of 10 ms

std::uint64_t read_clock(clockid_t clock) {
  timespec t{};
  clock_gettime(clock, &t);
  return static_cast<std::uint64_t>(t.tv_sec) * 1'000'000'000 +
         static_cast<std::uint64_t>(t.tv_nsec);
}

double seconds(const timeval& t) {
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) * 1e-6;
}

double own_cpu_seconds() {
  double sum = 0;
  for (int who : {RUSAGE_SELF, RUSAGE_CHILDREN}) {
    rusage usage{};
    getrusage(who, &usage);
    sum += seconds(usage.ru_utime) + seconds(usage.ru_stime);
  }
  return sum;
}

// All busy time of the machine: user, nice, system, irq, softirq.
double machine_cpu_seconds() {
  std::FILE* const file = std::fopen("/proc/stat", "r");
  if (file == nullptr) return 0;
  unsigned long user = 0, nice = 0, system = 0, idle = 0, wait = 0, irq = 0, soft = 0;
  const int fields = std::fscanf(file, "cpu %lu %lu %lu %lu %lu %lu %lu", &user, &nice, &system,
                                 &idle, &wait, &irq, &soft);
  std::fclose(file);
  if (fields != 7) return 0;
  return static_cast<double>(user + nice + system + irq + soft) /
         static_cast<double>(sysconf(_SC_CLK_TCK));
}

}  // namespace

std::uint64_t now_ns() { return read_clock(CLOCK_MONOTONIC); }
std::uint64_t thread_cpu_ns() { return read_clock(CLOCK_THREAD_CPUTIME_ID); }

void pin_to_core(int core) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(static_cast<std::size_t>(core % cores_online()), &set);
  if (sched_setaffinity(0, sizeof set, &set) != 0)
    std::perror("bench: cannot pin a thread to a core; going on unpinned");
}

void pin_to_any_core() {
  cpu_set_t set;
  CPU_ZERO(&set);
  for (int core = 0; core < cores_online(); ++core) CPU_SET(static_cast<std::size_t>(core), &set);
  sched_setaffinity(0, sizeof set, &set);
}

int cores_online() { return static_cast<int>(sysconf(_SC_NPROCESSORS_ONLN)); }

Spread spread_of(std::vector<double> values) {
  if (values.empty()) return {};
  std::sort(values.begin(), values.end());
  const std::size_t middle = values.size() / 2;
  const double median =
      values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
  return {values.front(), median, values.back()};
}

ForeignMeter::ForeignMeter()
    : start_ns_(now_ns()),
      busy_at_start_(machine_cpu_seconds()),
      own_at_start_(own_cpu_seconds()) {}

double ForeignMeter::cores() const {
  const double wall = static_cast<double>(now_ns() - start_ns_) * 1e-9;
  const double busy = machine_cpu_seconds() - busy_at_start_;
  const double own = own_cpu_seconds() - own_at_start_;
  return wall > 0 ? std::max(0.0, (busy - own) / wall) : 0;
}

void Rounds::wait_for_quiet() const {
  const std::uint64_t give_up = now_ns() + static_cast<std::uint64_t>(quiet_wait_s_ * 1e9);
  while (now_ns() < give_up) {
    const ForeignMeter foreign;
    usleep(kQuietSampleUs);
    if (foreign.cores() <= kForeignMax) return;
  }
}

void Rounds::take_turns(const std::string& title, const std::string& unit,
                        std::vector<Variant*> variants, int at_least) {
  std::printf("%s (%s)\n", title.c_str(), unit.c_str());
  for (int round = 0; round < std::max(rounds_, at_least); ++round) {
    wait_for_quiet();
    const ForeignMeter foreign;
    for (Variant* variant : variants) variant->values.push_back(variant->run());
    foreign_.push_back(foreign.cores());
    std::printf("  round %d  foreign %.2f cores ", round + 1, foreign_.back());
    std::vector<Variant*> in_order = variants;
    if (round % 2 == 1) std::reverse(in_order.begin(), in_order.end());
    for (const Variant* variant : in_order)
      std::printf("  %s %.2f", variant->name.c_str(), variant->values.back());
    std::printf("\n");
    std::fflush(stdout);
    std::reverse(variants.begin(), variants.end());
  }
}

}  // namespace wallaroo::bench
