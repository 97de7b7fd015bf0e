// What becomes of messages on which user code or a decoder fails, on one core: a line for humans
// about the first of them, a dead letter, or the end of the worker, as the policy says.
//
// A dead letter is one line of JSON; docs/formats/dead-letters.md says what is in it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "flow/connector.h"
#include "io/log.h"
#include "plan/plan.h"
#include "wallaroo/step.h"
#include "wire/batch.h"

namespace wallaroo::flow {

/// One message that failed. All views are valid during the call.
struct Failure {
  uint32_t stage;  // whose chain it is
  const Site& site;
  std::string_view error;
  const Record& record;           // as it came into the stage
  Entry& entry;                   // through which it came
  wire::SourcePosition position;  // of the record, or of the first one in its batch
  bool exact;                     // which of the two
  std::string origin;             // the connection or file, if its name is known here
  std::string_view timer;         // of a timer that failed; record is its key
  int64_t wall_ns;                // now
  std::string_view trace{};       // where in the user's code, lines for the log
};

class Failures {
 public:
  Failures(const plan::Plan& plan, io::Log& log) : plan_(plan), log_(log) {}

  /// Where dead letters go; outlives this. Without it there is no policy that writes any.
  void write_letters_to(SinkConnector& letters, SinkCounters& counters) {
    letters_ = &letters;
    letter_counters_ = &counters;
  }
  /// No room for dead letters: chains must wait.
  bool full() const { return letters_ != nullptr && letters_->full(); }

  /// Does what the policy of its site says. `report`: also with a line in the log. False when the
  /// chain must take nothing further.
  bool handle(const Failure& failure, bool report);

  /// Why the worker has to stop, if it has to.
  const std::optional<Error>& fatal() const { return fatal_; }
  void stop(Error why) {
    if (!fatal_) fatal_ = std::move(why);
  }

 private:
  std::string where(const Failure& failure) const;
  std::string origin_of(const Failure& failure) const;
  std::string letter(const Failure& failure) const;

  const plan::Plan& plan_;
  io::Log& log_;
  SinkConnector* letters_ = nullptr;
  SinkCounters* letter_counters_ = nullptr;
  std::optional<Error> fatal_;
};

}  // namespace wallaroo::flow
