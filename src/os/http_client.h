// One GET of a short document, blocking: how the `wallaroo` program asks a worker.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "io/net.h"

namespace wallaroo::os {

struct HttpAnswer {
  int status = 0;
  std::string body;
};

/// `path` begins with '/'.
Result<HttpAnswer> http_get(const io::Address& address, std::string_view path,
                            int64_t timeout_ns = 5'000'000'000);

}  // namespace wallaroo::os
