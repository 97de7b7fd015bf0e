#include "os/net_errors.h"

#include <fmt/format.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <string>

namespace wallaroo::os {

bool out_of_resources(int error) {
  return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

tl::unexpected<Error> descriptors_error(std::string_view what, int error) {
  return fail(ErrorCode::out_of_descriptors,
              fmt::format("{}: {}; raise the limit of open files (ulimit -n) or use fewer "
                          "connections",
                          what, std::strerror(error)));
}

tl::unexpected<Error> listen_error(const io::Address& address, int error) {
  const std::string what = "cannot listen on " + to_text(address);
  switch (error) {
    case EADDRINUSE:
      return fail(ErrorCode::address_in_use,
                  fmt::format("{}: another program listens there; stop it, or choose another "
                              "port (0 picks a free one)",
                              what));
    case EADDRNOTAVAIL:
      return fail(ErrorCode::bad_option,
                  fmt::format("{}: this machine has no such address; use one of its own, "
                              "127.0.0.1, or 0.0.0.0 for all",
                              what));
    case EACCES:
    case EPERM:
      return fail(ErrorCode::bad_option,
                  fmt::format("{}: permission denied; ports below 1024 are reserved, choose a "
                              "higher one",
                              what));
    default:
      if (out_of_resources(error)) return descriptors_error(what, error);
      return fail(ErrorCode::io, fmt::format("{}: {}; check the address and the network set-up",
                                             what, std::strerror(error)));
  }
}

SocketAddress local_address(int fd) {
  SocketAddress own;
  own.length = sizeof own.storage;
  (void)getsockname(fd, reinterpret_cast<sockaddr*>(&own.storage), &own.length);
  return own;
}

}  // namespace wallaroo::os
