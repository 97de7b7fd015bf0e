// Sends text lines as datagrams, one message each: what `wallaroo send --udp` does.
#pragma once

#include "base/result.h"
#include "os/send.h"

namespace wallaroo::os {

/// Uses `to`, `files`, `repeat`, `messages_per_second` and `watch` of the options. Ends when all is
/// sent; whether it arrives nobody knows. An error when nobody receives there, as far as the system
/// tells, or when a line is too long for a datagram.
Result<TransferSummary> send_datagrams(const SendOptions& options);

}  // namespace wallaroo::os
