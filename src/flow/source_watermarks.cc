#include "flow/source_watermarks.h"

#include <algorithm>

#include "base/assert.h"
#include "io/now.h"
#include "wire/batch.h"

namespace wallaroo::flow {

void SourceWatermarks::observe(uint64_t origin, int64_t newest_ns, int64_t lateness_ns,
                               int64_t now_ns) {
  ASSERT(lateness_ns >= 0, "a lateness is negative");
  auto found = std::find_if(origins_.begin(), origins_.end(),
                            [origin](const Origin& known) { return known.id == origin; });
  if (found == origins_.end()) {
    origins_.push_back({origin, INT64_MIN, now_ns});
    found = origins_.end() - 1;
  }
  // A time so old that it cannot be moved back by the lateness says nothing.
  if (newest_ns >= INT64_MIN + lateness_ns + 1) {
    const int64_t newest = std::min(newest_ns, wire::kFinalWatermark - 1);
    found->watermark_ns = std::max(found->watermark_ns, newest - lateness_ns);
  }
  found->heard_ns = now_ns;
}

void SourceWatermarks::pause(int64_t from_ns, int64_t to_ns) {
  for (Origin& origin : origins_) {
    if (from_ns - origin.heard_ns < idle_ns_) origin.heard_ns += to_ns - from_ns;
  }
}

void SourceWatermarks::close(uint64_t origin) {
  std::erase_if(origins_, [origin](const Origin& known) { return known.id == origin; });
}

int64_t SourceWatermarks::current(int64_t now_ns) {
  int64_t lowest = wire::kIdleWatermark;
  for (const Origin& origin : origins_) {
    if (now_ns - origin.heard_ns < idle_ns_) lowest = std::min(lowest, origin.watermark_ns);
  }
  if (lowest == wire::kIdleWatermark) return lowest;
  highest_ns_ = std::max(highest_ns_, lowest);
  return highest_ns_;
}

int64_t SourceWatermarks::deadline_ns(int64_t now_ns) const {
  int64_t earliest = io::kNever;
  for (const Origin& origin : origins_) {
    const int64_t idle_at = origin.heard_ns + idle_ns_;
    if (idle_at > now_ns) earliest = std::min(earliest, idle_at);
  }
  return earliest;
}

}  // namespace wallaroo::flow
