#include "os/resolve.h"

#include <fmt/format.h>
#include <netdb.h>
#include <sys/socket.h>

#include <charconv>
#include <cstring>

#include "os/socket_address.h"

namespace wallaroo::os {
namespace {

constexpr std::string_view kForms =
    "write it like 127.0.0.1:7000, [::1]:7000, host:7000 or :7000, with tls:// in front for TLS";
constexpr std::string_view kTls = "tls://";

tl::unexpected<Error> bad_address(std::string_view text, std::string_view why) {
  return fail(ErrorCode::bad_option, fmt::format("bad address '{}': {}; {}", text, why, kForms));
}

}  // namespace

Result<io::Address> parse_host_port(std::string_view text) {
  const bool tls = text.starts_with(kTls);
  const std::string_view place = tls ? text.substr(kTls.size()) : text;
  const size_t colon = place.rfind(':');
  if (place.find("://") != std::string_view::npos)
    return bad_address(text, "the only prefix is tls://");
  if (colon == std::string_view::npos) return bad_address(text, "it has no port");
  std::string_view host = place.substr(0, colon);
  const std::string_view port_text = place.substr(colon + 1);
  if (!host.empty() && host.front() == '[') {
    if (host.size() < 3 || host.back() != ']') return bad_address(text, "'[' without '...]'");
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != std::string_view::npos) {
    return bad_address(text, "an IPv6 address stands in brackets");
  }
  uint16_t port = 0;
  const char* end = port_text.data() + port_text.size();
  const auto [stop, error] = std::from_chars(port_text.data(), end, port);
  if (error != std::errc{} || stop != end)
    return bad_address(text, fmt::format("'{}' is not a port from 0 to 65535", port_text));
  io::Address address{host.empty() ? "127.0.0.1" : std::string(host), port, tls};
  if (tls) address.name = address.host;
  return address;
}

Result<io::Address> resolve(std::string_view text) {
  TRY(address, parse_host_port(text));
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int status = getaddrinfo(address.host.c_str(), nullptr, &hints, &found);
  if (status != 0) {
    return fail(ErrorCode::unresolved_host,
                fmt::format("cannot find host '{}' of '{}': {}; check the name, or give a numeric "
                            "address",
                            address.host, text, gai_strerror(status)));
  }
  SocketAddress first;
  std::memcpy(&first.storage, found->ai_addr, found->ai_addrlen);
  first.length = found->ai_addrlen;
  freeaddrinfo(found);
  address.host = to_address(first).host;
  return address;
}

}  // namespace wallaroo::os
