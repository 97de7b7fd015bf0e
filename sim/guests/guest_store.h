// What a guest keeps for itself: values and states, each under a number, with the rules about those
// numbers that the engine must keep. One that is broken ends the process with a sentence.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <tuple>

namespace wallaroo::sim {

/// Ends the process when a rule of the C ABI is broken.
void require(bool kept, std::string_view rule);

/// Values on their way between stages. Numbers never come again, so that a value that is asked for
/// after it was freed is noticed.
class GuestValues {
 public:
  /// The number under which the engine carries `text`.
  uint64_t lend(std::string text);
  const std::string& look_at(uint64_t number) const;
  /// It came back, or nobody will ask for it again.
  void forget(uint64_t number);
  uint64_t count() const { return values_.size(); }

 private:
  std::map<uint64_t, std::string> values_;
  uint64_t lent_ = 0;
};

/// Where a state is: on which core, of which node, under which of the engine's numbers.
using GuestStateId = std::tuple<uint32_t, uint32_t, uint64_t>;

class GuestStates {
 public:
  /// As it comes with a record: with WL_NEW_STATE or without.
  std::string& of_record(uint32_t core, uint32_t node, uint64_t marked_number);
  void add(const GuestStateId& id, std::string state);
  std::string& look_at(const GuestStateId& id);
  void forget(const GuestStateId& id);
  uint64_t count() const { return states_.size(); }
  uint64_t made() const { return made_; }

 private:
  std::map<GuestStateId, std::string> states_;
  uint64_t made_ = 0;
};

}  // namespace wallaroo::sim
