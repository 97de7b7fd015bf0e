#include "engine.h"
#include "in_process.h"
#include "rows.h"

namespace wallaroo::bench {
namespace {

struct WordCountCase {
  const char* name;
  std::uint64_t vocabulary;
  std::uint64_t lines;
  double plain_known, fast_known;    // ns a word
  double plain_target, fast_target;  // share of their speed the engine shall reach
};

constexpr WordCountCase kWordCounts[] = {
    {"word count in process, 10 k words", 10'000, 1'000'000, 31, 7.7, 0.75, 0.33},
    {"word count in process, 1 M words", 1'000'000, 500'000, 92, 11.4, 1.0, 0.33},
};
constexpr std::uint64_t kKeys = 1'000'000, kUpdates = 5'000'000;

Variant engine_variant(std::function<EngineCost()> run, std::vector<double>& wall) {
  return {"engine", [run = std::move(run), &wall] {
            const EngineCost cost = run();
            wall.push_back(cost.wall_ns);
            return cost.cpu_ns;
          }};
}

std::string wall_note(const std::string& job, const std::vector<double>& wall) {
  const Spread spread = spread_of(wall);
  return job + ": by wall time the engine needs " + format(spread.median) + " ns [" +
         format(spread.low) + ".." + format(spread.high) + "].";
}

void word_count_case(const WordCountCase& job, const BenchOptions& options, Rounds& rounds,
                     Report& report) {
  const std::uint64_t lines = options.quick ? job.lines / 5 : job.lines;
  const Text text = make_text({.vocabulary = job.vocabulary, .lines = lines, .seed = 1});
  PlainCount plain_counter;
  FastCount fast_counter;
  plain_count_ns(plain_counter, text);  // the words are known from here on
  fast_count_ns(fast_counter, text);
  Variant plain{"plain", [&] { return plain_count_ns(plain_counter, text); }};
  Variant fast{"fastest", [&] { return fast_count_ns(fast_counter, text); }};
  const EngineWordCount engine_count(text);
  std::vector<double> wall;
  Variant engine = engine_variant([&] { return engine_count.cost(); }, wall);
  rounds.take_turns(job.name, "ns a word", {&plain, &fast, &engine});
  report.add({std::string(job.name) + ", plain loop", "ns/word", plain.spread(), job.plain_known});
  report.add({std::string(job.name) + ", fastest", "ns/word", fast.spread(), job.fast_known});
  report.add_speed(std::string(job.name) + ", against a plain loop", plain, engine, "ns/word",
                   job.plain_target);
  report.add_speed(std::string(job.name) + ", against the fastest (beyond)", fast, engine,
                   "ns/word", job.fast_target);
  report.note(wall_note(job.name, wall));
}

}  // namespace

void word_count_rows(const BenchOptions& options, Rounds& rounds, Report& report) {
  for (const WordCountCase& job : kWordCounts) word_count_case(job, options, rounds, report);
}

void keyed_rows(const BenchOptions& options, Rounds& rounds, Report& report) {
  const auto keys = make_keys(kKeys, options.quick ? kUpdates / 5 : kUpdates, 1);
  LibraryKeyed library_table;
  FastKeyed fast_table(kKeys);
  keyed_ns(library_table, keys);
  keyed_ns(fast_table, keys);
  Variant library{"library map", [&] { return keyed_ns(library_table, keys); }};
  Variant fast{"fastest", [&] { return keyed_ns(fast_table, keys); }};
  std::vector<double> wall;
  Variant engine = engine_variant([&] { return engine_keyed_cost(keys); }, wall);
  rounds.take_turns("keyed u64 update, 1 M keys", "ns an update", {&library, &fast, &engine});
  report.add({"keyed u64 update, 1 M keys, library map", "ns/update", library.spread(), 38});
  report.add({"keyed u64 update, 1 M keys, fastest", "ns/update", fast.spread(), 20.9});
  report.add_speed("keyed u64 update, 1 M keys, against the library map", library, engine,
                   "ns/update", 0.75);
  report.note(wall_note("keyed u64 update, 1 M keys", wall));
}

}  // namespace wallaroo::bench
