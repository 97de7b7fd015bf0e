// The part of EpollNet that receives datagrams.
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <limits>

#include "base/assert.h"
#include "os/epoll_net.h"
#include "os/net_errors.h"
#include "os/socket_address.h"

namespace wallaroo::os {
namespace {

/// How many datagrams the kernel says it dropped, if the message says so.
void read_lost(msghdr& message, uint64_t& lost) {
  for (cmsghdr* part = CMSG_FIRSTHDR(&message); part != nullptr;
       part = CMSG_NXTHDR(&message, part)) {
    if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SO_RXQ_OVFL) continue;
    uint32_t total = 0;  // wraps around
    std::memcpy(&total, CMSG_DATA(part), sizeof total);
    lost += static_cast<uint32_t>(total - static_cast<uint32_t>(lost));
  }
}

}  // namespace

Result<io::ConnectionId> EpollNet::listen_datagrams(const io::Address& address,
                                                    size_t buffer_bytes) {
  TRY(where, to_socket_address(address));
  Descriptor socket(::socket(where.family(), SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket) return listen_error(address, errno);
  const int on = 1;
  // Refused, losses are not counted and the kernel's own buffer is used.
  (void)setsockopt(socket.get(), SOL_SOCKET, SO_RXQ_OVFL, &on, sizeof on);
  if (buffer_bytes > 0) {
    const auto bytes =
        static_cast<int>(std::min<size_t>(buffer_bytes, std::numeric_limits<int>::max()));
    (void)setsockopt(socket.get(), SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
  }
  if (::bind(socket.get(), where.get(), where.length) != 0) return listen_error(address, errno);
  const uint64_t id = take_slot(std::move(socket), Kind::datagrams);
  if (!watch(id)) {
    const int error = errno;
    release(id);
    return listen_error(address, error);
  }
  return io::ConnectionId(id);
}

io::Address EpollNet::datagram_address(io::ConnectionId socket) const {
  const auto index = static_cast<uint32_t>(socket.value);
  ASSERT(index < slots_.size() && slots_[index].kind == Kind::datagrams,
         "datagram_address of an unknown socket");
  return to_address(local_address(slots_[index].fd));
}

io::Datagram EpollNet::read_datagram(io::ConnectionId socket, std::span<char> into) {
  ASSERT(!into.empty(), "read into no room");
  Slot* slot = find(socket.value);
  if (slot == nullptr) return {.status = io::IoStatus::broken};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(uint32_t))];
  iovec part{into.data(), into.size()};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  ssize_t count = 0;
  do {
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    count = ::recvmsg(slot->fd, &message, 0);
  } while (count < 0 && errno == EINTR);
  if (count < 0) {
    slot->readable_told = false;
    return {.lost = slot->datagrams_lost,
            .status = errno == EAGAIN ? io::IoStatus::would_block : io::IoStatus::broken};
  }
  read_lost(message, slot->datagrams_lost);
  return {.bytes = static_cast<size_t>(count),
          .truncated = (message.msg_flags & MSG_TRUNC) != 0,
          .lost = slot->datagrams_lost};
}

}  // namespace wallaroo::os
