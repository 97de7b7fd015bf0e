// Watermarks of one source on one core: the minimum over its connections, leaving out silent ones.
#pragma once

#include <cstdint>
#include <vector>

namespace wallaroo::flow {

class SourceWatermarks {
 public:
  explicit SourceWatermarks(int64_t idle_ns) : idle_ns_(idle_ns) {}

  /// `origin` has shown events up to `newest_ns`, and later ones may be `lateness_ns` older.
  void observe(uint64_t origin, int64_t newest_ns, int64_t lateness_ns, int64_t now_ns);
  /// Between these times nothing could be taken, so that nobody was silent by choice.
  void pause(int64_t from_ns, int64_t to_ns);
  void close(uint64_t origin);

  /// The watermark now; kIdleWatermark when no origin has a say. Never goes back.
  int64_t current(int64_t now_ns);
  /// When the next connection that is heard now becomes idle.
  int64_t deadline_ns(int64_t now_ns) const;

 private:
  struct Origin {
    uint64_t id;
    int64_t watermark_ns;
    int64_t heard_ns;
  };
  const int64_t idle_ns_;
  std::vector<Origin> origins_;
  int64_t highest_ns_ = INT64_MIN;
};

}  // namespace wallaroo::flow
