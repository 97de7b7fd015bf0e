#include <memory>

#include "load.h"
#include "rows.h"
#include "yardstick/hiccup.h"

namespace wallaroo::bench {
namespace {

constexpr int kServiceCore = 0, kLoadCore = 1;
constexpr double kLatencyTarget = 1.3;
constexpr int kLatencyPairs = 9;

LoadResult measure(const std::vector<std::string>& command, const LoadOptions& load) {
  Load service(command, kServiceCore, load.connections);
  LoadResult result = service.run(load);
  if (!result.error.empty()) die(command[0] + ": " + result.error);
  return result;
}

// CPU of the service a word; words/s go to `speeds`.
Variant throughput(std::string name, std::vector<std::string> command, const LoadOptions& load,
                   std::vector<double>& speeds) {
  return {std::move(name), [command = std::move(command), load, &speeds] {
            const LoadResult result = measure(command, load);
            speeds.push_back(result.units_per_s / 1e6);
            return result.cpu_ns_per_unit;
          }};
}

struct TcpCase {
  const char* name;
  std::uint64_t vocabulary;
  double cpu_known, speed_known;
  bool has_target;
};
constexpr TcpCase kTcpCases[] = {
    {"word count over TCP, 10 k words", 10'000, 12, 80, true},
    {"word count over TCP, 1 M words", 1'000'000, 17, 58, false},
};

void tcp_case(const TcpCase& job, const BenchOptions& options, Rounds& rounds, Report& report) {
  const Text text = make_text(
      {.vocabulary = job.vocabulary, .lines = options.quick ? 100'000u : 1'000'000u, .seed = 1});
  // The words shall be known when the measurement begins: one round of the text and more.
  const double warmup = options.quick ? 0.3 : job.vocabulary > 100'000 ? 1.0 : 0.5;
  const LoadOptions load{.text = &text, .warmup_s = warmup, .duration_s = options.quick ? 0.5 : 2};
  std::vector<double> speeds, engine_speeds;
  Variant yardstick =
      throughput("hand-written", {options.folder + "/yardstick_tcp_count"}, load, speeds);
  Variant engine = throughput("engine", engine_command(options.program, 1), load, engine_speeds);
  rounds.take_turns(job.name, "CPU ns a word", {&yardstick, &engine});
  report.add({std::string(job.name) + ", hand-written epoll", "CPU ns/word", yardstick.spread(),
              job.cpu_known});
  const std::string name = job.name;
  if (job.has_target) report.add_speed(name, yardstick, engine, "CPU ns/word", 0.5);
  TargetRow row{.what = name + ", throughput",
                .unit = "M words/s",
                .engine = spread_of(engine_speeds),
                .yardstick = spread_of(speeds),
                .target = "known figure " + format(job.speed_known)};
  row.ratio = row.engine->median / row.yardstick->median;
  report.add(std::move(row));
}

struct LatencyFigures {
  std::vector<double> p50, p99, p999;
  void add(const Histogram& histogram) {
    p50.push_back(histogram.quantile(0.5) / 1e3);
    p99.push_back(histogram.quantile(0.99) / 1e3);
    p999.push_back(histogram.quantile(0.999) / 1e3);
  }
};

Variant latency(std::string name, std::vector<std::string> command, const LoadOptions& load,
                LatencyFigures& figures) {
  return {std::move(name), [command = std::move(command), load, &figures] {
            const LoadResult result = measure(command, load);
            figures.add(result.latency);
            return figures.p50.back();
          }};
}

struct LatencyCase {
  double rate;
  bool busy;
  double known_p50;
};
constexpr LatencyCase kLatencyCases[] = {
    {10'000, false, 48}, {100'000, false, 25}, {10'000, true, 12.7}, {100'000, true, 17.4}};

void latency_case(const LatencyCase& job, const Text& text, const Text& frames,
                  const BenchOptions& options, Rounds& rounds, Report& report) {
  LoadOptions load{.text = &frames,
                   .unit = Unit::bytes,
                   .rate = job.rate,
                   .warmup_s = 0.3,
                   .duration_s = options.quick ? 0.5 : 1.5};
  std::vector<std::string> relay_command = {options.folder + "/yardstick_relay"};
  if (job.busy) relay_command.push_back("--busy-poll");
  LatencyFigures relay_figures, engine_figures;
  Variant relay = latency("relay", relay_command, load, relay_figures);
  load.text = &text;
  load.unit = Unit::lines;
  Variant engine =
      latency("engine", engine_command(options.program, 1, job.busy), load, engine_figures);
  std::vector<double> hiccup_p99;
  Variant hiccup{"hiccup p99.9", [&] {
                   const Hiccup seen = measure_hiccup({kServiceCore, kLoadCore}, 0.5);
                   pin_to_core(kLoadCore);
                   hiccup_p99.push_back(seen.p99_us);
                   return seen.p999_us;
                 }};
  const std::string name =
      "latency at " + format(job.rate / 1e3) + " k/s, " + (job.busy ? "busy polling" : "sleeping");
  rounds.take_turns(name, "us, p50", {&relay, &hiccup, &engine}, options.quick ? 1 : kLatencyPairs);
  report.add({name + ", relay p50", "us", relay.spread(), job.known_p50});
  const auto add = [&](const char* which, const std::vector<double>& ours,
                       const std::vector<double>& theirs, bool has_target) {
    TargetRow row{.what = name + ", " + which,
                  .unit = "us",
                  .engine = spread_of(ours),
                  .yardstick = spread_of(theirs),
                  .target = has_target ? "<= 1.30" : "reported"};
    row.ratio = row.engine->median / row.yardstick->median;
    if (has_target) row.met = *row.ratio <= kLatencyTarget;
    report.add(std::move(row));
  };
  add("p50", engine_figures.p50, relay_figures.p50, true);
  add("p99", engine_figures.p99, relay_figures.p99, false);
  add("p99.9", engine_figures.p999, relay_figures.p999, false);
  report.note(name + ": the hiccup meter of the same rounds, both cores busy, shows p99 " +
              format(spread_of(hiccup_p99).median) + " us, p99.9 " +
              format(hiccup.spread().median) + " us.");
}

}  // namespace

std::vector<std::string> engine_command(const std::string& program, int cores, bool busy_poll) {
  std::vector<std::string> command = {program, "--http", "127.0.0.1:0", "--cores",
                                      std::to_string(cores)};
  if (busy_poll) command.push_back("--busy-poll");
  return command;
}

void tcp_rows(const BenchOptions& options, Rounds& rounds, Report& report) {
  pin_to_core(kLoadCore);
  for (const TcpCase& job : kTcpCases) {
    if (options.quick && !job.has_target) continue;
    tcp_case(job, options, rounds, report);
  }
}

void latency_rows(const BenchOptions& options, Rounds& rounds, Report& report) {
  pin_to_core(kLoadCore);
  const Text text = make_text({.vocabulary = 10'000, .lines = 100'000, .seed = 1});
  const Text frames = make_fixed_frames(100'000, 64);
  for (const LatencyCase& job : kLatencyCases) {
    if (options.quick && job.rate > 10'000) continue;
    latency_case(job, text, frames, options, rounds, report);
  }
}

}  // namespace wallaroo::bench
