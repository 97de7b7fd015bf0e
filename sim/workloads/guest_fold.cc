// The shared folds again, as a guest behind the C ABI: both pipelines with a merge or a spread, one
// with a framing of the guest's own, a closed list of keys, and messages on which each of the
// guest's functions fails, which are dropped in some places and become dead letters in others.
#include <algorithm>

#include "base/json_text.h"
#include "guest/graph_json.h"
#include "sim/guests/test_guest.h"
#include "sim/workloads/shared.h"

namespace wallaroo::sim {
namespace {

// The first words of messages that have no result: none of them is an event.
constexpr std::string_view kStray = "stray ";    // its key is not listed
constexpr std::string_view kThrows = "throws ";  // the decoder fails
constexpr std::string_view kBreaks = "breaks ";  // the fold fails
constexpr std::string_view kSwells = "swells ";  // its result is too long for the sink

constexpr size_t kSwollenBytes = 300;
constexpr Framing kOutFraming = framing::u8;

std::string_view without_word(std::string_view text) {
  for (const std::string_view word : {kStray, kThrows, kBreaks, kSwells})
    if (text.starts_with(word)) text.remove_prefix(word.size());
  return text;
}

std::string state_text(const Fold& fold) {
  return std::to_string(fold.count) + ' ' + std::to_string(fold.value);
}

/// The text of a state; empty before the first event.
Fold fold_in(std::string_view state) {
  if (state.empty()) return {};
  const auto numbers = parse_numbers<2>(state);
  ASSERT(numbers, "a state holds what no fold wrote");
  return {(*numbers)[0], (*numbers)[1]};
}

void fold_text(GuestCall& call) {
  if (call.value.starts_with(kBreaks)) {
    call.outputs.emplace_back("of a failed call");
    call.error = "an event that breaks the fold";
    return;
  }
  if (call.value.starts_with(kSwells)) {
    call.outputs.emplace_back(kSwollenBytes, 'x');
    return;
  }
  Fold fold = fold_in(*call.state);
  Bytes out;
  write_folded(fold_event(*parse_event(call.value), fold), out);
  *call.state = state_text(fold);
  call.outputs.emplace_back(out.view());
}

GuestFunction numbers_that_are(bool odd) {
  return [odd](GuestCall& call) {
    const auto event = parse_event(without_word(call.value));
    if (odd == (event->number % 2 == 1)) call.outputs.emplace_back(call.value);
  };
}

void write_text(GuestCall& call) { call.outputs.emplace_back(call.value); }

class GuestFold final : public SharedFolds {
 public:
  explicit GuestFold(base::Rng& rng)
      : SharedFolds(rng), key_padding_(rng.chance(1, 3) ? rng.below(200) : 0) {}

  std::string_view name() const override { return "guest_fold"; }

  void build(Application&) override {
    add_left();
    add_right();
    app_ = guest_.app(R"("application":"simulated","pipelines":["left","right"],)"
                      R"("on_error":"dead-letter","dead_letters":"letters")");
  }
  const Graph& graph(const Application&) const override { return app_->guest->graph; }
  std::vector<Output> outputs() const override {
    auto all = SharedFolds::outputs();
    for (Output& output : all) output.framing = kOutFraming;
    all.push_back(
        {.sink = "dead-letters", .address = {}, .framing = Framing::lines, .file = "letters"});
    return all;
  }
  std::string message(base::Rng& rng, uint32_t sender, uint32_t number) override {
    if (rng.chance(1, 50)) return "not an event";
    const std::string event = SharedFolds::message(rng, sender, number);
    if (rng.chance(1, 50)) return std::string(kThrows) + event;
    if (rng.chance(1, 30)) return std::string(kBreaks) + event;
    if (rng.chance(1, 30)) return std::string(kStray) + event;
    if (rng.chance(1, 50)) return std::string(kSwells) + event;
    return event;
  }
  std::string check(const Evidence& evidence) override {
    if (std::string wrong = SharedFolds::check(evidence); !wrong.empty()) return wrong;
    if (guest_.values_out() != 0) {
      return std::to_string(guest_.values_out()) + " values of the guest were lost on their way";
    }
    return check_letters(evidence);
  }
  std::string check_left() const override { return guest_.left(); }
  void count(Reach& reach) const override {
    SharedFolds::count(reach);
    guest_.count(reach);
  }
  void on_cut_state(uint64_t barrier, const std::string& name, std::string_view key,
                    std::string_view state) override {
    const Fold fold = fold_in(state);
    if (fold.count == 0) return;  // only events that failed
    ledger()->state(barrier, name, static_cast<uint32_t>(std::stoul(std::string(key))), fold);
  }

