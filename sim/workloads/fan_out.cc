// One message becomes up to several hundred values at once, which overflow every batch and credit;
// some messages fail half way, some keys are not listed, some results are dropped.
#include <optional>
#include <stdexcept>

#include "sim/workload.h"
#include "sim/workloads/events.h"

namespace wallaroo::sim {
namespace {

constexpr uint64_t kKeys = 97;
constexpr uint64_t kListed = 89;
constexpr uint64_t kFailing = 13;  // a message that asks for so many values fails at the last one

struct Request {
  uint64_t first = 0;
  uint64_t values = 0;
};
struct Value {
  uint64_t key = 0;
};
struct Count {
  uint64_t n = 0;
};
struct KeyCount {
  uint64_t key = 0;
  uint64_t n = 0;
};

std::optional<Request> parse_request(std::string_view text) {
  const auto numbers = parse_numbers<2>(text);
  if (!numbers) return {};
  return Request{(*numbers)[0], (*numbers)[1]};
}

void fan_out(const Request& request, Emit<Value>& emit) {
  for (uint64_t i = 0; i < request.values; ++i) emit(Value{(request.first + i) % kKeys});
  if (request.values == kFailing) throw std::runtime_error("an unlucky number");
}

std::optional<KeyCount> count_all_but_every_third(const Value& value, Count& count) {
  if (++count.n % 3 == 0) return {};
  return KeyCount{value.key, count.n};
}

class FanOut final : public Workload {
 public:
  explicit FanOut(base::Rng& rng)
      : senders_(static_cast<uint32_t>(rng.between(2, 4))), largest_(rng.chance(1, 2) ? 400 : 30) {
    for (uint64_t key = 0; key < kListed; ++key) listed_.push_back(key);
  }

  std::string_view name() const override { return "fan_out"; }

  void build(Application& app) override {
    graph_ = &app.graph();
    app.pipeline("fan-out")
        .source("requests", tcp::listen("10.0.0.1:7010", framing::u32be, parse_request, limits()))
        .to_many<Value>("expand", fan_out)
        .key_by(&Value::key, listed_)
        .state<Count>("count", count_all_but_every_third)
        .sink("counts",
              tcp::connect("10.0.0.2:7002", framing::raw, [](const KeyCount& count, Bytes& out) {
                out << count.key << ' ' << count.n << '\n';
              }));
  }
  std::vector<Input> inputs() const override {
    return {{"requests", {"10.0.0.1", 7010}, Framing::u32be, senders_}};
  }
  std::vector<Output> outputs() const override {
    return {{"counts", {"10.0.0.2", 7002}, Framing::lines}};
  }
  std::string message(base::Rng& rng, uint32_t, uint32_t) override {
    uint64_t values = rng.below(4);
    if (rng.chance(1, 50)) values = rng.below(largest_);
    if (rng.chance(1, 40)) values = kFailing;
    return std::to_string(rng.below(kKeys)) + ' ' + std::to_string(values);
  }
  std::string check(const Evidence& evidence) override {
    return compare_with_interpreter(*graph_, evidence, outputs());
  }

 private:
  const uint32_t senders_;
  const uint64_t largest_;
  std::vector<uint64_t> listed_;
  const Graph* graph_ = nullptr;
};

}  // namespace

std::unique_ptr<Workload> make_fan_out(base::Rng& rng) { return std::make_unique<FanOut>(rng); }

}  // namespace wallaroo::sim
