// Text to addresses, before the engine starts: this may ask a name server and block.
#pragma once

#include <string_view>

#include "base/result.h"
#include "io/net.h"

namespace wallaroo::os {

/// Splits "host:port", "[::1]:port" and ":port" (which means 127.0.0.1), each perhaps behind
/// "tls://", without resolving.
Result<io::Address> parse_host_port(std::string_view text);

/// The same, with the host turned into the first numeric address it has.
Result<io::Address> resolve(std::string_view text);

}  // namespace wallaroo::os
