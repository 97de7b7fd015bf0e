// One stream used several times: filtered into a keyed stage with many outputs, and split in two
// branches that meet again in a merge in front of another keyed stage; two TCP sinks and a memory
// sink. All results are the same whatever the interleaving, so the interpreter predicts them.
#include <optional>

#include "sim/workload.h"
#include "sim/workloads/events.h"

namespace wallaroo::sim {
namespace {

struct Tagged {
  std::string tag;
  uint32_t key = 0;
};
struct Count {
  uint64_t n = 0;
};
struct Line {
  std::string text;
};

std::optional<Tagged> tag_most(const Event& event) {
  if (event.number % 7 == 0) return {};
  return Tagged{"t" + std::to_string(event.key % 11), event.key};
}
void tag_copies(const Event& event, Emit<Tagged>& emit) {
  for (uint32_t i = 0; i < event.number % 4; ++i) emit(Tagged{"c" + std::to_string(i), event.key});
}
void count_pairs(const Event& event, Count& count, Emit<Line>& emit) {
  if (++count.n % 2 == 1) return;
  const std::string line = std::to_string(event.key) + " " + std::to_string(count.n);
  emit(Line{line + " first"});
  emit(Line{line + " second"});
}

class Branches final : public Workload {
 public:
  explicit Branches(base::Rng& rng)
      : keys_(rng.between(1, 100)), senders_(static_cast<uint32_t>(rng.between(2, 5))) {}

  std::string_view name() const override { return "branches"; }

  void build(Application& app) override {
    graph_ = &app.graph();
    const auto write = [](const Line& line, Bytes& out) { out << line.text; };
    const auto events =
        app.pipeline("branches")
            .source("events", tcp::listen("10.0.0.1:7010", framing::u32be, parse_event, limits()));
    events.filter("even", [](const Event& event) { return event.key % 2 == 0; })
        .key_by(&Event::key)
        .state_many<Count, Line>("pairs", count_pairs)
        .sink("paired", tcp::connect("10.0.0.2:7002", framing::lines, write));
    events.to("tag", tag_most)
        .merge("meet", events.to_many<Tagged>("copy", tag_copies))
        .key_by([](const Tagged& tagged) -> const std::string& { return tagged.tag; })
        .state<Count>("tags",
                      [](const Tagged& tagged, Count& count) {
                        return Line{tagged.tag + " " + std::to_string(++count.n)};
                      })
        .sink("tagged", tcp::connect("10.0.0.2:7003", framing::u32be, write));
    events.to("show", [](const Event& event) { return Line{describe(event)}; })
        .sink("shown", memory::sink(shown_, framing::lines, write));
  }
  std::vector<Input> inputs() const override {
    return {{"events", {"10.0.0.1", 7010}, Framing::u32be, senders_}};
  }
  std::vector<Output> outputs() const override {
    return {{"paired", {"10.0.0.2", 7002}, Framing::lines},
            {"tagged", {"10.0.0.2", 7003}, Framing::u32be}};
  }
  std::string message(base::Rng& rng, uint32_t sender, uint32_t number) override {
    return event_message(rng, {static_cast<uint32_t>(rng.below(keys_)), sender, number});
  }
  std::string check(const Evidence& evidence) override {
    Evidence all = evidence;
    for (const Bytes& bytes : shown_->by_core) {
      split_messages(Framing::lines, bytes.view(), all.written["shown"]);
    }
    std::vector<Output> sinks = outputs();
    sinks.push_back({"shown", {}, Framing::lines});
    return compare_with_interpreter(*graph_, all, sinks);
  }

 private:
  const uint64_t keys_;
  const uint32_t senders_;
  const std::shared_ptr<MemoryOutput> shown_ = std::make_shared<MemoryOutput>();
  const Graph* graph_ = nullptr;
};

}  // namespace

std::unique_ptr<Workload> make_branches(base::Rng& rng) { return std::make_unique<Branches>(rng); }

}  // namespace wallaroo::sim
