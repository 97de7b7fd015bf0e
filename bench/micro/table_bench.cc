// Updates of keyed state through InlineTable::update() against a bare boost::unordered_flat_map in
// the same run: u64 keys and word keys, uniform, hashes computed beforehand on both sides (boost
// mixes a u64 itself). "ns" is an update of a known key, "fill_ns" one of a new key; "worst_ms" is
// the longest run of 128 new keys. All are processor time of the thread, so that a busy machine
// shows only in the cache.
#include <benchmark/benchmark.h>
#include <time.h>

#include <algorithm>
#include <boost/unordered/unordered_flat_map.hpp>
#include <memory>
#include <new>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/hash.h"
#include "base/rng.h"
#include "os/huge_memory.h"
#include "state/table.h"

namespace {

using namespace wallaroo;
struct Counts final : Entry {
  size_t run(const Record*, void* const* states, size_t from, size_t count) override {
    for (size_t i = from; i < count; ++i) ++*static_cast<uint64_t*>(states[i]);
    return count;
  }
};

StateType count_type() {
  StateType type{};
  type.bytes = sizeof(uint64_t);
  type.alignment = alignof(uint64_t);
  type.trivial = true;
  type.construct = [](void* at) { new (at) uint64_t(0); };
  type.destroy = [](void*) {};
  return type;
}

constexpr size_t kStream = 2'000'000;

// Distinct random numbers, or words of 5 to 10 letters.
std::vector<std::string> make_keys(size_t count, bool words) {
  std::vector<std::string> keys;
  base::Rng rng(42);
  for (size_t i = 0; i < count; ++i) {
    std::string& key = keys.emplace_back();
    if (words) {  // the first letters are the number in base 26, so that all differ
      for (size_t n = i; n > 0 || key.size() < 2; n /= 26) key += static_cast<char>('a' + n % 26);
      const size_t length = std::max(key.size() + 1, size_t{5} + rng.below(6));
      while (key.size() < length) key += static_cast<char>('A' + rng.below(26));
    } else {
      const uint64_t number = rng.next();
      key.append(reinterpret_cast<const char*>(&number), sizeof number);
    }
  }
  return keys;
}

// Records as they come from a channel: [hash][key length][key], packed.
class Stream {
 public:
  void append(std::string_view key) {
    const uint64_t hash = base::routing_hash(key);
    bytes_.append(&hash, sizeof hash);
    bytes_ << static_cast<char>(key.size()) << key;
  }
  void rewind() { at_ = bytes_.data(); }
  /// The next records, at most 128.
  size_t next(Record (&batch)[kStepBatch]) {
    const char* end = bytes_.data() + bytes_.size();
    size_t count = 0;
    for (; count < kStepBatch && at_ != end; ++count) {
      Record& record = batch[count];
      record.hash = base::load<uint64_t>(at_);
      record.key_bytes = static_cast<uint32_t>(at_[8]);
      record.key = at_ + 9;
      at_ += 9 + record.key_bytes;
    }
    return count;
  }

 private:
  Bytes bytes_;
  const char* at_ = nullptr;
};

struct Input {
  Input(size_t keys, bool words) : count(keys) {
    const std::vector<std::string> all = make_keys(keys, words);
    for (const std::string& key : all) first.append(key);
    base::Rng rng(7);
    for (size_t i = 0; i < kStream; ++i) again.append(all[rng.below(keys)]);
  }
  size_t count;
  Stream first;  // every key once
  Stream again;  // uniform
};

double thread_ms() {
  timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) * 1e-6;
}

// Lets add(batch, size) work on the stream; reports what all of it and the longest call took.
template <class Add>
void fill(benchmark::State& bench, Input& input, Add add) {
  Record batch[kStepBatch];
  double worst = 0;
  const double start = thread_ms();
  input.first.rewind();
  while (const size_t size = input.first.next(batch)) {
    const double before = thread_ms();
    add(batch, size);
    worst = std::max(worst, thread_ms() - before);
  }
  bench.counters["fill_ns"] = (thread_ms() - start) * 1e6 / static_cast<double>(input.count);
  bench.counters["worst_ms"] = worst;
}

