// Runs the yardsticks and the engine in turns and prints one table. `./dev bench` calls it.
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>

#include "in_process.h"
#include "rows.h"
#include "yardstick/net.h"

namespace wallaroo::bench {
namespace {

constexpr const char* kUsage =
    "wallaroo_bench [--quick] [--rounds N] [--quiet-wait S] [--only GROUP]\n"
    "               [--program FILE] [--check] [--save]\n"
    "  --quick         a subset, smaller inputs, three rounds: less than a minute\n"
    "  --rounds N      how often every measurement takes its turn (5)\n"
    "  --quiet-wait S  wait that long for other programs to rest before each round (10)\n"
    "  --only GROUP    words, keyed, tcp, latency, second-core, allocations, footprint, tls or go\n"
    "  --program FILE  another word count program to measure\n"
    "  --check         compare the outputs of the engine and all yardsticks and stop\n"
    "  --save          write the tables to bench/results/DATE.md too\n";

struct Group {
  const char* name;
  void (*run)(const BenchOptions&, Rounds&, Report&);
};
constexpr Group kGroups[] = {
    {"words", word_count_rows},
    {"keyed", keyed_rows},
    {"tcp", tcp_rows},
    {"latency", latency_rows},
    {"second-core", second_core_rows},
    {"allocations", allocation_rows},
    {"footprint", footprint_rows},
    {"tls", tls_rows},
    {"go", go_rows},
};

struct Command {
  BenchOptions options;
  bool check_only = false;
  bool save = false;
};

[[noreturn]] void usage(const std::string& wrong) {
  std::fprintf(stderr, "bench: %s\n\n%s", wrong.c_str(), kUsage);
  std::exit(2);
}

Command parse(int argc, char** argv) {
  Command command;
  command.options.program = WALLAROO_BENCH_PROGRAM;
  bool rounds_given = false, wait_given = false;
  for (int i = 1; i < argc; ++i) {
    const std::string flag = argv[i];
    const auto value = [&]() -> std::string {
      if (i + 1 == argc) usage(flag + " needs a value");
      return argv[++i];
    };
    if (flag == "--quick") {
      command.options.quick = true;
    } else if (flag == "--check") {
      command.check_only = true;
    } else if (flag == "--rounds") {
      command.options.rounds = std::atoi(value().c_str());
      rounds_given = true;
    } else if (flag == "--quiet-wait") {
      command.options.quiet_wait_s = std::atof(value().c_str());
      wait_given = true;
    } else if (flag == "--only") {
      command.options.only = value();
    } else if (flag == "--program") {
      command.options.program = value();
    } else if (flag == "--save") {
      command.save = true;
    } else {
      usage("unknown option '" + flag + "'");
    }
  }
  if (command.options.quick && !rounds_given) command.options.rounds = 3;
  if (command.options.quick && !wait_given) command.options.quiet_wait_s = 0;
  if (command.options.rounds < 1) usage("--rounds must be at least 1");
  return command;
}

void save(const std::string& text) {
  char date[16] = {};
  const std::time_t now = std::time(nullptr);
  std::strftime(date, sizeof date, "%Y-%m-%d", std::localtime(&now));
  const std::filesystem::path folder = WALLAROO_BENCH_RESULTS;
  std::error_code failed;
  std::filesystem::create_directories(folder, failed);
  const std::filesystem::path path = folder / (std::string(date) + ".md");
  std::ofstream file(path);
  file << "# Benchmark of " << date << "\n\n" << text;
  if (!file.flush())
    die("cannot write the tables to " + path.string() + ": is the folder writable?");
  std::printf("\nsaved to %s\n", path.c_str());
}

int run(int argc, char** argv) {
  Command command = parse(argc, argv);
  command.options.folder = std::filesystem::canonical("/proc/self/exe").parent_path();
  pin_to_core(1);
  const std::string wrong = check_outputs();
  if (!wrong.empty()) die("the outputs differ:\n" + wrong);
  std::printf("the engine and all yardsticks put out the same bytes as a byte-wise reference\n");
  if (command.check_only) return 0;

  const MachineSpeed speed = measure_machine();
  Rounds rounds(command.options.rounds, command.options.quiet_wait_s);
  Report report;
  bool any = false;
  for (const Group& group : kGroups) {
    if (!command.options.only.empty() && command.options.only != group.name) continue;
    group.run(command.options, rounds, report);
    any = true;
  }
  if (!any) usage("no group is called '" + command.options.only + "'");
  const std::string text = report.text(speed, rounds.foreign(), rounds.rounds());
  std::printf("\n%s", text.c_str());
  if (command.save) save(text);
  return 0;
}

}  // namespace
}  // namespace wallaroo::bench

int main(int argc, char** argv) { return wallaroo::bench::run(argc, argv); }
