#include "flow/chain.h"

#include <exception>

#include "base/mutant.h"
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

bool StageChain::is_silent(const Site& site, uint64_t failures) {
  return site.on_error == OnError::drop && failures > kReportedMax;
}

bool StageChain::user_error(const Site& site, uint32_t record) {
  counters_.user_errors.add(1);
  const uint64_t failures = counters_.user_errors.get();
  return is_silent(site, failures) || handle(site, current_exception_text(), record, failures);
}

bool StageChain::failed(const Site& site, uint32_t record, std::string_view error,
                        std::string_view trace) {
  counters_.user_errors.add(1);
  const uint64_t failures = counters_.user_errors.get();
  return is_silent(site, failures) || handle(site, error, record, failures, trace);
}

bool StageChain::reports_failures() const { return counters_.user_errors.get() < kReportedMax; }

bool StageChain::undecodable(const Site& site, uint32_t record, std::string_view why) {
  counters_.undecodable.add(1);
  const uint64_t failures = counters_.undecodable.get();
  if (is_silent(site, failures)) return true;
  std::string error = "it cannot be decoded";
  if (!why.empty()) error.append(": ").append(why);
  return handle(site, error, record, failures);
}

bool StageChain::handle(const Site& site, std::string_view error, uint32_t record,
                        uint64_t failures, std::string_view trace) {
  if (site.on_error == OnError::dead_letter) counters_.dead_letters.add(1);
  const bool report = failures <= kReportedMax;
  Failure failure = owner_.failure(site, error, record);
  failure.trace = trace;
  const bool go_on = failures_.handle(failure, report);
  refresh();
  if (go_on) return true;
  if (!stopped) ++ports_blocked;  // and stays above 0
  stopped = !MUTANT(stop_lets_batch_go_on);
  return false;
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
