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

bool StageChain::user_error(const Site& site, uint32_t record) {
  counters_.user_errors.add(1);
  return fail(site, current_exception_text(), record, counters_.user_errors.get() <= kReportedMax);
}

bool StageChain::undecodable(const Site& site, uint32_t record, std::string_view why) {
  counters_.undecodable.add(1);
  const std::string error =
      "it cannot be decoded" + (why.empty() ? std::string() : ": " + std::string(why));
  return fail(site, error, record, counters_.undecodable.get() <= kReportedMax);
}

bool StageChain::fail(const Site& site, std::string_view error, uint32_t record, bool report) {
  if (site.on_error == OnError::dead_letter) counters_.dead_letters.add(1);
  const bool go_on = failures_.handle(owner_.failure(site, error, record), report);
  refresh();
  if (go_on) return true;
  if (!stopped_) ++ports_blocked;
  stopped_ = true;
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
