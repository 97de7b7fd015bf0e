// Events from a file and from the network, merged and folded for each key; the results go into a
// file that all cores append to. Some events make a function fail after it has put something out,
// and some messages are none: each becomes one dead letter.
#include <algorithm>
#include <set>
#include <stdexcept>

#include "base/json_text.h"
#include "sim/workload.h"
#include "sim/workloads/events.h"

namespace wallaroo::sim {
namespace {

constexpr std::string_view kRefused = "an event that is refused";

bool is_refused(const Event& event) { return event.number % 11 == 5; }

/// Puts the event out and then fails on some: what was put out must not arrive.
auto refuse_some(const char* source, std::shared_ptr<CutLedger> ledger) {
  return [name = std::string(source), ledger](const Event& event, Emit<Event>& emit) {
    emit(event);
    if (is_refused(event)) throw std::runtime_error(std::string(kRefused));
    ledger->run(name, event);
  };
}

/// A field of text in a line of JSON, which has no escapes in it.
std::string text_field(const std::string& line, const std::string& name) {
  const std::string before = "\"" + name + "\":\"";
  const size_t at = line.find(before);
  if (at == std::string::npos) return {};
  const size_t begin = at + before.size();
  return line.substr(begin, line.find('"', begin) - begin);
}

class Files final : public Workload {
 public:
  explicit Files(base::Rng& rng)
      : keys_(rng.between(1, 100)),
        in_framing_(rng.chance(2, 3) ? framing::lines : draw_framing(rng)),
        out_framing_(draw_framing(rng)),
        follows_(rng.chance(1, 3)) {}

  std::string_view name() const override { return "files"; }

  void build(Application& app) override {
    app.on_error(OnError::dead_letter);
    app.dead_letters("letters");
    const auto from_file =
        app.pipeline("files")
            .source("file", file::read("in", in_framing_, parse_event,
                                       {.frame_bytes_max = kFrameBytesMax, .follow = follows_}))
            .to_many<Event>("refuse-of-file", refuse_some("file", ledger_));
    app.pipeline("network")
        .source("network", tcp::listen("10.0.0.1:7010", framing::lines, parse_event, limits()))
        .to_many<Event>("refuse-of-network", refuse_some("network", ledger_))
        .merge("all", from_file)
        .key_by(&Event::key)
        .state<Fold>("fold", fold_event)
        .sink("folded", file::write("out", out_framing_, write_folded));
  }
  std::vector<Input> inputs() const override {
    return {{.source = "network", .address = {"10.0.0.1", 7010}, .framing = Framing::lines},
            {.source = "file",
             .address = {},
             .framing = in_framing_,
             .senders = 0,
             .file = "in",
             .follows = follows_}};
  }
  std::vector<Output> outputs() const override {
    return {{.sink = "folded", .address = {}, .framing = out_framing_, .file = "out"},
            {.sink = "dead-letters", .address = {}, .framing = Framing::lines, .file = "letters"}};
  }
  std::string message(base::Rng& rng, uint32_t sender, uint32_t number) override {
    if (rng.chance(1, 50)) return "not an event";
    return event_message(rng, {static_cast<uint32_t>(rng.below(keys_)), sender, number});
  }
  std::string check(const Evidence& evidence) override {
    Evidence accepted = evidence;
    std::vector<std::string> failed;
    for (Taken& taken : accepted.taken) {
      std::erase_if(taken.messages, [&failed](const std::string& message) {
        const auto event = parse_event(message);
        const bool fails = !event || is_refused(*event);
        if (fails) failed.push_back(message);
        return fails;
      });
    }
    if (std::string wrong = check_letters(evidence.written.at("dead-letters"), std::move(failed));
        !wrong.empty()) {
      return wrong;
    }
    const FoldJudge judge(accepted);
    return check_folds(judge, evidence.written.at("folded"), *ledger_, "fold");
  }
  void count(Reach& reach) const override { reach.hit(Row::dead_letter, refused_); }
  void on_core(uint32_t core) override { ledger_->set_core(core); }
  void on_cut(uint64_t barrier, const std::string& name) override { ledger_->cut(barrier, name); }
  void on_cut_state(uint64_t barrier, const std::string& name, std::string_view key,
                    std::string_view state) override {
    ledger_->state(barrier, name, decode_event_key(key), decode_fold(state));
  }

 private:
  /// One letter for each message that failed, with the reason and the message as it came.
  std::string check_letters(const std::vector<std::string>& letters,
                            std::vector<std::string> failed) {
    std::vector<std::string> found;
    for (const std::string& letter : letters) {
      const std::string payload = text_field(letter, "payload");
      const auto event = parse_event(payload);
      const std::string error = text_field(letter, "error");
      if (error != (event ? kRefused : "it cannot be decoded")) {
        return "a dead letter with another reason: " + letter;
      }
      if (event) ++refused_;
      found.push_back(payload);
    }
    // Hostile senders send what is no text; those letters hold it in another form.
    for (std::string& message : failed) {
      if (!base::is_utf8(message)) message.clear();
    }
    std::ranges::sort(found);
    std::ranges::sort(failed);
    if (found == failed) return {};
    return std::to_string(found.size()) + " dead letters for " + std::to_string(failed.size()) +
           " messages that failed, or not the same ones";
  }

  uint64_t refused_ = 0;
  const uint64_t keys_;
  const Framing in_framing_;
  const Framing out_framing_;
  const bool follows_;
  const std::shared_ptr<CutLedger> ledger_ = std::make_shared<CutLedger>();
};

}  // namespace

std::unique_ptr<Workload> make_files(base::Rng& rng) { return std::make_unique<Files>(rng); }

}  // namespace wallaroo::sim
