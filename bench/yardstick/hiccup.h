#pragma once
// What the machine itself does to a thread that only watches the clock: how long a message that
// arrives at any moment would wait for the thread to look again.
#include <vector>

namespace wallaroo::bench {

struct Hiccup {
  double p99_us = 0;
  double p999_us = 0;
  double max_us = 0;
};

/// One busy thread on each of the cores named; the worst of them.
Hiccup measure_hiccup(const std::vector<int>& cores, double seconds);

}  // namespace wallaroo::bench
