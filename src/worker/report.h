// What a worker shows of itself: /status as JSON, /metrics in the Prometheus text format. Both read
// counters while the cores run.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "worker/worker.h"

namespace wallaroo::worker {

struct ReportContext {
  std::string worker_name;
  double uptime_seconds = 0;
  uint64_t resident_bytes = 0;
};

/// What a stage, source or sink of that name has counted, summed over the cores, by the names of
/// /status. A source is a stage too: its own counters come first. Empty for an unknown name.
std::vector<std::pair<std::string, uint64_t>> counters_of(const Worker& worker,
                                                          std::string_view name);

/// For a worker that has ended: a line for each stage that did not process everything.
std::vector<std::string> dropped_lines(const Worker& worker);

/// What the sinks have not got rid of, for people; empty when that is nothing. While the cores run.
std::string unsent(const Worker& worker);

std::string status_json(const Worker& worker, const ReportContext& context);
std::string metrics_text(const Worker& worker, const ReportContext& context);

}  // namespace wallaroo::worker
