// A keyed fold that a poisoned event stops, or a message that is none: wherever a function fails on
// it, the policy is to stop the worker. Until then everything is as it must be, nothing of the
// poison comes out, all cores end, and the failure says what it was and where.
#include <algorithm>
#include <set>
#include <stdexcept>

#include "sim/workload.h"
#include "sim/workloads/events.h"

namespace wallaroo::sim {
namespace {

constexpr uint32_t kPoison = 4'000'000'000;  // as key
constexpr uint32_t kShadow = 4'000'000'001;

/// Where the poison works.
enum class Place : uint8_t { decoder, computation, key_by, state, encoder, count_ };
constexpr const char* kFunctions[] = {"events", "pass", "key-by", "fold", "folded"};

void fail_on_poison(const Event& event, bool here) {
  if (here && event.key == kPoison) throw std::runtime_error("poison");
}

class StoppedByPoison final : public Workload {
 public:
  explicit StoppedByPoison(base::Rng& rng)
      : place_(rng.chance(1, 2)
                   ? Place::computation
                   : static_cast<Place>(rng.below(static_cast<uint64_t>(Place::count_)))),
        poison_every_(rng.between(200, 4'000)),
        shadows_(static_cast<uint32_t>(rng.below(12))),
        senders_(static_cast<uint32_t>(rng.between(2, 4))) {}

  std::string_view name() const override { return "stops"; }
  bool may_stop() const override { return true; }

  void build(Application& app) override {
    app.on_error(OnError::fail);
    const auto at = [this](Place place) { return place_ == place; };
    const auto passed =
        app.pipeline("stops")
            .source("events", tcp::listen(
                                  "10.0.0.1:7010", framing::u32be,
                                  [here = at(Place::decoder)](std::string_view text) {
                                    const auto event = parse_event(text);
                                    if (event) fail_on_poison(*event, here);
                                    return event;
                                  },
                                  limits()))
            // So that a step hands on in between, and must then see that a later one has failed.
            .to_many<Event>("shadow",
                            [shadows = shadows_](const Event& event, auto& emit) {
                              emit(event);
                              for (uint32_t i = 0; i < shadows; ++i) {
                                emit(Event{kShadow, event.sender, event.number});
                              }
                            })
            .to("pass",
                [here = at(Place::computation)](const Event& event) -> std::optional<Event> {
                  fail_on_poison(event, here);
                  if (event.key == kShadow) return {};
                  return event;
                });
    passed.sink("passed",
                tcp::connect("10.0.0.2:7003", framing::lines, [](const Event& event, Bytes& out) {
                  out << event.key << ' ' << event.sender << ' ' << event.number;
                }));
    passed
        .key_by([here = at(Place::key_by)](const Event& event) {
          fail_on_poison(event, here);
          return event.key;
        })
        .state<Fold>("fold",
                     [here = at(Place::state)](const Event& event, Fold& fold) {
                       fail_on_poison(event, here);
                       return fold_event(event, fold);
                     })
        .sink("folded", tcp::connect("10.0.0.2:7002", framing::lines,
                                     [here = at(Place::encoder)](const Folded& folded, Bytes& out) {
                                       fail_on_poison(folded.event, here);
                                       write_folded(folded, out);
                                     }));
  }
  std::vector<Input> inputs() const override {
    return {{"events", {"10.0.0.1", 7010}, framing::u32be, senders_}};
  }
  std::vector<Output> outputs() const override {
    return {{"folded", {"10.0.0.2", 7002}, framing::lines},
            {"passed", {"10.0.0.2", 7003}, framing::lines}};
  }
  std::string message(base::Rng& rng, uint32_t sender, uint32_t number) override {
    const uint32_t key =
        rng.chance(1, poison_every_) ? kPoison : static_cast<uint32_t>(rng.below(50));
    return event_message(rng, {key, sender, number});
  }

  std::string check(const Evidence& evidence) override {
    const bool poisoned = std::ranges::any_of(evidence.taken, [](const Taken& taken) {
      return std::ranges::any_of(taken.messages, [](const std::string& message) {
        const auto event = parse_event(message);
        return !event || event->key == kPoison;
      });
    });
    stopped_ = evidence.failure.has_value();
    if (stopped_ && !poisoned) return "the worker stopped although no poison was taken";
    if (!stopped_ && poisoned) return "poison was taken and the worker did not stop";
    if (stopped_) {
      if (std::string wrong = check_sentence(evidence.failure->message); !wrong.empty())
        return wrong;
    }
    if (std::string wrong = check_passed(evidence); !wrong.empty()) return wrong;
    return check_results(evidence);
  }
  void count(Reach& reach) const override {
    if (stopped_) reach.hit(Row::stopped_by_failure);
  }

 private:
  std::string check_sentence(const std::string& sentence) const {
    // A hostile sender's bytes are no event: then it is the decoder that refuses them.
    const bool garbage = sentence.find("cannot be decoded") != std::string::npos;
    const std::string function = garbage ? "events" : kFunctions[static_cast<size_t>(place_)];
    for (const std::string& part :
         {"'" + function + "' failed on", std::string("of source 'events'"),
          std::string(garbage ? "decoded" : "poison"), std::string("is fail")}) {
      if (sentence.find(part) == std::string::npos)
        return "the failure does not say \"" + part + "\": " + sentence;
    }
    return {};
  }

  /// Whether the source's chain, which takes the messages of a connection in order, stops at this.
  bool stops_the_source(const std::string& message) const {
    const auto event = parse_event(message);
    return !event || (event->key == kPoison && place_ <= Place::key_by);
  }

  /// What came behind the message that stopped the source, on the same connection.
  std::set<std::pair<uint32_t, uint32_t>> left_behind(const Evidence& evidence) const {
    std::set<std::pair<uint32_t, uint32_t>> left;
    for (const Taken& taken : evidence.taken) {
      bool stopped = false;
      for (const std::string& message : taken.messages) {
        const auto event = parse_event(message);
        if (stopped && event) left.emplace(event->sender, event->number);
        stopped = stopped || stops_the_source(message);
      }
    }
    return left;
  }

  /// A key_by shares its batch with the sink beside it, which may have had all of it by then.
  std::string check_passed(const Evidence& evidence) const {
    const auto left = left_behind(evidence);
    for (const std::string& line : evidence.written.at("passed")) {
      const auto event = parse_event(line);
      if (!event || event->key == kShadow) return "something else was passed on: " + line;
      if (place_ != Place::key_by && left.contains({event->sender, event->number}))
        return "it was passed on from behind the message that stopped the worker: " + line;
    }
    return {};
  }

  std::string check_results(const Evidence& evidence) const {
    const FoldJudge judge(evidence);
    const auto left = left_behind(evidence);
    std::vector<Folded> all;
    std::map<uint32_t, std::vector<Folded>> by_key;
    for (const std::string& line : evidence.written.at("folded")) {
      const auto folded = parse_folded(line);
      if (!folded) return "a result that no encoder wrote: " + line;
      if (folded->event.key == kPoison) return "the poison came out: " + line;
      if (left.contains({folded->event.sender, folded->event.number}))
        return "it came out although it lies behind the message that stopped the worker: " + line;
      all.push_back(*folded);
      by_key[folded->event.key].push_back(*folded);
    }
    if (!stopped_) {
      if (std::string wrong = judge.complete(all); !wrong.empty()) return wrong;
    }
    for (const auto& [key, results] : by_key) {
      if (std::string wrong = judge.legal(results); !wrong.empty()) return wrong;
    }
    return {};
  }

  const Place place_;
  const uint64_t poison_every_;
  const uint32_t shadows_;  // of each event
  const uint32_t senders_;
  bool stopped_ = false;
};

}  // namespace

std::unique_ptr<Workload> make_stops(base::Rng& rng) {
  return std::make_unique<StoppedByPoison>(rng);
}

}  // namespace wallaroo::sim
