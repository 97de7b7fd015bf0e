// Event time: tumbling windows counted by a process with one named timer a window. Which window a
// late event meets depends on the interleaving; what must hold always is that each event is counted
// exactly once, that no window closes before the watermark allows it, and that watermarks never go
// back.
#include <algorithm>
#include <array>

#include "sim/workload.h"
#include "sim/workloads/events.h"

namespace wallaroo::sim {
namespace {

constexpr int64_t kWindow = 1'000;
constexpr int64_t kStep = 40;  // event time between two events of a sender, about

struct Visit {
  uint32_t key = 0;
  uint32_t sender = 0;
  uint32_t number = 0;
  int64_t at = 0;
};

std::optional<Visit> parse_visit(std::string_view text) {
  const auto numbers = parse_numbers<4>(text);
  if (!numbers) return {};
  return Visit{static_cast<uint32_t>((*numbers)[0]), static_cast<uint32_t>((*numbers)[1]),
               static_cast<uint32_t>((*numbers)[2]), static_cast<int64_t>((*numbers)[3])};
}

int64_t window_of(int64_t at) { return at / kWindow * kWindow; }

struct Bucket {
  int64_t begin = 0;
  uint64_t visits = 0;
  uint32_t sender = 0;  // of the first visit: no two results are the same
  uint32_t number = 0;
};
struct Closed {
  uint64_t key = 0;
  Bucket bucket;
  int64_t watermark = 0;
};

struct Windows {
  uint64_t key = 0;
  std::vector<Bucket> open;

  void on_event(const Visit& visit, Context& context) {
    key = visit.key;
    const int64_t begin = window_of(visit.at);
    auto bucket = std::ranges::find(open, begin, &Bucket::begin);
    if (bucket == open.end())
      bucket = open.insert(open.end(), Bucket{begin, 0, visit.sender, visit.number});
    ++bucket->visits;
    context.timer("window " + std::to_string(begin), Time{begin + kWindow});
    context.timer("never", Time{begin + kWindow});
    context.cancel_timer("never");
  }
  std::optional<Closed> on_timer(std::string_view name, Context& context) {
    const int64_t begin = context.event_time().ns - kWindow;
    const auto bucket = std::ranges::find(open, begin, &Bucket::begin);
    if (bucket == open.end() || name != "window " + std::to_string(begin)) {
      return Closed{
          key, {begin, 0, 0, 0}, INT64_MIN};  // a timer that nobody set: the oracle objects
    }
    const Closed closed{key, *bucket, context.watermark().ns};
    open.erase(bucket);
    if (open.empty()) context.clear_state();
    return closed;
  }
};

/// Visits owed to each window, and judged as windows close.
class Ledger {
 public:
  void owe(const Visit& visit) { ++owed_[{visit.key, window_of(visit.at)}]; }

  std::string close(std::string_view line) {
    const auto n = parse_numbers<6>(line);
    if (!n) return "a result that no encoder wrote: " + std::string(line);
    const auto key = (*n)[0];
    const auto begin = static_cast<int64_t>((*n)[1]);
    const auto watermark = static_cast<int64_t>((*n)[3]);
    const auto window = owed_.find({key, begin});
    if (window == owed_.end() || window->second < (*n)[2] || (*n)[2] == 0) {
      return "a window closed with more visits than there were: " + std::string(line);
    }
    window->second -= (*n)[2];
    if (watermark < begin + kWindow) return "a window closed too early: " + std::string(line);
    int64_t& last = watermarks_.try_emplace(key, INT64_MIN).first->second;
    if (watermark < last) return "the watermark went back: " + std::string(line);
    if (last != INT64_MIN && last != watermark) ++advances_;
    last = watermark;
    return {};
  }
  uint64_t advances() const { return advances_; }
  /// Every window that ends before `time` has closed.
  std::string closed_before(int64_t time) const {
    for (const auto& [window, visits] : owed_) {
      if (visits != 0 && window.second + kWindow < time) {
        return "a window never closed, or visits were lost: key " + std::to_string(window.first) +
               ", window " + std::to_string(window.second) + ", " + std::to_string(visits) +
               " visits";
      }
    }
    return {};
  }

