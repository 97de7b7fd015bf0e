#include "os/socket_address.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netdb.h>
#include <netinet/in.h>

#include <array>
#include <cstring>

namespace wallaroo::os {

Result<SocketAddress> to_socket_address(const io::Address& address) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const int status =
      getaddrinfo(address.host.c_str(), std::to_string(address.port).c_str(), &hints, &found);
  if (status != 0) {
    return fail(ErrorCode::bad_option,
                fmt::format("'{}' is not a numeric IPv4 or IPv6 address ({}); write it like "
                            "127.0.0.1 or ::1",
                            address.host, gai_strerror(status)));
  }
  SocketAddress result;
  std::memcpy(&result.storage, found->ai_addr, found->ai_addrlen);
  result.length = found->ai_addrlen;
  freeaddrinfo(found);
  return result;
}

io::Address to_address(const SocketAddress& from) {
  std::array<char, NI_MAXHOST> host{};
  if (getnameinfo(from.get(), from.length, host.data(), host.size(), nullptr, 0, NI_NUMERICHOST) !=
      0) {
    return {};
  }
  uint16_t port = 0;
  if (from.family() == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, &from.storage, sizeof v4);
    port = ntohs(v4.sin_port);
  } else {
    sockaddr_in6 v6{};
    std::memcpy(&v6, &from.storage, sizeof v6);
    port = ntohs(v6.sin6_port);
  }
  return {host.data(), port};
}

}  // namespace wallaroo::os
