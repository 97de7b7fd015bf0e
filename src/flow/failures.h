// What becomes of messages on which user code or a decoder fails, on one core: a line for humans
// about the first of them, and the end of the worker where the policy says so.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
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
  wire::SourcePosition position;  // of the record, or of the first one in its batch
  bool exact;                     // which of the two
  std::string origin;             // the connection or file, if its name is known here
  std::string_view timer;         // of a timer that failed; record is its key
};

class Failures {
 public:
  Failures(const plan::Plan& plan, io::Log& log) : plan_(plan), log_(log) {}

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

  const plan::Plan& plan_;
  io::Log& log_;
  std::optional<Error> fatal_;
};

}  // namespace wallaroo::flow
