// The outside of a worker: clients that send to its source, and a receiver that its sink connects
// to. Blocking sockets with limits of time; nothing here is shared with the engine.
#pragma once

#include <atomic>
#include <cstdint>
#include <list>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace wallaroo::e2e {

/// A message with its length in front, as framing::u32be wants it.
std::string frame(std::string_view payload);
/// Only the length.
std::string announce(uint32_t bytes);

class Client {
 public:
  explicit Client(uint16_t port);
  ~Client();
  Client(Client&& other) noexcept;
  Client& operator=(Client&&) = delete;

  bool connected() const { return connected_; }
  /// All of it, or false: the peer has gone, or took nothing for ten seconds.
  bool send(std::string_view bytes);
  /// As much as there is room for now.
  size_t send_some(std::string_view bytes);
  /// Whether everything sent lies in the receiver's kernel.
  bool delivered() const;
  void finish();  // no more will be sent
  void reset();   // closes with a reset
  void close();
  /// Whether the peer closes or resets the connection within `seconds`.
  bool ended_by_peer(double seconds);
  std::string read_to_end();

 private:
  int fd_ = -1;
  bool connected_ = false;
};

/// Takes any number of connections and keeps what each sent.
class Receiver {
 public:
  explicit Receiver(uint16_t port = 0, bool reads = true);
  ~Receiver();
  Receiver(const Receiver&) = delete;
  Receiver& operator=(const Receiver&) = delete;

  uint16_t port() const { return port_; }
  void read() { reads_ = true; }
  size_t connections() const;
  size_t bytes() const { return bytes_; }
  /// Sends `bytes` to everybody who is connected.
  void say(std::string_view bytes);
  /// What each connection sent so far, in the order of their arrival.
  std::vector<std::string> streams() const;
  /// Lines that arrived complete.
  size_t lines() const { return lines_; }
  bool wait_for_lines(size_t count, double seconds) const;
  /// Until every connection has been read to its end.
  bool wait_for_end(double seconds) const;

 private:
  struct Connection {
    int fd;
    bool open = true;
    std::string text{};
  };

  void run();
  void take(Connection& connection);

  int listener_ = -1;
  uint16_t port_ = 0;
  std::atomic<bool> reads_;
  std::atomic<bool> stop_{false};
  std::atomic<size_t> bytes_{0};
  std::atomic<size_t> lines_{0};
  mutable std::mutex mutex_;
  std::list<Connection> connections_;
  std::thread thread_;
};

/// A port that nobody listens on now.
uint16_t free_port();

}  // namespace wallaroo::e2e
