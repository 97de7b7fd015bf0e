#include "sockets.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <linux/sockios.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <utility>

#include "worker_process.h"

namespace wallaroo::e2e {
namespace {

constexpr time_t kPatienceSeconds = 10;
constexpr size_t kReadBytes = 256 * 1024;

sockaddr_in loopback(uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

const sockaddr* as_sockaddr(const sockaddr_in& address) {
  return reinterpret_cast<const sockaddr*>(&address);
}

uint16_t bound_port(int fd) {
  sockaddr_in address{};
  socklen_t length = sizeof address;
  EXPECT_EQ(::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length), 0);
  return ntohs(address.sin_port);
}

int bind_to(uint16_t port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int yes = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  const sockaddr_in address = loopback(port);
  EXPECT_EQ(::bind(fd, as_sockaddr(address), sizeof address), 0) << "port " << port;
  return fd;
}

}  // namespace

std::string announce(uint32_t bytes) {
  const uint32_t big_endian = htonl(bytes);
  return {reinterpret_cast<const char*>(&big_endian), sizeof big_endian};
}

std::string frame(std::string_view payload) {
  return announce(static_cast<uint32_t>(payload.size())).append(payload);
}

uint16_t free_port() {
  const int fd = bind_to(0);
  const uint16_t port = bound_port(fd);
  ::close(fd);
  return port;
}

Client::Client(uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  const timeval patience{.tv_sec = kPatienceSeconds, .tv_usec = 0};
  ::setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  const int yes = 1;
  ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  const sockaddr_in address = loopback(port);
  connected_ = ::connect(fd_, as_sockaddr(address), sizeof address) == 0;
}

Client::~Client() { close(); }

Client::Client(Client&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)), connected_(other.connected_) {}

bool Client::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<size_t>(sent));
  }
  return true;
}

size_t Client::send_some(std::string_view bytes) {
  const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  return sent > 0 ? static_cast<size_t>(sent) : 0;
}

bool Client::delivered() const {
  int unacknowledged = 0;
  return ::ioctl(fd_, SIOCOUTQ, &unacknowledged) == 0 && unacknowledged == 0;
}

void Client::finish() { ::shutdown(fd_, SHUT_WR); }

void Client::reset() {
  const linger at_once{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  close();
}

void Client::close() {
  if (fd_ >= 0) ::close(std::exchange(fd_, -1));
}

bool Client::ended_by_peer(double seconds) {
  pollfd ready{.fd = fd_, .events = POLLIN, .revents = 0};
  if (::poll(&ready, 1, static_cast<int>(seconds * 1000)) != 1) return false;
  char byte = 0;
  return ::recv(fd_, &byte, 1, MSG_DONTWAIT) <= 0;
}

std::string Client::read_to_end() {
  std::string all;
  std::array<char, 4096> part{};
  ssize_t count = 0;
  while ((count = ::recv(fd_, part.data(), part.size(), 0)) > 0)
    all.append(part.data(), static_cast<size_t>(count));
  return all;
}

Receiver::Receiver(uint16_t port, bool reads) : listener_(bind_to(port)), reads_(reads) {
  EXPECT_EQ(::listen(listener_, 64), 0);
  port_ = bound_port(listener_);
  thread_ = std::thread([this] { run(); });
}

Receiver::~Receiver() {
  stop_ = true;
  thread_.join();
  ::close(listener_);
  for (const Connection& connection : connections_) ::close(connection.fd);
}

size_t Receiver::connections() const {
  const std::lock_guard lock(mutex_);
  return connections_.size();
}

void Receiver::say(std::string_view bytes) {
  const std::lock_guard lock(mutex_);
  for (const Connection& connection : connections_)
    EXPECT_GT(::send(connection.fd, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT), 0);
}

std::vector<std::string> Receiver::streams() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> streams;
  for (const Connection& connection : connections_) streams.push_back(connection.text);
  return streams;
}

bool Receiver::wait_for_lines(size_t count, double seconds) const {
  return eventually(seconds, [&] { return lines() >= count; });
}

bool Receiver::wait_for_end(double seconds) const {
  return eventually(seconds, [&] {
    const std::lock_guard lock(mutex_);
    return std::none_of(connections_.begin(), connections_.end(),
                        [](const Connection& connection) { return connection.open; });
  });
}

void Receiver::run() {
  while (!stop_) {
    std::vector<pollfd> watched = {{listener_, POLLIN, 0}};
    std::vector<Connection*> of = {nullptr};
    if (reads_) {
      for (Connection& connection : connections_) {
        if (!connection.open) continue;
        watched.push_back({connection.fd, POLLIN, 0});
        of.push_back(&connection);
      }
    }
    if (::poll(watched.data(), watched.size(), 5) <= 0) continue;
    for (size_t i = 1; i < watched.size(); ++i) {
      if (watched[i].revents != 0) take(*of[i]);
    }
    if (watched[0].revents == 0) continue;
    const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    const std::lock_guard lock(mutex_);
    if (fd >= 0) connections_.push_back({fd});
  }
}

void Receiver::take(Connection& connection) {
  std::string part(kReadBytes, '\0');
  const ssize_t count = ::recv(connection.fd, part.data(), part.size(), MSG_DONTWAIT);
  const std::lock_guard lock(mutex_);
  if (count <= 0) {
    connection.open = false;
    return;
  }
  part.resize(static_cast<size_t>(count));
  connection.text += part;
  bytes_ += part.size();
  lines_ += static_cast<size_t>(std::count(part.begin(), part.end(), '\n'));
}

}  // namespace wallaroo::e2e
