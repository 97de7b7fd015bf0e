#include "os/descriptor_limit.h"

#include <sys/resource.h>

namespace wallaroo::os {

void raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max) return;
  limit.rlim_cur = limit.rlim_max;
  // Refused, the limit stays as it was, and peers beyond it are told so.
  (void)setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace wallaroo::os
