// ASSERT stays on in release builds: a broken invariant must stop the process, not corrupt state.
#pragma once

namespace wallaroo::base {

[[noreturn]] void assertion_failed(const char* expression, const char* message, const char* file,
                                   int line);

}  // namespace wallaroo::base

#define ASSERT(condition, message)    \
  (__builtin_expect(!!(condition), 1) \
       ? void()                       \
       : ::wallaroo::base::assertion_failed(#condition, message, __FILE__, __LINE__))
