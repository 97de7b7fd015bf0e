#include "os/peer_liveness.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

namespace wallaroo::os {
namespace {

constexpr int kUnansweredMax = 3;

}  // namespace

bool has_peer_vanished(int fd, int64_t silence_ns) {
  tcp_info info{};
  socklen_t length = sizeof info;
  if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &length) != 0) return false;
  const bool unanswered =
      info.tcpi_retransmits >= kUnansweredMax || info.tcpi_probes >= kUnansweredMax;
  return unanswered && int64_t{info.tcpi_last_ack_recv} * 1'000'000 >= silence_ns;
}

}  // namespace wallaroo::os
