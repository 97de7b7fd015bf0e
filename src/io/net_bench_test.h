// What the tests of io/net_contract.h stand on: two cores, an outside program, and patience.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "io/net.h"

namespace wallaroo::io {

/// Two cores, an outside program, and time. A connection takes 20 bytes before anyone reads them.
class NetBench {
 public:
  virtual ~NetBench() = default;
  virtual Net& core(size_t index) = 0;  // 0 or 1
  virtual Net& outside() = 0;
  virtual Address free_address() = 0;
  virtual Address dead_address() = 0;  // nobody listens there
  /// An outside program sends a datagram.
  virtual void send_datagram(const Address& to, std::string_view bytes) = 0;
  /// Lets a little time pass.
  virtual void wait() = 0;
  /// Until a new connection can be used at both ends.
  virtual void settle() {}
};

class NetContract : public testing::TestWithParam<std::function<std::unique_ptr<NetBench>()>> {
 protected:
  static constexpr int kPatience = 2000;  // waits

  NetContract() : bench_(GetParam()()) {}

  /// Waits for an event of `kind`; others are kept in seen_. Its connection is 0 if none came.
  NetEvent await(Net& net, NetEventKind kind) {
    for (int i = 0; i < kPatience; ++i) {
      if (NetEvent found; take(net, kind, found)) return found;
      NetEvent events[4];
      const size_t count = net.poll(events);
      seen_[&net].insert(seen_[&net].end(), events, events + count);
      if (count == 0) bench_->wait();
    }
    return {kind, ConnectionId(0), ListenerId(0)};
  }
  bool take(Net& net, NetEventKind kind, NetEvent& found) {
    auto& seen = seen_[&net];
    const auto it = std::ranges::find(seen, kind, &NetEvent::kind);
    if (it == seen.end()) return false;
    found = *it;
    seen.erase(it);
    return true;
  }
  /// Reads until `bytes` have come, waiting for an edge only after would_block.
  std::string read_bytes(Net& net, ConnectionId connection, size_t bytes) {
    std::string all;
    char buffer[997];
    while (all.size() < bytes) {
      const IoResult result = net.read(connection, buffer);
      if (result.status == IoStatus::ok) {
        all.append(buffer, result.bytes);
      } else if (result.status != IoStatus::would_block ||
                 await(net, NetEventKind::readable).connection.value == 0) {
        break;
      }
    }
    return all;
  }
  IoStatus status_after_edges(Net& net, ConnectionId connection) {
    char buffer[64];
    for (;;) {
      const IoResult result = net.read(connection, buffer);
      if (result.status == IoStatus::eof || result.status == IoStatus::broken) return result.status;
      if (result.status == IoStatus::would_block &&
          await(net, NetEventKind::readable).connection.value == 0) {
        return IoStatus::would_block;
      }
    }
  }
  static IoResult write(Net& net, ConnectionId connection, std::string_view bytes) {
    const std::span<const char> part(bytes.data(), bytes.size());
    return net.writev(connection, {&part, 1});
  }
  void write_all(Net& net, ConnectionId connection, std::string_view bytes) {
    while (!bytes.empty()) {
      const IoResult result = write(net, connection, bytes);
      if (result.status == IoStatus::would_block) {
        ASSERT_NE(await(net, NetEventKind::writable).connection.value, 0u);
      } else {
        ASSERT_EQ(result.status, IoStatus::ok);
        bytes.remove_prefix(result.bytes);
      }
    }
  }
  /// The next datagram, waiting for an edge only after would_block.
  Datagram read_datagram(Net& net, ConnectionId socket, std::span<char> into) {
    for (;;) {
      const Datagram result = net.read_datagram(socket, into);
      if (result.status != IoStatus::would_block ||
          await(net, NetEventKind::readable).connection.value == 0) {
        return result;
      }
    }
  }
  ConnectionId open_datagrams() {
    const auto socket = bench_->core(0).listen_datagrams(bench_->free_address(), 0);
    EXPECT_TRUE(socket.has_value());
    return *socket;
  }
  struct Pair {
    ConnectionId out;  // of outside()
    ConnectionId in;   // of core(0)
  };
  Pair connect_pair() {
    const auto listener = bench_->core(0).listen(bench_->free_address());
    EXPECT_TRUE(listener.has_value());
    const auto out = bench_->outside().connect(bench_->core(0).listen_address(*listener));
    EXPECT_TRUE(out.has_value());
    const ConnectionId in = await(bench_->core(0), NetEventKind::accepted).connection;
    EXPECT_EQ(await(bench_->outside(), NetEventKind::connected).connection, *out);
    bench_->settle();
    return {*out, in};
  }

  std::unique_ptr<NetBench> bench_;
  std::map<Net*, std::vector<NetEvent>> seen_;
};

}  // namespace wallaroo::io
