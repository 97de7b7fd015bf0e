#pragma once
// The few socket calls of the yardsticks and of the load generator. A failure ends the program:
// there is nothing to measure then.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace wallaroo::bench {

/// Prints what failed, on what and why, and ends the program.
[[noreturn]] void die(const std::string& what);

class Socket {
 public:
  Socket() = default;
  explicit Socket(int fd) : fd_(fd) {}
  ~Socket();
  Socket(Socket&& other) noexcept : fd_(other.fd_) { other.fd_ = -1; }
  Socket& operator=(Socket&& other) noexcept;
  int fd() const { return fd_; }
  bool open() const { return fd_ >= 0; }

 private:
  int fd_ = -1;
};

/// Addresses are `127.0.0.1:PORT`; port 0 lets the kernel choose.
Socket listen_on(const std::string& address);
std::uint16_t port_of(const Socket& socket);
std::string loopback(std::uint16_t port);
/// A port nobody listens on at the moment.
std::uint16_t free_port();
/// Non-blocking, no delay. An invalid socket when nobody came within the time.
Socket accept_from(const Socket& listener, int timeout_ms);
/// Non-blocking, no delay. Tries again until somebody listens or the time is over.
Socket connect_to(const std::string& address, int timeout_ms);
/// Sends everything, waiting for room; false when the peer is gone.
bool send_all(const Socket& socket, std::string_view bytes);
/// Bytes received, 0 when there are none now, -1 when the peer is gone.
long receive(const Socket& socket, char* buffer, std::size_t bytes);

}  // namespace wallaroo::bench
