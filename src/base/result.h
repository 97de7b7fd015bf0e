// Result<T> inside the engine: the public alias plus TRY.
#pragma once

#include "wallaroo/error.h"

/// Returns the error of `expression` to the caller, or binds its value to `name`.
#define TRY(name, expression)                                                  \
  auto name##_result = (expression);                                           \
  if (!name##_result) return tl::unexpected(std::move(name##_result).error()); \
  auto&& name = *name##_result

/// The same for a Result<void>.
#define TRY_VOID(expression)                                \
  do {                                                      \
    if (auto try_result = (expression); !try_result)        \
      return tl::unexpected(std::move(try_result).error()); \
  } while (false)
