// Sessions that end when nothing came for a while: a workload for each way to write such a program.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "sim/workload.h"
#include "sim/workloads/events.h"

namespace wallaroo::sim {

constexpr Duration kSessionIdle = std::chrono::milliseconds(50);

/// The sources are "clicks" and "ticks", a generator with a rate; the sink is "ended", with a line
/// for each session: its key, sender and number of its first event, how many events.
class SessionsWorkload : public Workload {
 public:
  explicit SessionsWorkload(base::Rng& rng)
      : keys_(rng.between(1, 50)), senders_(static_cast<uint32_t>(rng.between(2, 4))) {}

  std::vector<Input> inputs() const override;
  std::vector<Output> outputs() const override;
  std::string message(base::Rng& rng, uint32_t sender, uint32_t number) override;
  std::string check(const Evidence& evidence) override;

 protected:
  static constexpr uint64_t kTicksPerSecond = 2'000;

  static std::optional<Event> tick(uint64_t number);
  /// Everything that was taken or ticked.
  static std::vector<Event> events(const Evidence& evidence);

 private:
  const uint64_t keys_;
  const uint32_t senders_;
};

}  // namespace wallaroo::sim
