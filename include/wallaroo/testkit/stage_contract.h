// The contract of stages: the same messages give the same results however they are cut into
// batches, at any number of cores, whoever acts first, when there is hardly any room, and when
// states are stored and loaded between messages. check_stage_contract() runs one case in all these
// ways and tells which of them differs.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "wallaroo/application.h"
#include "wallaroo/time.h"

namespace wallaroo::testkit {

struct StageCase {
  struct Message {
    std::string source;
    std::string bytes;        ///< as the source's decoder gets them
    uint32_t connection = 0;  ///< messages of one connection keep their order
    Time at{};                ///< the clock is moved to this first, unless it has passed
  };

  /// In this order. For a generator: as many values as the number in `bytes`.
  std::vector<Message> input;
  /// What the messages of a sink must be, by its name; sinks without an entry are only compared.
  std::map<std::string, std::vector<std::string>> expected{};
  /// The key of a message of a sink: messages of one key are compared in their order. Without it
  /// they are compared sorted, for programs whose order depends on who was first.
  std::function<std::string(std::string_view sink, std::string_view message)> key_of{};
  bool compare_states = true;  ///< also the states at the end, of all keys
  uint32_t seeds = 10;         ///< how many drawn interleavings
};

struct StageReport {
  std::string wrong;      ///< empty: every way gave the same; else which differs, where and how
  uint32_t variants = 0;  ///< ways that were run
  bool ok() const { return wrong.empty(); }
};

/// `build` makes the application's pipelines; it is called anew for each way, so that nothing it
/// makes is shared. Throws Mistake for an application or a case that cannot be run.
StageReport check_stage_contract(const std::function<void(Application&)>& build,
                                 const StageCase& stage_case);

}  // namespace wallaroo::testkit
