// Addresses on the command line.
#include "fuzz/targets.h"
#include "os/resolve.h"
#include "os/socket_address.h"

namespace wallaroo::fuzz {

void fuzz_address(const uint8_t* data, size_t bytes) {
  const std::string_view text(reinterpret_cast<const char*>(data), bytes);
  const auto parsed = os::parse_host_port(text);
  if (!parsed.has_value()) {
    ASSERT(parsed.error().message.find(text) != std::string::npos, "an error quotes the address");
    return;
  }
  ASSERT(!parsed->host.empty(), "a host has a name");
  // Only a port is given: the host is the loopback's.
  const bool port_only = text.starts_with(parsed->tls ? "tls://:" : ":");
  ASSERT(port_only || text.find(parsed->host) != std::string_view::npos,
         "a host is a part of the text");
  // With brackets where they are needed it is read as the same again.
  const bool colons = parsed->host.find(':') != std::string::npos;
  const bool brackets = colons || parsed->host.front() == '[';
  const std::string again =
      (brackets ? "[" + parsed->host + "]" : parsed->host) + ":" + std::to_string(parsed->port);
  const auto second = os::parse_host_port(again);
  ASSERT(second.has_value() && second->host == parsed->host && second->port == parsed->port,
         "what is written is read");
  (void)os::to_socket_address(*parsed);  // numeric or refused, without asking a name server
}

std::vector<std::string> address_seeds() {
  return {"127.0.0.1:7000", "[::1]:7000", "host.example:65535", ":0", "tls://:0", "[fe80::1%lo]:1"};
}

}  // namespace wallaroo::fuzz
