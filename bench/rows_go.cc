// Go: the word count and the border, beside the same work in plain Go. The programs are bench/go,
// built by ./dev bench.
#include <cstdio>
#include <filesystem>
#include <map>

#include "load.h"
#include "rows.h"
#include "text_file.h"

namespace wallaroo::bench {
namespace {

constexpr int kServiceCore = 0, kLoadCore = 1;
constexpr double kWordsTarget = 0.5;
constexpr double kMillionWords = 1.0;

using Figures = std::map<std::string, double>;

/// What the program prints: {"units":3,"cpu_ns":1.5,...}.
Figures run_program(const std::string& command) {
  std::FILE* out = popen(command.c_str(), "r");
  if (out == nullptr) die("cannot run " + command);
  char line[512] = {};
  const bool printed = std::fgets(line, sizeof line, out) != nullptr;
  if (pclose(out) != 0 || !printed) die(command + " failed");
  Figures figures;
  for (const std::string name : {"units", "cpu_ns", "wall_ns", "allocations"}) {
    const std::string text = line;
    const size_t at = text.find("\"" + name + "\":");
    if (at == std::string::npos) die(command + " printed no " + name);
    figures[name] = std::atof(text.c_str() + at + name.size() + 3);
  }
  return figures;
}

/// One job of the program, on one core.
Variant job(const std::string& name, const std::string& program, const std::string& job,
            const std::string& file, int passes, std::vector<Figures>& all) {
  const std::string command =
      "taskset -c 0 " + program + " " + job + " " + file + " " + std::to_string(passes);
  return {name, [command, &all] {
            all.push_back(run_program(command));
            return all.back()["cpu_ns"];
          }};
}

double median_of(const std::vector<Figures>& all, const std::string& name) {
  std::vector<double> values;
  for (const Figures& one : all) values.push_back(one.at(name));
  return spread_of(values).median;
}

void words_in_process(const std::string& program, const BenchOptions& options, Rounds& rounds,
                      Report& report) {
  const Text text =
      make_text({.vocabulary = 10'000, .lines = options.quick ? 20'000u : 100'000u, .seed = 1});
  const TextFile file(text);
  const int passes = options.quick ? 3 : 5;
  std::vector<Figures> plain, engine, old, border;
  Variant plain_loop = job("plain Go", program, "plain", file.path(), passes, plain);
  Variant on_engine = job("engine", program, "engine", file.path(), passes, engine);
  Variant to_nothing = job("border", program, "border", file.path(), passes, border);
  std::vector<Variant*> variants = {&plain_loop, &on_engine, &to_nothing};
  const std::string title = "Go word count in process, 10 k words, one core";
  rounds.take_turns(title, "CPU ns a word", variants);
  report.add_speed(title + ", against plain Go", plain_loop, on_engine, "CPU ns/word",
                   kWordsTarget);
  TargetRow speed{.what = title,
                  .unit = "M words/s of CPU",
                  .engine = Spread{1e3 / on_engine.spread().high, 1e3 / on_engine.spread().median,
                                   1e3 / on_engine.spread().low},
                  .target = ">= 1.00 M words/s"};
  speed.met = speed.engine->median >= kMillionWords;
  report.add(std::move(speed));
  report.add(TargetRow{.what = "Go, a message into the guest and no further",
                       .unit = "CPU ns/message",
                       .engine = to_nothing.spread()});
  report.note("Go word count: " + format(median_of(engine, "allocations")) +
              " allocations a word on the engine, " + format(median_of(plain, "allocations")) +
              " in the plain loop; a message into the guest and no further: " +
              format(median_of(border, "allocations")) + ".");
}

void market_spread(const std::string& program, const BenchOptions& options, Rounds& rounds,
                   Report& report) {
  const int passes = options.quick ? 5 : 20;
  std::vector<Figures> plain, engine;
  Variant plain_loop = job("plain Go", program, "plain-market", "-", passes, plain);
  Variant on_engine = job("engine", program, "engine-market", "-", passes, engine);
  const std::string title = "Go market spread, two streams and one state, one core";
  rounds.take_turns(title, "CPU ns a message", {&plain_loop, &on_engine});
  report.add_ratio(title + ", against plain Go", plain_loop, on_engine, "CPU ns/message");
}

LoadResult under_load(const std::vector<std::string>& command, const LoadOptions& load) {
  Load service(command, kServiceCore, load.connections);
  LoadResult result = service.run(load);
  if (!result.error.empty()) die(command[0] + ": " + result.error);
  return result;
}

void words_over_tcp(const std::string& program, const BenchOptions& options, Rounds& rounds,
                    Report& report) {
  const Text text =
      make_text({.vocabulary = 10'000, .lines = options.quick ? 100'000u : 500'000u, .seed = 1});
  const LoadOptions load{.text = &text, .warmup_s = 0.5, .duration_s = options.quick ? 0.5 : 2};
  const std::vector<std::string> engine_words = {program, "word-count", "--http", "off", "--quiet"};
  const auto loaded = [&](const std::string& name, const std::vector<std::string>& command) {
    return Variant{name, [&load, command] { return under_load(command, load).cpu_ns_per_unit; }};
  };
  Variant plain = loaded("plain Go", {program, "tcp"});
  Variant engine = loaded("engine", engine_words);
  Variant of_2018 = loaded("API of 2018", {program, "word-count-2018"});
  const std::string title = "Go word count over TCP, 10 k words, one core";
  rounds.take_turns(title, "CPU ns a word", {&plain, &engine, &of_2018});
  report.add_speed(title + ", against plain Go", plain, engine, "CPU ns/word", kWordsTarget);
  report.add_ratio(title + ", API of 2018, against plain Go", plain, of_2018, "CPU ns/word");

  LoadOptions open_loop = load;
  open_loop.rate = 50'000;
  std::vector<double> p50, p99;
  Variant latency{"engine", [&] {
                    const LoadResult result = under_load(engine_words, open_loop);
                    p50.push_back(result.latency.quantile(0.5) / 1e3);
                    p99.push_back(result.latency.quantile(0.99) / 1e3);
                    return p50.back();
                  }};
  rounds.take_turns("Go latency at 50 k/s", "us, p50", {&latency});
  report.add(TargetRow{.what = "Go latency at 50 k messages/s, garbage collector running, p50",
                       .unit = "us",
                       .engine = spread_of(p50),
                       .target = "reported"});
  report.add(TargetRow{.what = "Go latency at 50 k messages/s, garbage collector running, p99",
                       .unit = "us",
                       .engine = spread_of(p99),
                       .target = "reported"});
}

}  // namespace

void go_rows(const BenchOptions& options, Rounds& rounds, Report& report) {
  const std::string program = options.folder + "/../go_bench";
  if (!std::filesystem::exists(program)) {
    die("the Go programs are not built; run ./dev bench, which builds them, or leave them out "
        "with --only GROUP");
  }
  words_in_process(program, options, rounds, report);
  market_spread(program, options, rounds, report);
  pin_to_core(kLoadCore);
  words_over_tcp(program, options, rounds, report);
}

}  // namespace wallaroo::bench