 private:
  std::map<std::pair<uint64_t, int64_t>, uint64_t> owed_;  // (key, begin) -> visits
  std::map<uint64_t, int64_t> watermarks_;
  uint64_t advances_ = 0;
};

/// The same windows twice: over TCP, where connections break and time may stand still; and from a
/// memory source merged with a generator, which end, so that every window must close.
class WindowsWorkload final : public Workload {
 public:
  explicit WindowsWorkload(base::Rng& rng)
      : keys_(rng.between(1, 40)),
        lateness_(static_cast<int64_t>(rng.below(3'000))),
        senders_(static_cast<uint32_t>(rng.between(2, 4))) {
    for (uint32_t i = 0; i < kRemembered; ++i) remembered_.push_back(message(rng, 0, i));
  }

  std::string_view name() const override { return "windows"; }

  void build(Application& app) override {
    const auto encode = [](const Closed& closed, Bytes& out) {
      out << closed.key << ' ' << closed.bucket.begin << ' ' << closed.bucket.visits << ' '
          << closed.watermark << ' ' << closed.bucket.sender << ' ' << closed.bucket.number;
    };
    const auto time = [](const Visit& visit) { return Time{visit.at}; };
    app.pipeline("over-tcp")
        .source("visits", tcp::listen("10.0.0.1:7010", framing::lines, parse_visit, limits()))
        .event_time(time, bounded_lateness(Duration(lateness_)))
        .key_by(&Visit::key)
        .process<Windows>("windows")
        .sink("closed", tcp::connect("10.0.0.2:7002", framing::lines, encode));
    const auto remembered =
        app.pipeline("remembered").source("remembered", memory::source(remembered_, parse_visit));
    const auto made = app.pipeline("made").source("made", generator(make));
    remembered.event_time(time, bounded_lateness(Duration(0)))
        .merge("both", made.event_time(time, bounded_lateness(Duration(lateness_))))
        .key_by(&Visit::key)
        .process<Windows>("ending-windows")
        .sink("ended", memory::sink(ended_, framing::lines, encode));
  }
  std::vector<Input> inputs() const override {
    return {{"visits", {"10.0.0.1", 7010}, Framing::lines, senders_}};
  }
  std::vector<Output> outputs() const override {
    return {{"closed", {"10.0.0.2", 7002}, Framing::lines}};
  }
  std::string message(base::Rng& rng, uint32_t sender, uint32_t number) override {
    const uint64_t at = uint64_t{number} * kStep + rng.below(3 * kStep);
    return std::to_string(rng.below(keys_)) + ' ' + std::to_string(sender) + ' ' +
           std::to_string(number) + ' ' + std::to_string(at);
  }
  std::string last_message(uint32_t sender) override {
    return "0 " + std::to_string(sender) + " 0 " + std::to_string(kLast);
  }
  std::string check(const Evidence& evidence) override {
    Ledger over_tcp;
    for (const Taken& taken : evidence.taken) {
      for (const std::string& message : taken.messages) {
        if (const auto visit = parse_visit(message)) over_tcp.owe(*visit);
      }
    }
    for (const std::string& line : evidence.written.at("closed")) {
      if (std::string wrong = over_tcp.close(line); !wrong.empty()) return wrong;
    }
    advances_ = over_tcp.advances();
    if (evidence.settled) {
      if (std::string wrong = over_tcp.closed_before(kLast - lateness_); !wrong.empty()) {
        return wrong;
      }
    }
    return check_ended(evidence.settled);
  }
  void count(Reach& reach) const override { reach.hit(Row::watermark_advanced, advances_); }

 private:
  static constexpr uint32_t kRemembered = 100;
  static constexpr uint64_t kMade = 150;
  static constexpr int64_t kLast = 1'000'000'000;

  static std::optional<Visit> make(uint64_t number) {
    if (number == kMade) return {};
    return Visit{static_cast<uint32_t>(number % 5), 1, static_cast<uint32_t>(number),
                 static_cast<int64_t>(number) * kStep};
  }
  std::string check_ended(bool settled) const {
    Ledger ending;
    for (const std::string& message : remembered_) ending.owe(*parse_visit(message));
    for (uint64_t i = 0; i < kMade; ++i) ending.owe(*make(i));
    for (const Bytes& bytes : ended_->by_core) {
      std::string_view text = bytes.view();
      while (!text.empty()) {
        const size_t end = text.find('\n');
        if (std::string wrong = ending.close(text.substr(0, end)); !wrong.empty()) return wrong;
        text.remove_prefix(end + 1);
      }
    }
    return settled ? ending.closed_before(INT64_MAX) : std::string();
  }

  const uint64_t keys_;
  const int64_t lateness_;
  const uint32_t senders_;
  std::vector<std::string> remembered_;
  uint64_t advances_ = 0;
  const std::shared_ptr<MemoryOutput> ended_ = std::make_shared<MemoryOutput>();
};

}  // namespace

std::unique_ptr<Workload> make_windows(base::Rng& rng) {
  return std::make_unique<WindowsWorkload>(rng);
}

}  // namespace wallaroo::sim
