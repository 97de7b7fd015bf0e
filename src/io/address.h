// Where to listen or connect to.
#pragma once

#include <cstdint>
#include <string>

namespace wallaroo::io {

/// A numeric IPv4 or IPv6 address ("127.0.0.1", "::1"); names are resolved before the engine
/// starts.
struct Address {
  std::string host;
  uint16_t port = 0;   // 0 lets listen() choose
  bool tls = false;    // connections are encrypted
  std::string name{};  // with tls, of a peer: what its certificate must be for; empty: the host
};

/// "127.0.0.1:7000", "[::1]:7000", "tls://127.0.0.1:7000".
inline std::string to_text(const Address& address) {
  const bool v6 = address.host.find(':') != std::string::npos;
  const std::string host = v6 ? '[' + address.host + ']' : address.host;
  return (address.tls ? "tls://" : "") + host + ':' + std::to_string(address.port);
}

/// Reached from this machine only.
inline bool is_loopback(const Address& address) {
  return address.host.starts_with("127.") || address.host == "::1" ||
         address.host.starts_with("::ffff:127.");
}

}  // namespace wallaroo::io
