#include "yardstick/net.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <utility>

namespace wallaroo::bench {
namespace {

sockaddr_in parse(const std::string& address) {
  const std::size_t colon = address.rfind(':');
  sockaddr_in result{};
  result.sin_family = AF_INET;
  if (colon == std::string::npos ||
      inet_pton(AF_INET, address.substr(0, colon).c_str(), &result.sin_addr) != 1) {
    die("cannot read the address '" + address + "': write it as 127.0.0.1:PORT");
  }
  const int port = std::atoi(address.c_str() + colon + 1);
  result.sin_port = htons(static_cast<std::uint16_t>(port));
  return result;
}

sockaddr* generic(sockaddr_in* address) { return reinterpret_cast<sockaddr*>(address); }

Socket new_socket() {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) die(std::string("cannot make a socket: ") + std::strerror(errno));
  return Socket(fd);
}

Socket ready(Socket socket) {
  const int one = 1;
  setsockopt(socket.fd(), IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  fcntl(socket.fd(), F_SETFL, fcntl(socket.fd(), F_GETFL) | O_NONBLOCK);
  return socket;
}

}  // namespace

void die(const std::string& what) {
  std::fprintf(stderr, "bench: %s\n", what.c_str());
  std::exit(1);
}

Socket::~Socket() {
  if (fd_ >= 0) close(fd_);
}

Socket& Socket::operator=(Socket&& other) noexcept {
  std::swap(fd_, other.fd_);
  return *this;
}

Socket listen_on(const std::string& address) {
  sockaddr_in at = parse(address);
  Socket socket = new_socket();
  const int one = 1;
  setsockopt(socket.fd(), SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  if (bind(socket.fd(), generic(&at), sizeof at) != 0 || listen(socket.fd(), 128) != 0)
    die("cannot listen on " + address + ": " + std::strerror(errno));
  return socket;
}

std::uint16_t port_of(const Socket& socket) {
  sockaddr_in at{};
  socklen_t length = sizeof at;
  getsockname(socket.fd(), generic(&at), &length);
  return ntohs(at.sin_port);
}

std::string loopback(std::uint16_t port) { return "127.0.0.1:" + std::to_string(port); }

std::uint16_t free_port() { return port_of(listen_on(loopback(0))); }

Socket accept_from(const Socket& listener, int timeout_ms) {
  pollfd waiting{listener.fd(), POLLIN, 0};
  if (poll(&waiting, 1, timeout_ms) <= 0) return Socket();
  const int fd = accept4(listener.fd(), nullptr, nullptr, SOCK_CLOEXEC);
  return fd < 0 ? Socket() : ready(Socket(fd));
}

Socket connect_to(const std::string& address, int timeout_ms) {
  sockaddr_in at = parse(address);
  for (int waited_ms = 0; waited_ms <= timeout_ms; ++waited_ms) {
    Socket socket = new_socket();
    if (connect(socket.fd(), generic(&at), sizeof at) == 0) return ready(std::move(socket));
    usleep(1000);
  }
  return Socket();
}

bool send_all(const Socket& socket, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = send(socket.fd(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(sent));
      continue;
    }
    if (errno == EINTR) continue;
    if (errno != EAGAIN) return false;
    pollfd waiting{socket.fd(), POLLOUT, 0};
    poll(&waiting, 1, -1);
  }
  return true;
}

long receive(const Socket& socket, char* buffer, std::size_t bytes) {
  const ssize_t got = recv(socket.fd(), buffer, bytes, 0);
  if (got > 0) return got;
  return got < 0 && (errno == EAGAIN || errno == EINTR) ? 0 : -1;
}

}  // namespace wallaroo::bench