template <class Add>
void update(benchmark::State& bench, Input& input, Add add) {
  Record batch[kStepBatch];
  for (auto _ : bench) {
    input.again.rewind();
    while (const size_t size = input.again.next(batch)) add(batch, size);
  }
  bench.counters["ns"] = benchmark::Counter(
      double{kStream}, benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}

// The longest insertions of single new keys. "idle" is the same for nothing at all, measured
// between them: what the machine itself does to the thread.
void table_single_inserts(benchmark::State& bench) {
  Input input(static_cast<size_t>(bench.range(0)), false);
  os::HugeMemory memory;
  Counts counts;
  for (auto _ : bench) {
    state::InlineTable table(count_type(), 1, 99,
                             {.memory = bench.range(1) == 1 ? &memory : nullptr});
    Record batch[kStepBatch];
    std::vector<double> times;
    std::vector<double> idle;
    input.first.rewind();
    while (const size_t size = input.first.next(batch)) {
      for (size_t i = 0; i < size; ++i) {
        const double before = thread_ms();
        table.update(batch, i, i + 1, counts);
        const double after = thread_ms();
        times.push_back(after - before);
        idle.push_back(thread_ms() - after);
      }
    }
    std::sort(times.begin(), times.end());
    std::sort(idle.begin(), idle.end());
    bench.counters["worst_ms"] = times.back();
    bench.counters["100th_ms"] = times[times.size() - 100];
    bench.counters["idle_worst_ms"] = idle.back();
    bench.counters["idle_100th_ms"] = idle[idle.size() - 100];
  }
}

void bench_table(benchmark::State& bench, bool words, uint32_t partitions, bool huge_pages = true) {
  Input input(static_cast<size_t>(bench.range(0)), words);
  os::HugeMemory memory;
  state::InlineTable table(count_type(), partitions, 99,
                           {.memory = huge_pages ? &memory : nullptr});
  Counts counts;
  const auto add = [&](const Record* batch, size_t size) { table.update(batch, 0, size, counts); };
  fill(bench, input, add);
  update(bench, input, add);
  bench.counters["bytes/key"] =
      static_cast<double>(table.bytes()) / static_cast<double>(table.keys());
}

// What reading the records costs; part of every figure.
void reading(benchmark::State& bench) {
  Input input(static_cast<size_t>(bench.range(0)), true);
  update(bench, input, [&](const Record* batch, size_t size) {
    for (size_t i = 0; i < size; ++i) benchmark::DoNotOptimize(batch[i].key_bytes);
  });
}
void table_u64(benchmark::State& bench) { bench_table(bench, false, 1024); }
void table_u64_small_pages(benchmark::State& bench) { bench_table(bench, false, 1024, false); }
void table_u64_one_partition(benchmark::State& bench) { bench_table(bench, false, 1); }
void table_words(benchmark::State& bench) { bench_table(bench, true, 1024); }

// A key with the hash computed beforehand: looking it up does not hash it again.
struct HashedView {
  std::string_view key;
  uint64_t hash;
};
struct Prehashed {
  using is_avalanching = void;
  using is_transparent = void;
  size_t operator()(const HashedView& view) const { return view.hash; }
  size_t operator()(const std::string& key) const { return base::routing_hash(key); }
};
struct SameKey {
  using is_transparent = void;
  bool operator()(const std::string& a, const std::string& b) const { return a == b; }
  bool operator()(const HashedView& a, const std::string& b) const { return a.key == b; }
  bool operator()(const std::string& a, const HashedView& b) const { return a == b.key; }
};

// Boost hashes a u64 itself, by one multiplication, as a bare program would.
struct BoostNumbers {
  boost::unordered_flat_map<uint64_t, uint64_t> map;
  void add(const Record& record) {
    uint64_t key;
    std::memcpy(&key, record.key, sizeof key);
    ++map[key];
  }
};
struct BoostStrings {
  boost::unordered_flat_map<std::string, uint64_t, Prehashed, SameKey> map;
  void add(const Record& record) {
    const HashedView view{record.key_view(), record.hash};
    const auto found = map.find(view);
    if (found != map.end()) {
      ++found->second;
    } else {
      map.emplace(std::string(view.key), 1);
    }
  }
};

template <class Map>
void bench_boost(benchmark::State& bench, bool words) {
  Input input(static_cast<size_t>(bench.range(0)), words);
  Map map;
  const auto add = [&](const Record* batch, size_t size) {
    for (size_t i = 0; i < size; ++i) map.add(batch[i]);
  };
  fill(bench, input, add);
  update(bench, input, add);
}

void boost_u64(benchmark::State& bench) { bench_boost<BoostNumbers>(bench, false); }
void boost_words(benchmark::State& bench) { bench_boost<BoostStrings>(bench, true); }

void sizes(benchmark::internal::Benchmark* bench) {
  for (const int64_t keys : {1'000, 10'000, 1'000'000, 10'000'000}) bench->Arg(keys);
  bench->Unit(benchmark::kMillisecond)->MinTime(0.3);
}

BENCHMARK(reading)->Arg(1000);
BENCHMARK(table_u64)->Apply(sizes);
BENCHMARK(table_u64_small_pages)->Apply(sizes);
BENCHMARK(boost_u64)->Apply(sizes);
BENCHMARK(table_u64_one_partition)->Apply(sizes);
BENCHMARK(table_single_inserts)
    ->ArgNames({"keys", "huge_pages"})
    ->Args({10'000'000, 0})
    ->Args({10'000'000, 1})
    ->Unit(benchmark::kMillisecond)
    ->Iterations(1);
BENCHMARK(table_words)->Apply(sizes);
BENCHMARK(boost_words)->Apply(sizes);

}  // namespace

BENCHMARK_MAIN();
