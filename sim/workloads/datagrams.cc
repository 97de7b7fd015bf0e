// Datagrams: some are lost, doubled, overtaken, too long or undecodable; of each that was read
// everything comes of it that must.
#include <optional>

#include "sim/workload.h"
#include "sim/workloads/events.h"

namespace wallaroo::sim {
namespace {

constexpr uint32_t kKeys = 50;

struct Count {
  uint64_t n = 0;
};
struct KeyCount {
  uint64_t key = 0;
  uint64_t n = 0;
};

UdpSourceSpec datagram_limits() {
  UdpSourceSpec spec;
  spec.datagram_bytes_max = kFrameBytesMax;
  return spec;
}

KeyCount count_key(const Event& event, Count& count) { return {event.key, ++count.n}; }

class Datagrams final : public Workload {
 public:
  explicit Datagrams(base::Rng& rng) : senders_(static_cast<uint32_t>(rng.between(2, 4))) {}

  std::string_view name() const override { return "datagrams"; }

  void build(Application& app) override {
    graph_ = &app.graph();
    const auto events =
        app.pipeline("datagrams")
            .source("events", udp::listen("10.0.0.1:7010", parse_event, datagram_limits()));
    events.sink("copies",
                tcp::connect("10.0.0.2:7002", framing::lines, [](const Event& event, Bytes& out) {
                  out << event.key << ' ' << event.sender << ' ' << event.number;
                }));
    events.key_by(&Event::key)
        .state<Count>("count", count_key)
        .sink("counts",
              tcp::connect("10.0.0.3:7003", framing::lines, [](const KeyCount& count, Bytes& out) {
                out << count.key << ' ' << count.n;
              }));
  }
  std::vector<Input> inputs() const override {
    return {{.source = "events",
             .address = {"10.0.0.1", 7010},
             .senders = senders_,
             .datagrams = true}};
  }
  std::vector<Output> outputs() const override {
    return {{"copies", {"10.0.0.2", 7002}, Framing::lines},
            {"counts", {"10.0.0.3", 7003}, Framing::lines}};
  }
  std::string message(base::Rng& rng, uint32_t sender, uint32_t number) override {
    std::string text = std::to_string(rng.below(kKeys)) + ' ' + std::to_string(sender) + ' ' +
                       std::to_string(number);
    if (rng.chance(1, 100)) text += ' ' + std::string(kFrameBytesMax, 'x');
    return text;
  }
  std::string check(const Evidence& evidence) override {
    return compare_with_interpreter(*graph_, evidence, outputs());
  }

 private:
  const uint32_t senders_;
  const Graph* graph_ = nullptr;
};

}  // namespace

std::unique_ptr<Workload> make_datagrams(base::Rng& rng) {
  return std::make_unique<Datagrams>(rng);
}

}  // namespace wallaroo::sim