 private:
  /// Source, two branches that meet again in a merge, the fold.
  void add_left() {
    const uint32_t source =
        guest_.add({.kind = GuestKind::source,
                    .json = R"("kind":"source","name":"left","pipeline":"left","on_error":"drop",)"
                            R"("from":{"tcp":{"address":"10.0.0.1:7010","framing":"own",)"
                            R"("frame_bytes_max":4096}})",
                    .function = decoder("left")});
    const uint32_t odd = guest_.add({.kind = GuestKind::computation,
                                     .json = R"("kind":"computation","name":"odd")",
                                     .inputs = {source},
                                     .function = numbers_that_are(true)});
    const uint32_t even = guest_.add({.kind = GuestKind::computation,
                                      .json = R"("kind":"computation","name":"even")",
                                      .inputs = {source},
                                      .function = numbers_that_are(false)});
    const uint32_t merge = guest_.add({.kind = GuestKind::relay,
                                       .json = R"("kind":"merge","name":"both")",
                                       .inputs = {odd, even}});
    state_ = add_fold("left-fold", "", add_keys(merge));
    guest_.add({.kind = GuestKind::sink,
                .json = R"("kind":"sink","name":"left-out",)"
                        R"("to":{"tcp":{"address":"10.0.0.2:7002","framing":{"length":1}}})",
                .inputs = {state_},
                .function = write_text});
  }
  void add_right() {
    uint32_t last =
        guest_.add({.kind = GuestKind::source,
                    .json = R"("kind":"source","name":"right","pipeline":"right",)"
                            R"("from":{"tcp":{"address":"10.0.0.1:7011","framing":"lines",)"
                            R"("frame_bytes_max":4096}})",
                    .function = decoder("right")});
    if (spread()) {
      last = guest_.add(
          {.kind = GuestKind::relay, .json = R"("kind":"spread","name":"deal")", .inputs = {last}});
    }
    guest_.add({.kind = GuestKind::sink,
                .json = R"("kind":"sink","name":"right-out",)"
                        R"("to":{"tcp":{"address":"10.0.0.2:7003","framing":{"length":1}}})",
                .inputs = {add_fold("right-fold", R"("on_error":"drop",)", add_keys(last))},
                .function = write_text});
  }

  GuestFunction decoder(const char* source) {
    return [name = std::string(source), ledger = ledger()](GuestCall& call) {
      if (!parse_event(without_word(call.value))) {
        call.refused = true;
        call.error = "no event";
      } else if (call.value.starts_with(kThrows)) {
        call.error = "an event that the decoder does not bear";
      } else {
        if (const auto event = parse_event(call.value)) ledger->run(name, *event);
        call.outputs.emplace_back(call.value);
      }
    };
  }

  std::string key_of(uint64_t key) const {
    return std::to_string(key) + std::string(key % 2 == 0 ? key_padding_ : 0, 'k');
  }
  uint32_t add_keys(uint32_t input) {
    std::string json = R"("kind":"key_by","key_type":"text","keys":[)";
    for (uint64_t key = 0; key < keys(); ++key)
      json += (key == 0 ? "\"" : ",\"") + base::base64(key_of(key)) + '"';
    return guest_.add({.kind = GuestKind::key_by,
                       .json = json + "]",
                       .inputs = {input},
                       .function = [this](GuestCall& call) {
                         const bool stray = call.value.starts_with(kStray);
                         const auto event = parse_event(without_word(call.value));
                         call.outputs.push_back(stray ? "-" : key_of(event->key));
                       }});
  }
  uint32_t add_fold(const std::string& name, const std::string& policy, uint32_t input) {
    return guest_.add({.kind = GuestKind::state,
                       .json = R"("kind":"state","shared":"folds","state_type":"fold",)" + policy +
                               R"("name":")" + name + '"',
                       .inputs = {input},
                       .function = fold_text,
                       .state_node = state_});
  }

  /// What the right decoder, the left fold or a sink failed on became a letter each, with the
  /// message or the value as the guest tells it; the rest was dropped.
  static std::string check_letters(const Evidence& evidence) {
    std::vector<std::string> expected;
    for (const Taken& taken : evidence.taken) {
      for (const std::string& message : taken.messages) {
        const bool decodes = parse_event(without_word(message)) && !message.starts_with(kThrows);
        const bool of_fold = taken.source == "left" && message.starts_with(kBreaks);
        const bool of_sink = message.starts_with(kSwells) && decodes;
        if ((taken.source == "right" && !decodes) || of_fold || of_sink)
          expected.push_back(message);
      }
    }
    std::vector<std::string> found;
    for (const std::string& letter : evidence.written.at("dead-letters")) {
      const auto fields = base::parse_flat_json(letter);
      if (!fields) return "a dead letter that is none: " + letter;
      for (const base::JsonField& field : *fields)
        if (field.name == "payload") found.push_back(field.value);
    }
    std::ranges::sort(expected);
    std::ranges::sort(found);
    if (found == expected) return {};
    return std::to_string(found.size()) + " dead letters for " + std::to_string(expected.size()) +
           " messages that failed, or not the same ones";
  }

  const size_t key_padding_;
  TestGuest guest_;
  uint32_t state_ = UINT32_MAX;  // the first node that uses the shared state
  const wl_app* app_ = nullptr;
};

}  // namespace

std::unique_ptr<Workload> make_guest_fold(base::Rng& rng) {
  return std::make_unique<GuestFold>(rng);
}

}  // namespace wallaroo::sim
