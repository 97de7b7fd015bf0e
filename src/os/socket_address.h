// io::Address to and from the kernel's sockaddr. Numeric only: nothing here asks a name server.
#pragma once

#include <sys/socket.h>

#include <string>

#include "base/result.h"
#include "io/net.h"

namespace wallaroo::os {

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t length = 0;

  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
  int family() const { return storage.ss_family; }
};

Result<SocketAddress> to_socket_address(const io::Address& address);
io::Address to_address(const SocketAddress& from);

}  // namespace wallaroo::os
