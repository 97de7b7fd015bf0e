// A scripted network for the tests of the TCP connectors: each read and write does what the test
// said, and nothing moves by itself.
#pragma once

#include <algorithm>
#include <deque>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/assert.h"
#include "connect/fake_disk.h"
#include "flow/connector.h"

namespace wallaroo::connect {

class FakeNet final : public io::Net {
 public:
  struct Peer {
    std::deque<std::string> arrives{};              // each read gives at most one of them
    io::IoStatus then = io::IoStatus::would_block;  // what a read says when they are used up
    size_t room = SIZE_MAX;                         // what writes may still take
    bool broken = false;                            // what a write says
    std::string written{};
    size_t reads = 0;
    bool finished = false;
    bool closed = false;
    bool aborted = false;
    std::string host = "::1";
  };

  Peer& peer(uint64_t id) { return peers_[id]; }
  uint64_t accepted() { return ++last_; }

  Result<io::ListenerId> listen(const io::Address& address) override {
    if (refuse_listen) return fail(ErrorCode::address_in_use, "somebody listens there");
    listens_at = address;
    return io::ListenerId(7);
  }
  io::Address listen_address(io::ListenerId) const override { return {listens_at.host, 1234}; }
  void close_listener(io::ListenerId) override { listener_closed = true; }
  void end_listener(io::ListenerId) override { listener_ending = true; }
  Result<io::ConnectionId> connect(const io::Address&) override {
    ++connects;
    if (refuse_connect) return fail(ErrorCode::out_of_descriptors, "no descriptor is left");
    return io::ConnectionId(++last_);
  }
  Result<io::ConnectionId> listen_datagrams(const io::Address& address, size_t bytes) override {
    if (refuse_listen) return fail(ErrorCode::address_in_use, "somebody listens there");
    listens_at = address;
    datagram_buffer_bytes = bytes;
    return io::ConnectionId(++last_);
  }
  io::Address datagram_address(io::ConnectionId) const override { return {listens_at.host, 1234}; }
  io::Datagram read_datagram(io::ConnectionId socket, std::span<char> into) override {
    Peer& peer = peers_[socket.value];
    ++peer.reads;
    if (peer.arrives.empty()) return {.lost = datagrams_lost, .status = peer.then};
    const std::string next = std::move(peer.arrives.front());
    peer.arrives.pop_front();
    const size_t bytes = std::min(next.size(), into.size());
    std::copy_n(next.begin(), bytes, into.begin());
    return {.bytes = bytes, .truncated = bytes < next.size(), .lost = datagrams_lost};
  }
  size_t poll(std::span<io::NetEvent>) override { return 0; }

  io::IoResult read(io::ConnectionId connection, std::span<char> into) override {
    ASSERT(!into.empty(), "read into no room");
    Peer& peer = peers_[connection.value];
    ++peer.reads;
    if (peer.arrives.empty()) return {0, peer.then};
    std::string& next = peer.arrives.front();
    const size_t bytes = std::min(next.size(), into.size());
    std::copy_n(next.begin(), bytes, into.begin());
    next.erase(0, bytes);
    if (next.empty()) peer.arrives.pop_front();
    // A pause: the next read blocks once.
    if (bytes == 0) return {0, io::IoStatus::would_block};
    return {bytes, io::IoStatus::ok};
  }

  io::IoResult writev(io::ConnectionId connection,
                      std::span<const std::span<const char>> parts) override {
    Peer& peer = peers_[connection.value];
    if (peer.broken) return {0, io::IoStatus::broken};
    if (peer.room == 0) return {0, io::IoStatus::would_block};
    size_t bytes = 0;
    for (const auto part : parts) {
      const size_t some = std::min(part.size(), peer.room);
      peer.written.append(part.data(), some);
      peer.room -= some;
      bytes += some;
    }
    return {bytes, io::IoStatus::ok};
  }
  void shutdown_write(io::ConnectionId connection) override {
    peers_[connection.value].finished = true;
  }
  io::Address peer_address(io::ConnectionId connection) const override {
    const auto peer = peers_.find(connection.value);
    const auto port = static_cast<uint16_t>(4000 + connection.value);
    return {peer == peers_.end() ? "::1" : peer->second.host, port};
  }
  void close(io::ConnectionId connection) override { peers_[connection.value].closed = true; }
  void abort(io::ConnectionId connection) override {
    peers_[connection.value].closed = peers_[connection.value].aborted = true;
  }
  io::DetachedConnection detach(io::ConnectionId connection) override { return {connection.value}; }
  io::ConnectionId adopt(io::DetachedConnection connection) override {
    return io::ConnectionId(connection.value);
  }

  io::Address listens_at;
  size_t datagram_buffer_bytes = 0;
  uint64_t datagrams_lost = 0;
  bool listener_closed = false;
  bool listener_ending = false;
  bool refuse_listen = false;
  bool refuse_connect = false;
  int connects = 0;

 private:
  uint64_t last_ = 0;
  std::map<uint64_t, Peer> peers_;
};

class FakeServices final : public flow::CoreServices, private io::Log {
 public:
  explicit FakeServices(uint32_t cores = 1, uint32_t core = 0) : cores_(cores), core_(core) {}

  io::Net& net() override { return fake; }
  io::Disk& disk() override { return fake_disk; }
  io::Log& log() override { return *this; }
  uint32_t core() const override { return core_; }
  uint32_t cores() const override { return cores_; }
  void watch(io::ConnectionId connection, flow::NetHandler& handler) override {
    watched[connection.value] = &handler;
  }
  void watch(io::ListenerId, flow::NetHandler&) override {}
  void watch(io::FileId, flow::DiskHandler& handler) override { file_handler = &handler; }
  void fail(Error why) override { failed = std::move(why.message); }
  void forget(io::ConnectionId connection) override { watched.erase(connection.value); }
  void send_connection(uint32_t to_core, uint32_t, io::DetachedConnection connection) override {
    sent.emplace_back(to_core, connection.value);
  }
  void send_no_more_connections(uint32_t to_core, uint32_t) override {
    sent.emplace_back(to_core, kNoMore);
  }

  /// Tells who watches the connection. False when nobody does.
  bool tell(io::NetEventKind kind, uint64_t connection, int64_t now_ns = 0) {
    const auto found = watched.find(connection);
    if (found == watched.end()) return false;
    found->second->on_net({kind, io::ConnectionId(connection), {}}, {now_ns, now_ns});
    return true;
  }
  size_t logged(std::string_view part) const {
    return static_cast<size_t>(std::count_if(lines.begin(), lines.end(), [part](const auto& line) {
      return line.find(part) != std::string::npos;
    }));
  }

  static constexpr uint64_t kNoMore = UINT64_MAX;

  /// Lets the disk do what was submitted; returns how much that was.
  size_t work_disk(int64_t now_ns = 0) {
    const auto done = fake_disk.work();
    for (const io::DiskCompletion& each : done) file_handler->on_disk(each, {now_ns, now_ns});
    return done.size();
  }

  FakeNet fake;
  FakeDisk fake_disk;
  flow::DiskHandler* file_handler = nullptr;  // there is one at most
  std::string failed;                         // why the worker has to stop
  std::map<uint64_t, flow::NetHandler*> watched;
  std::vector<std::pair<uint32_t, uint64_t>> sent;  // to a core: a connection, or kNoMore
  std::vector<std::string> lines;

 private:
  void write(io::LogLevel, std::string_view line) override { lines.emplace_back(line); }

  const uint32_t cores_;
  const uint32_t core_;
};

}  // namespace wallaroo::connect
