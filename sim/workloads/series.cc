// The graph that is most likely to deadlock or to reorder: two sources, a merge, and two keyed
// stages in series, with the smallest rings and one credit a channel. Each stage folds; the result
// carries both folds, so that the order of processing of both can be replayed.
#include <algorithm>
#include <cstring>

#include "sim/workload.h"
#include "sim/workloads/events.h"

namespace wallaroo::sim {
namespace {

constexpr uint32_t kSecondKeys = 7;

struct Twice {
  Folded first;
  uint32_t second_key = 0;
  Fold second;
};

class Series final : public Workload {
 public:
  explicit Series(base::Rng& rng)
      : keys_(rng.between(1, 60)),
        left_senders_(static_cast<uint32_t>(rng.between(1, 3))),
        right_senders_(static_cast<uint32_t>(rng.between(1, 3))) {}

  std::string_view name() const override { return "series"; }
  bool wants_smallest_sizes() const override { return true; }

  void build(Application& app) override {
    const auto left = app.pipeline("left").source(
        "left",
        tcp::listen("10.0.0.1:7010", framing::u32be, logged_parser("left", ledger_), limits()));
    const auto right = app.pipeline("right").source(
        "right",
        tcp::listen("10.0.0.1:7011", framing::lines, logged_parser("right", ledger_), limits()));
    left.merge("both", right)
        .key_by(&Event::key)
        .state<Fold>("first",
                     [](const Event& event, Fold& fold) {
                       fold.add(event);
                       return Folded{event, fold};
                     })
        .key_by([](const Folded& folded) { return folded.event.number % kSecondKeys; })
        .state<Fold>("second",
                     [](const Folded& folded, Fold& fold) {
                       fold.add(folded.event);
                       return Twice{folded, folded.event.number % kSecondKeys, fold};
                     })
        .sink("folded",
              tcp::connect("10.0.0.2:7002", framing::lines, [](const Twice& twice, Bytes& out) {
                const Event& event = twice.first.event;
                out << event.key << ' ' << event.sender << ' ' << event.number << ' '
                    << twice.first.fold.count << ' ' << twice.first.fold.value << ' '
                    << twice.second_key << ' ' << twice.second.count << ' ' << twice.second.value;
              }));
  }
  std::vector<Input> inputs() const override {
    return {{"left", {"10.0.0.1", 7010}, Framing::u32be, left_senders_},
            {"right", {"10.0.0.1", 7011}, Framing::lines, right_senders_}};
  }
  std::vector<Output> outputs() const override {
    return {{"folded", {"10.0.0.2", 7002}, Framing::lines}};
  }
  std::string message(base::Rng& rng, uint32_t sender, uint32_t number) override {
    return event_message(rng, {static_cast<uint32_t>(rng.below(keys_)), sender, number});
  }
  std::string check(const Evidence& evidence) override {
    const FoldJudge judge(evidence);
    std::vector<Folded> all;
    std::map<uint32_t, std::vector<Folded>> first;
    std::map<uint32_t, std::vector<Folded>> second;
    std::map<uint32_t, std::vector<uint32_t>> paths;
    for (const std::string& line : evidence.written.at("folded")) {
      const auto n = parse_numbers<8>(line);
      if (!n) return "a result that no encoder wrote: " + line;
      const auto event = parse_event(line);
      const auto second_key = static_cast<uint32_t>((*n)[5]);
      all.push_back({*event, {(*n)[3], (*n)[4]}});
      first[event->key].push_back(all.back());
      second[second_key].push_back({*event, {(*n)[6], (*n)[7]}});
      paths[second_key].push_back(event->key);
    }
    if (std::string wrong = judge.complete(all); !wrong.empty()) return wrong;
    for (auto& [key, results] : first) {
      // The second stage may have mixed them: the count tells the order of the first.
      std::ranges::sort(results, {}, [](const Folded& folded) { return folded.fold.count; });
      if (std::string wrong = judge.legal(results); !wrong.empty()) return "first: " + wrong;
    }
    for (const auto& [key, results] : second) {
      if (std::string wrong = judge.legal(results, paths[key]); !wrong.empty()) {
        return "second: " + wrong;
      }
    }
    if (std::string wrong = ledger_->check("first", first); !wrong.empty()) return wrong;
    return ledger_->check("second", second);
  }
  void on_core(uint32_t core) override { ledger_->set_core(core); }
  void on_cut(uint64_t barrier, const std::string& name) override { ledger_->cut(barrier, name); }
  void on_cut_state(uint64_t barrier, const std::string& name, std::string_view key,
                    std::string_view state) override {
    uint32_t number = 0;
    std::memcpy(&number, key.data(), std::min(key.size(), sizeof number));
    ledger_->state(barrier, name, number, decode_fold(state));
  }

 private:
  const uint64_t keys_;
  const uint32_t left_senders_;
  const uint32_t right_senders_;
  const std::shared_ptr<CutLedger> ledger_ = std::make_shared<CutLedger>();
};

}  // namespace

std::unique_ptr<Workload> make_series(base::Rng& rng) { return std::make_unique<Series>(rng); }

}  // namespace wallaroo::sim
