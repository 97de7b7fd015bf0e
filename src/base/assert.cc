#include "base/assert.h"

#include <cstdio>
#include <cstdlib>

namespace wallaroo::base {

void assertion_failed(const char* expression, const char* message, const char* file, int line) {
  std::fprintf(stderr,
               "wallaroo: broken invariant: %s (%s) at %s:%d; this is a bug, please report it\n",
               message, expression, file, line);
  std::abort();
}

}  // namespace wallaroo::base
