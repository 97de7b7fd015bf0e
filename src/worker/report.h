// What a worker shows of itself: /status as JSON, /metrics in the Prometheus text format. Both read
// counters while the cores run.
#pragma once

#include <string>

#include "worker/worker.h"

namespace wallaroo::worker {

struct ReportContext {
  std::string worker_name;
  double uptime_seconds = 0;
  uint64_t resident_bytes = 0;
};

std::string status_json(const Worker& worker, const ReportContext& context);
std::string metrics_text(const Worker& worker, const ReportContext& context);

}  // namespace wallaroo::worker
