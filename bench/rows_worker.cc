// Rows about the engine's worker as a whole process: the second core, and the footprint.
#include <poll.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>

#include "load.h"
#include "rows.h"

namespace wallaroo::bench {
namespace {

constexpr int kAnyCore = -1, kConnections = 4;
constexpr double kIdleTargetMb = 20, kStartTargetMs = 50, kCompileTargetS = 3;
// The default memory budget of a worker and what the process needs besides.
constexpr double kStalledTargetMb = 256;

struct SecondCoreCase {
  const char* name;
  std::uint64_t vocabulary;
  double target;
};
constexpr SecondCoreCase kSecondCoreCases[] = {
    {"second core, 4 connections, 10 k words", 10'000, 1.4},
    {"second core, 4 connections, 1 M words", 1'000'000, 1.6},
};

// The load generator shares the machine with the service, which costs the two-core run more than
// the other one: the gain shown is a lower bound.
Variant words_per_second(const BenchOptions& options, const Text& text, int cores) {
  return {std::to_string(cores) + " core(s)", [&options, &text, cores] {
            Load service(engine_command(options, cores, false), cores == 1 ? 0 : kAnyCore,
                         kConnections);
            const LoadResult result =
                service.run({.text = &text, .connections = kConnections, .warmup_s = 1});
            if (!result.error.empty()) die(options.program + ": " + result.error);
            return result.units_per_s / 1e6;
          }};
}

void second_core_case(const SecondCoreCase& job, const BenchOptions& options, Rounds& rounds,
                      Report& report) {
  const Text text = make_text({.vocabulary = job.vocabulary, .lines = 500'000, .seed = 1});
  Variant one = words_per_second(options, text, 1), two = words_per_second(options, text, 2);
  rounds.take_turns(job.name, "M words/s", {&one, &two});
  const double gain = two.spread().median / one.spread().median;
  report.add(TargetRow{.what = job.name,
                       .unit = "M words/s",
                       .engine = two.spread(),
                       .yardstick = one.spread(),
                       .ratio = gain,
                       .target = ">= " + format(job.target),
                       .met = gain >= job.target});
}

std::vector<std::string> command_with(const BenchOptions& options, std::uint16_t in,
                                      std::uint16_t out) {
  std::vector<std::string> command = engine_command(options, 1, false);
  command.insert(command.end(), {"--in", loopback(in), "--out", loopback(out)});
  return command;
}

double idle_mb(const BenchOptions& options) {
  Load worker(engine_command(options, 1, false), 0, 1);
  usleep(500'000);
  return static_cast<double>(worker.child().resident_bytes()) / 1e6;
}

double start_to_first_record_ms(const BenchOptions& options) {
  const Text text = make_text({.vocabulary = 10, .lines = 1, .seed = 1});
  const Socket listener = listen_on(loopback(0));
  const std::uint16_t in = free_port();
  const std::uint64_t start = now_ns();
  Child worker(command_with(options, in, port_of(listener)), 0);
  const Socket source = connect_to(loopback(in), 10'000);
  if (!source.open() || !send_all(source, text.frames)) die("the worker does not listen");
  const Socket sink = accept_from(listener, 10'000);
  pollfd waiting{sink.fd(), POLLIN, 0};
  if (!sink.open() || poll(&waiting, 1, 10'000) <= 0) die("the worker puts nothing out");
  return static_cast<double>(now_ns() - start) / 1e6;
}

// The sink accepts and never reads; the sender never stops. The highest memory seen.
double stalled_sink_mb(const BenchOptions& options) {
  const Text text = make_text({.vocabulary = 10'000, .lines = 100'000, .seed = 1});
  Load worker(engine_command(options, 1, false), 0, 1);
  const std::uint64_t end = now_ns() + (options.quick ? 1'000'000'000u : 4'000'000'000u);
  std::uint64_t highest = 0;
  while (now_ns() < end) {
    worker.send_without_reading(text);
    highest = std::max(highest, worker.child().resident_bytes());
  }
  return static_cast<double>(highest) / 1e6;
}

// User time of one compiler process on the word count's one file.
double compile_seconds(const std::string& command) {
  rusage before{}, after{};
  getrusage(RUSAGE_CHILDREN, &before);
  Child compiler({"/bin/sh", "-c", "exec " + command}, 1, false);
  while (compiler.running()) usleep(1000);
  if (compiler.stop(0) != 0) die("cannot compile the word count: " + command);
  getrusage(RUSAGE_CHILDREN, &after);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) * 1e-6;
  };
  return seconds(after.ru_utime) - seconds(before.ru_utime);
}

void absolute_row(const std::string& what, const std::string& unit, double target,
                  std::function<double()> run, Rounds& rounds, Report& report) {
  Variant engine{"engine", std::move(run)};
  rounds.take_turns(what, unit, {&engine});
  report.add(TargetRow{.what = what,
                       .unit = unit,
                       .engine = engine.spread(),
                       .target = "<= " + format(target) + " " + unit,
                       .met = engine.spread().median <= target});
}

}  // namespace

void second_core_rows(const BenchOptions& options, Rounds& rounds, Report& report) {
  if (options.program.empty() || options.quick) return;
  pin_to_any_core();
  for (const SecondCoreCase& job : kSecondCoreCases) second_core_case(job, options, rounds, report);
}

void footprint_rows(const BenchOptions& options, Rounds& rounds, Report& report) {
  if (options.program.empty()) return;
  pin_to_core(1);
  absolute_row(
      "idle worker, resident memory", "MB", kIdleTargetMb, [&] { return idle_mb(options); }, rounds,
      report);
  absolute_row(
      "start to first record", "ms", kStartTargetMs,
      [&] { return start_to_first_record_ms(options); }, rounds, report);
  absolute_row(
      "stalled sink and endless sender, resident memory", "MB", kStalledTargetMb,
      [&] { return stalled_sink_mb(options); }, rounds, report);
  if (options.compile_command.empty()) return;
  absolute_row(
      "compile time of the word count's file", "s", kCompileTargetS,
      [&] { return compile_seconds(options.compile_command); }, rounds, report);
}

}  // namespace wallaroo::bench
