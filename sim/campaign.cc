// Seeds are run by child processes of the same program, a slice each, so that a broken invariant
// (which aborts) or a crash costs one seed and is reported with its number.
#include "sim/campaign.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "base/mutant.h"
#include "sim/world.h"

namespace wallaroo::sim {
namespace {

constexpr uint64_t kTwiceOneIn = 10;  // seeds that are run twice
constexpr uint64_t kMutantSeeds = 300;
constexpr uint64_t kFullCampaign = 300;  // from so many seeds on, every row must be reached

struct Arguments {
  std::string program;
  uint64_t seeds = 0;
  uint64_t from = 1;
  uint64_t step = 1;
  int64_t trace = -1;
  uint64_t jobs = 1;
  double budget_seconds = 0;
  std::string mutant;
  bool mutants = false;
  bool slice = false;  // run in this process and report to a parent
  bool first = false;  // stop at the first failure
};

int usage(const char* why) {
  std::fprintf(
      stderr,
      "wallaroo_sim: %s\n"
      "usage: wallaroo_sim --seeds N [--from S] [--jobs J] [--budget-seconds T]\n"
      "       wallaroo_sim --seed K [--mutant NAME]   one seed, with a trace\n"
      "       wallaroo_sim --mutants                  (in a build with WALLAROO_MUTANTS)\n",
      why);
  return 2;
}

bool parse(int argc, char** argv, Arguments& arguments) {
  arguments.program = argv[0];
  for (int i = 1; i < argc; ++i) {
    const std::string flag = argv[i];
    const auto is = [&](const char* name) { return flag == name && i + 1 < argc; };
    if (is("--seeds")) {
      arguments.seeds = std::strtoull(argv[++i], nullptr, 10);
    } else if (is("--from")) {
      arguments.from = std::strtoull(argv[++i], nullptr, 10);
    } else if (is("--step")) {
      arguments.step = std::strtoull(argv[++i], nullptr, 10);
    } else if (is("--seed")) {
      arguments.trace = std::strtoll(argv[++i], nullptr, 10);
    } else if (is("--jobs")) {
      arguments.jobs = std::strtoull(argv[++i], nullptr, 10);
    } else if (is("--budget-seconds")) {
      arguments.budget_seconds = std::strtod(argv[++i], nullptr);
    } else if (is("--mutant")) {
      arguments.mutant = argv[++i];
    } else if (flag == "--mutants") {
      arguments.mutants = true;
    } else if (flag == "--slice") {
      arguments.slice = true;
    } else if (flag == "--first") {
      arguments.first = true;
    } else {
      return false;
    }
  }
  return arguments.mutants || arguments.trace >= 0 || (arguments.seeds > 0 && arguments.jobs > 0);
}

bool choose_mutant(const std::string& name) {
  if (name.empty()) return true;
#ifdef WALLAROO_MUTANTS
  for (int i = 1; i < static_cast<int>(base::Mutant::count_); ++i) {
    if (name == base::mutant_name(static_cast<base::Mutant>(i))) {
      base::activate_mutant(static_cast<base::Mutant>(i));
      return true;
    }
  }
#endif
  return false;
}

// ---- child: one slice --------------------------------------------------------------------------

Verdict run_seed(uint64_t seed, uint64_t nth) {
  Verdict verdict = World(seed, nullptr).run();
  if (nth % kTwiceOneIn != 0) return verdict;
  verdict.reach.hit(Row::run_twice);
  const Verdict again = World(seed, nullptr).run();
  if (verdict.wrong.empty() && (again.hash != verdict.hash || !again.wrong.empty())) {
    verdict.oracle = "determinism";
    verdict.wrong = "the seed was run twice and gave two histories";
  }
  return verdict;
}

/// Lines for the parent: "begin SEED", then "end SEED COUNTS RECORDS STEPS HASH WORKLOAD ROWS...",
/// then, when something was wrong, "wrong ORACLE: WHAT".
int run_slice(const Arguments& arguments) {
  for (uint64_t i = 0; i < arguments.seeds; ++i) {
    const uint64_t seed = arguments.from + i * arguments.step;
    std::printf("begin %llu\n", static_cast<unsigned long long>(seed));
    std::fflush(stdout);
    const Verdict verdict = run_seed(seed, seed);
    std::ostringstream line;
    line << "end " << seed << ' ' << verdict.counts() << ' ' << verdict.records << ' '
         << verdict.steps << ' ' << verdict.hash << ' ' << verdict.workload;
    for (size_t row = 0; row < static_cast<size_t>(Row::count_); ++row) {
      line << ' ' << verdict.reach.count(static_cast<Row>(row));
    }
    std::printf("%s\n", line.str().c_str());
    if (!verdict.wrong.empty()) {
      std::printf("wrong %s: %s\n", verdict.oracle.c_str(), verdict.wrong.c_str());
      if (arguments.first) break;
    }
    std::fflush(stdout);
  }
  return 0;
}

// ---- parent ------------------------------------------------------------------------------------

struct Failure {
  uint64_t seed;
  std::string what;
};

struct Totals {
  uint64_t run = 0;
  uint64_t counted = 0;
  uint64_t records = 0;
  uint64_t steps = 0;
  Reach reach;
  std::vector<Failure> failures;
};

using Pipe = std::unique_ptr<FILE, int (*)(FILE*)>;

struct Child {
  Pipe pipe{nullptr, pclose};
  uint64_t next = 0;  // the seed it has begun, or will begin
  uint64_t left = 0;
  std::string complaint;  // of a child that dies: its last line that is no report
};

void start(const Arguments& arguments, Child& child, const char* extra) {
  std::ostringstream command;
  command << "'" << arguments.program << "' --slice --seeds " << child.left << " --from "
          << child.next << " --step " << arguments.step << extra;
  if (!arguments.mutant.empty()) command << " --mutant " << arguments.mutant;
  command << " 2>&1";
  child.pipe = Pipe(popen(command.str().c_str(), "r"), pclose);
  child.complaint.clear();
}

void take_report(const std::string& line, const Arguments& arguments, Child& child,
                 Totals& totals) {
  std::istringstream in(line);
  std::string kind;
  in >> kind;
  if (kind == "end") {
    uint64_t seed = 0;
    bool counts = false;
    uint64_t records = 0;
    uint64_t steps = 0;
    uint64_t hash = 0;
    std::string workload;
    in >> seed >> counts >> records >> steps >> hash >> workload;
    totals.run += 1;
    totals.counted += counts ? 1 : 0;
    totals.records += records;
    totals.steps += steps;
    uint64_t count = 0;
    for (size_t row = 0; in >> count; ++row) totals.reach.hit(static_cast<Row>(row), count);
    child.next = seed + arguments.step;
    child.left -= 1;
  } else if (kind == "wrong") {
    totals.failures.push_back({child.next - arguments.step, line.substr(6)});
  } else if (kind != "begin" && !line.starts_with("Aborted")) {  // the shell's word, not ours
    child.complaint = line;
  }
}

/// Reads what one child says until it ends; restarts it behind a seed that killed it.
void follow(const Arguments& arguments, Child& child, Totals& totals) {
  const char* extra = arguments.first ? " --first" : "";
  while (child.left > 0) {
    if (child.pipe == nullptr) start(arguments, child, extra);
    std::vector<char> buffer(65'536);
    while (std::fgets(buffer.data(), static_cast<int>(buffer.size()), child.pipe.get())) {
      std::string line = buffer.data();
      while (!line.empty() && line.back() == '\n') line.pop_back();
      take_report(line, arguments, child, totals);
    }
    child.pipe.reset();
    if (arguments.first && !totals.failures.empty()) return;
    if (child.left == 0) return;
    totals.run += 1;
    totals.failures.push_back({child.next, "invariant: the run died: " + child.complaint});
    child.next += arguments.step;
    child.left -= 1;
    if (arguments.first) return;
  }
}

/// Runs [from, from + seeds) on `jobs` children, interleaved.
void run_range(Arguments arguments, uint64_t from, uint64_t seeds, Totals& totals) {
  std::vector<Child> children(std::min(arguments.jobs, seeds));
  arguments.step = children.size();
  for (uint64_t i = 0; i < children.size(); ++i) {
    children[i].next = from + i;
    children[i].left = (seeds - i + children.size() - 1) / children.size();
    start(arguments, children[i], arguments.first ? " --first" : "");
  }
  for (Child& child : children) follow(arguments, child, totals);
}

void print_rows(const Totals& totals, uint64_t& unreached) {
  std::printf("\nreached%52s\n", "times");
  for (size_t i = 0; i < static_cast<size_t>(Row::count_); ++i) {
    const auto row = static_cast<Row>(i);
    const uint64_t count = totals.reach.count(row);
    if (count == 0) ++unreached;
    std::printf("  %-44s %12llu%s\n", row_name(row), static_cast<unsigned long long>(count),
                count == 0 ? "   NEVER" : "");
  }
}

int run_campaign(const Arguments& arguments, double (*clock)()) {
  const double began = clock();
  const auto seconds = [&] { return clock() - began; };
  constexpr uint64_t kChunk = 50;
  Totals totals;
  for (uint64_t done = 0; done < arguments.seeds; done += kChunk) {
    if (arguments.budget_seconds > 0 && seconds() > arguments.budget_seconds) break;
    run_range(arguments, arguments.from + done, std::min(kChunk, arguments.seeds - done), totals);
  }
  for (const Failure& failure : totals.failures) {
    std::printf("seed %llu FAILED: %s\n      replay: wallaroo_sim --seed %llu\n",
                static_cast<unsigned long long>(failure.seed), failure.what.c_str(),
                static_cast<unsigned long long>(failure.seed));
  }
  uint64_t unreached = 0;
  print_rows(totals, unreached);
  const bool full = totals.run >= kFullCampaign;
  std::printf("\n%llu seeds, %llu of them count, %.1f M records, %.1f M steps, %.1f s\n",
              static_cast<unsigned long long>(totals.run),
              static_cast<unsigned long long>(totals.counted),
              static_cast<double>(totals.records) / 1e6, static_cast<double>(totals.steps) / 1e6,
              seconds());
  if (full && unreached > 0) {
    std::printf("FAILED: %llu rows were never reached\n",
                static_cast<unsigned long long>(unreached));
  }
  const uint64_t failed = totals.failures.size() + (full ? unreached : 0);
  std::printf("%llu passed, %llu failed\n",
              static_cast<unsigned long long>(totals.run - totals.failures.size()),
              static_cast<unsigned long long>(failed));
  return failed == 0 ? 0 : 1;
}

int run_mutants([[maybe_unused]] Arguments arguments) {
#ifdef WALLAROO_MUTANTS
  uint64_t killed = 0;
  uint64_t survived = 0;
  arguments.first = true;
  for (int i = 1; i < static_cast<int>(base::Mutant::count_); ++i) {
    arguments.mutant = base::mutant_name(static_cast<base::Mutant>(i));
    Totals totals;
    run_range(arguments, arguments.from, kMutantSeeds, totals);
    if (totals.failures.empty()) {
      ++survived;
      std::printf("%-28s SURVIVED %llu seeds\n", arguments.mutant.c_str(),
                  static_cast<unsigned long long>(totals.run));
    } else {
      ++killed;
      std::printf("%-28s killed by seed %llu (%s)\n", arguments.mutant.c_str(),
                  static_cast<unsigned long long>(totals.failures[0].seed),
                  totals.failures[0].what.c_str());
    }
    std::fflush(stdout);
  }
  std::printf("%llu passed, %llu failed\n", static_cast<unsigned long long>(killed),
              static_cast<unsigned long long>(survived));
  return survived == 0 ? 0 : 1;
#else
  std::fprintf(stderr,
               "wallaroo_sim: this build has no mutants; configure with the preset "
               "mutants (-DWALLAROO_MUTANTS=ON)\n");
  return 2;
#endif
}

int run_traced(uint64_t seed) {
  const Verdict verdict = World(seed, &std::cout).run();
  std::cout << "\nseed " << seed << ", " << verdict.workload << ": " << verdict.records
            << " records, " << verdict.connections << " connections, " << verdict.steps
            << " steps, history " << std::hex << verdict.hash << std::dec << '\n';
  for (size_t i = 0; i < static_cast<size_t>(Row::count_); ++i) {
    const auto row = static_cast<Row>(i);
    if (verdict.reach.count(row) > 0) {
      std::cout << "  " << row_name(row) << ": " << verdict.reach.count(row) << '\n';
    }
  }
  if (!verdict.wrong.empty()) {
    std::cout << "FAILED: " << verdict.oracle << ": " << verdict.wrong << '\n';
  }
  std::cout << (verdict.wrong.empty() ? "1 passed, 0 failed" : "0 passed, 1 failed") << std::endl;
  return verdict.wrong.empty() ? 0 : 1;
}

}  // namespace

int campaign_main(int argc, char** argv, double (*seconds)()) {
  Arguments arguments;
  if (!parse(argc, argv, arguments)) return usage("wrong arguments");
  if (!choose_mutant(arguments.mutant)) return usage("no such mutant in this build");
  if (arguments.mutants) return run_mutants(arguments);
  if (arguments.trace >= 0) return run_traced(static_cast<uint64_t>(arguments.trace));
  return arguments.slice ? run_slice(arguments) : run_campaign(arguments, seconds);
}

}  // namespace wallaroo::sim
