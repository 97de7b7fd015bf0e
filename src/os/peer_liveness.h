// Whether the machine at the other end of a connection still answers.
//
// TCP_USER_TIMEOUT would do it in the kernel, but it also resets a living peer that merely keeps
// its window closed for that long, which is ordinary back-pressure. Keep-alive covers connections
// with nothing under way; this covers those with something unanswered.
#pragma once

#include <cstdint>

namespace wallaroo::os {

/// True when the peer has left several retransmissions or probes unanswered, and nothing has been
/// heard of it for `silence_ns`.
bool has_peer_vanished(int fd, int64_t silence_ns);

}  // namespace wallaroo::os
