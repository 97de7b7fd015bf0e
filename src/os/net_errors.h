// What is said when the operating system refuses a socket, and where a socket is.
#pragma once

#include <string_view>

#include "base/result.h"
#include "io/net.h"
#include "os/socket_address.h"

namespace wallaroo::os {

/// Whether the errno means that descriptors or memory have run out.
bool out_of_resources(int error);
tl::unexpected<Error> descriptors_error(std::string_view what, int error);
tl::unexpected<Error> listen_error(const io::Address& address, int error);

SocketAddress local_address(int fd);

}  // namespace wallaroo::os
