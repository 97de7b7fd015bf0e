#include "machine.h"

#include <sys/utsname.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstring>
#include <fstream>

#include "measure.h"
#include "yardstick/huge.h"
#include "yardstick/random.h"

namespace wallaroo::bench {
namespace {

double clock_ghz() {
  constexpr std::uint64_t kAdditions = 200'000'000;
  std::uint64_t value = 0;
  const std::uint64_t start = thread_cpu_ns();
  for (std::uint64_t i = 0; i < kAdditions; i += 4) {
    for (int k = 0; k < 4; ++k) asm volatile("addq $1, %0" : "+r"(value));
  }
  return static_cast<double>(kAdditions) / static_cast<double>(thread_cpu_ns() - start);
}

double copy_gb_s() {
  constexpr std::size_t kBytes = std::size_t{256} << 20;
  HugeMemory from(kBytes), to(kBytes);
  std::vector<double> speeds;
  for (int i = 0; i < 5; ++i) {
    const std::uint64_t start = thread_cpu_ns();
    std::memcpy(to.data(), from.data(), kBytes);
    asm volatile("" : : "r"(to.data()) : "memory");
    speeds.push_back(static_cast<double>(kBytes) / static_cast<double>(thread_cpu_ns() - start));
  }
  return spread_of(speeds).median;
}

// A random cycle through all cache lines (Sattolo's shuffle), followed one by one.
double random_read_ns() {
  constexpr std::size_t kBytes = std::size_t{64} << 20, kLine = 64;
  constexpr std::size_t kLines = kBytes / kLine, kReads = 2'000'000;
  HugeMemory memory(kBytes);
  auto* const words = static_cast<std::uint64_t*>(memory.data());
  const auto next = [&](std::size_t line) -> std::uint64_t& { return words[line * kLine / 8]; };
  for (std::size_t i = 0; i < kLines; ++i) next(i) = i;
  Random random(7);
  for (std::size_t i = kLines - 1; i > 0; --i) std::swap(next(i), next(random.below(i)));
  std::uint64_t at = 0;
  const std::uint64_t start = thread_cpu_ns();
  for (std::size_t i = 0; i < kReads; ++i) at = next(at);
  asm volatile("" : : "r"(at));
  return static_cast<double>(thread_cpu_ns() - start) / kReads;
}

std::string first_value(const char* path, const std::string& field) {
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    if (line.rfind(field, 0) != 0) continue;
    const std::size_t value = line.find_first_not_of(" \t:", field.size());
    return value == std::string::npos ? "" : line.substr(value);
  }
  return "?";
}

}  // namespace

MachineSpeed measure_machine() { return {clock_ghz(), copy_gb_s(), random_read_ns()}; }

std::string machine_name() {
  utsname system{};
  uname(&system);
  const long bytes = sysconf(_SC_PHYS_PAGES) * sysconf(_SC_PAGESIZE);
  return first_value("/proc/cpuinfo", "model name") + " (family " +
         first_value("/proc/cpuinfo", "cpu family") + ", model " +
         first_value("/proc/cpuinfo", "model\t") + "), " + std::to_string(cores_online()) +
         " cores, " + std::to_string(bytes >> 30) + " GiB, Linux " + system.release + ", g++ " +
         __VERSION__;
}

std::string commit_name() {
  std::FILE* const git = popen("git describe --always --dirty 2>/dev/null", "r");
  char line[128] = {};
  if (git == nullptr) return "unknown";
  if (std::fgets(line, sizeof line, git) == nullptr) line[0] = '\0';
  pclose(git);
  line[std::strcspn(line, "\n")] = '\0';
  return line[0] != '\0' ? line : "unknown";
}

}  // namespace wallaroo::bench
