#include "flow/chain.h"

#include <exception>

#include "wallaroo/emit.h"

namespace wallaroo::flow {
namespace {

/// Only the first failures of a stage are written out; all are counted.
constexpr uint64_t kReportedMax = 5;

std::string current_exception_text() {
  try {
    throw;
  } catch (const std::exception& error) {
    return error.what();
  } catch (const TooManyOutputs&) {
    return "one message produced more than outputs_per_record_max outputs";
  } catch (...) {
    return "an exception that is not a std::exception";
  }
}

}  // namespace

void StageChain::user_error(std::string_view step) {
  counters_.user_errors.add(1);
  if (counters_.user_errors.get() > kReportedMax) return;
  log_.write(io::LogLevel::error,
             "'" + std::string(step) + "' failed on a message: " + current_exception_text() +
                 "; the message is dropped and counted (user_errors of stage '" + stage_ + "')");
}

void StageChain::undecodable(std::string_view why) {
  counters_.undecodable.add(1);
  if (counters_.undecodable.get() > kReportedMax) return;
  log_.write(io::LogLevel::warning, "a message of '" + std::string(why) +
                                        "' cannot be decoded; it is dropped and counted "
                                        "(undecodable of stage '" +
                                        stage_ + "')");
}

void StageChain::key_not_listed(uint64_t records) {
  const bool first = counters_.keys_not_listed.get() == 0;
  counters_.keys_not_listed.add(records);
  if (first) {
    log_.write(io::LogLevel::warning,
               "a message behind stage '" + stage_ +
                   "' has a key that key_by does not list; it is dropped and counted "
                   "(keys_not_listed)");
  }
}

}  // namespace wallaroo::flow
