// Errors of the engine as the C ABI tells them.
#pragma once

#include "base/result.h"
#include "guest/program.h"

/// The code for `error`; its message goes into `into`, which may be null.
inline int32_t wl_tell(const wallaroo::Error& error, wl_buffer* into) {
  if (into != nullptr) {
    into->bytes.clear();
    into->bytes << std::string_view(error.message);
  }
  switch (error.code) {
    case wallaroo::ErrorCode::bad_option:
      return WL_BAD_OPTION;
    case wallaroo::ErrorCode::bad_application:
    case wallaroo::ErrorCode::unresolved_host:
      return WL_BAD_APPLICATION;
    default:
      return WL_FAILED;
  }
}
