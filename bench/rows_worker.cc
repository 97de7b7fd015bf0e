// Rows about the engine's worker as a whole process: the second core, and the footprint.
#include <poll.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>

#include "flow/options.h"
#include "load.h"
#include "rows.h"

namespace wallaroo::bench {
namespace {

constexpr int kAnyCore = -1, kConnections = 4;
constexpr double kIdleTargetMb = 20, kStartTargetMs = 50, kCompileTargetS = 3;

// What a worker of one core with the word count may hold when its sink takes nothing: an idle
// worker, its receive buffer, the batches of its one channel, the sink's buffer while it grows, and
// the words themselves.
double stalled_target_mb() {
  const flow::Options limits;
  constexpr double kWords = 8e6;
  const double batches = limits.credits_per_channel + 2;
  const double bytes = kWords + limits.receive_bytes + batches * limits.batch_bytes_max +
                       2 * static_cast<double>(limits.sink_buffer_bytes_max);
  return kIdleTargetMb + bytes / 1e6;
}

struct SecondCoreCase {
  const char* name;
  std::uint64_t vocabulary;  // 0: single messages with evenly drawn keys and work for each
  double target;
};
constexpr SecondCoreCase kSecondCoreCases[] = {
    {"second core, 4 connections, 10 k words", 10'000, 1.4},
    {"second core, 4 connections, 1 M words", 1'000'000, 1.6},
    {"second core, 4 connections, 1 us of work a message", 0, 1.8},
};

// The load generator shares the machine with the service, which costs the two-core run more than
// the other one: the gain shown is a lower bound.
Variant words_per_second(const std::string& program, const Text& text, int cores) {
  return {std::to_string(cores) + " core(s)", [program, &text, cores] {
            Load service(engine_command(program, cores), cores == 1 ? 0 : kAnyCore, kConnections,
                         cores);
            const LoadResult result =
                service.run({.text = &text, .connections = kConnections, .warmup_s = 1});
            if (!result.error.empty()) die(program + ": " + result.error);
            return result.units_per_s / 1e6;
          }};
}

void second_core_case(const SecondCoreCase& job, const BenchOptions& options, Rounds& rounds,
                      Report& report) {
  const Text text = job.vocabulary > 0
                        ? make_text({.vocabulary = job.vocabulary, .lines = 500'000, .seed = 1})
                        : make_readings(10'000, 100'000, 1);
  const std::string program = job.vocabulary > 0 ? options.program : options.folder + "/busy";
  const char* const unit = job.vocabulary > 0 ? "M words/s" : "M messages/s";
  Variant one = words_per_second(program, text, 1), two = words_per_second(program, text, 2);
  rounds.take_turns(job.name, unit, {&one, &two});
  const double gain = two.spread().median / one.spread().median;
  report.add(TargetRow{.what = job.name,
                       .unit = unit,
                       .engine = two.spread(),
                       .yardstick = one.spread(),
                       .ratio = gain,
                       .target = ">= " + format(job.target),
                       .met = gain >= job.target});
}

std::vector<std::string> command_with(const BenchOptions& options, std::uint16_t in,
                                      std::uint16_t out) {
  std::vector<std::string> command = engine_command(options.program, 1);
  command.insert(command.end(), {"--in", loopback(in), "--out", loopback(out)});
  return command;
}

double idle_mb(const BenchOptions& options) {
  Load worker(engine_command(options.program, 1), 0, 1);
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
  Load worker(engine_command(options.program, 1), 0, 1);
  const std::uint64_t end = now_ns() + (options.quick ? 1'000'000'000u : 4'000'000'000u);
  std::uint64_t highest = 0;
  while (now_ns() < end) {
    worker.send_without_reading(text);
    highest = std::max(highest, worker.child().resident_bytes());
  }
  return static_cast<double>(highest) / 1e6;
}

// User time of one compiler process on the word count's one file.
double compile_seconds() {
  const std::string command = WALLAROO_BENCH_COMPILE;
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
  if (options.quick) return;
  pin_to_any_core();
  for (const SecondCoreCase& job : kSecondCoreCases) second_core_case(job, options, rounds, report);
}

void footprint_rows(const BenchOptions& options, Rounds& rounds, Report& report) {
  pin_to_core(1);
  absolute_row(
      "idle worker, resident memory", "MB", kIdleTargetMb, [&] { return idle_mb(options); }, rounds,
      report);
  absolute_row(
      "start to first record", "ms", kStartTargetMs,
      [&] { return start_to_first_record_ms(options); }, rounds, report);
  absolute_row(
      "stalled sink and endless sender, resident memory", "MB", stalled_target_mb(),
      [&] { return stalled_sink_mb(options); }, rounds, report);
  absolute_row("compile time of the word count's file", "s", kCompileTargetS, compile_seconds,
               rounds, report);
}

}  // namespace wallaroo::bench
