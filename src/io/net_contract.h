// The promises of io/net.h as tests. Every implementation runs them: include this header in one
// test file and instantiate NetContract with a function that makes the implementation's NetBench.
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
  /// Lets a little time pass.
  virtual void wait() = 0;
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
    return {*out, in};
  }

  std::unique_ptr<NetBench> bench_;
  std::map<Net*, std::vector<NetEvent>> seen_;
};

TEST_P(NetContract, BytesArriveInOrderBothWays) {
  const Pair pair = connect_pair();
  write_all(bench_->outside(), pair.out, "hello, core");
  EXPECT_EQ(read_bytes(bench_->core(0), pair.in, 11), "hello, core");
  write_all(bench_->core(0), pair.in, "hello, world");
  EXPECT_EQ(read_bytes(bench_->outside(), pair.out, 12), "hello, world");
}

TEST_P(NetContract, GatheredPartsArriveAsOneRun) {
  const Pair pair = connect_pair();
  const std::string parts[] = {"ab", "", "cdef"};
  const std::span<const char> spans[] = {parts[0], parts[1], parts[2]};
  const IoResult result = bench_->core(0).writev(pair.in, spans);
  ASSERT_EQ(result.status, IoStatus::ok);
  write_all(bench_->core(0), pair.in, std::string("abcdef").substr(result.bytes));
  EXPECT_EQ(read_bytes(bench_->outside(), pair.out, 6), "abcdef");
}

TEST_P(NetContract, AReaderThatIsSlowBlocksTheWriterUntilItReads) {
  const Pair pair = connect_pair();
  const std::string block(64 * 1024, 'x');
  size_t sent = 0;
  for (;;) {
    const IoResult result = write(bench_->outside(), pair.out, block);
    if (result.status == IoStatus::would_block) break;
    ASSERT_EQ(result.status, IoStatus::ok);
    sent += result.bytes;
    ASSERT_LT(sent, size_t{1} << 30) << "the buffer has no bound";
  }
  EXPECT_EQ(read_bytes(bench_->core(0), pair.in, sent).size(), sent);
  EXPECT_EQ(await(bench_->outside(), NetEventKind::writable).connection, pair.out);
  EXPECT_EQ(write(bench_->outside(), pair.out, "y").status, IoStatus::ok);
}

TEST_P(NetContract, AnEndedConversationReadsAsEofAfterItsBytes) {
  const Pair pair = connect_pair();
  write_all(bench_->outside(), pair.out, "last words");
  bench_->outside().shutdown_write(pair.out);
  EXPECT_EQ(read_bytes(bench_->core(0), pair.in, 10), "last words");
  EXPECT_EQ(status_after_edges(bench_->core(0), pair.in), IoStatus::eof);
  write_all(bench_->core(0), pair.in, "still open this way");
  EXPECT_EQ(read_bytes(bench_->outside(), pair.out, 19), "still open this way");
}

TEST_P(NetContract, ClosingWithUnreadBytesBreaksTheOtherEnd) {
  const Pair pair = connect_pair();
  write_all(bench_->outside(), pair.out, "never read");
  ASSERT_EQ(await(bench_->core(0), NetEventKind::readable).connection, pair.in);
  bench_->core(0).close(pair.in);
  EXPECT_EQ(await(bench_->outside(), NetEventKind::closed).connection, pair.out);
  EXPECT_EQ(write(bench_->outside(), pair.out, "x").status, IoStatus::broken);
}

TEST_P(NetContract, AConnectThatNobodyTakesEndsInClosed) {
  const auto connection = bench_->outside().connect(bench_->dead_address());
  ASSERT_TRUE(connection.has_value());
  EXPECT_EQ(await(bench_->outside(), NetEventKind::closed).connection, *connection);
}

TEST_P(NetContract, AListenerThatEndsAcceptsWhoWaits) {
  Net& core = bench_->core(0);
  const auto listener = core.listen(bench_->free_address());
  ASSERT_TRUE(listener.has_value());
  const Address address = core.listen_address(*listener);
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(bench_->outside().connect(address).has_value());
    ASSERT_NE(await(bench_->outside(), NetEventKind::connected).connection.value, 0u);
  }
  core.end_listener(*listener);
  EXPECT_EQ(await(core, NetEventKind::listener_ended).listener, *listener);
  for (int i = 0; i < 3; ++i) {
    NetEvent accepted;
    EXPECT_TRUE(take(core, NetEventKind::accepted, accepted)) << "told before the end";
  }
  const auto late = bench_->outside().connect(address);
  ASSERT_TRUE(late.has_value());
  EXPECT_EQ(await(bench_->outside(), NetEventKind::closed).connection, *late);
  EXPECT_TRUE(bench_->core(1).listen(address).has_value()) << "the address is free again";
}

TEST_P(NetContract, AnAddressInUseIsAnError) {
  const auto first = bench_->core(0).listen(bench_->free_address());
  ASSERT_TRUE(first.has_value());
  const auto second = bench_->core(1).listen(bench_->core(0).listen_address(*first));
  ASSERT_FALSE(second.has_value());
  EXPECT_EQ(second.error().code, ErrorCode::address_in_use);
}

TEST_P(NetContract, AnAdoptedConnectionTellsOfBytesThatCameBefore) {
  const Pair pair = connect_pair();
  write_all(bench_->outside(), pair.out, "moved");
  ASSERT_EQ(await(bench_->core(0), NetEventKind::readable).connection, pair.in);
  const ConnectionId there = bench_->core(1).adopt(bench_->core(0).detach(pair.in));
  EXPECT_EQ(await(bench_->core(1), NetEventKind::readable).connection, there);
  EXPECT_EQ(read_bytes(bench_->core(1), there, 5), "moved");
  write_all(bench_->core(1), there, "back");
  EXPECT_EQ(read_bytes(bench_->outside(), pair.out, 4), "back");
}

TEST_P(NetContract, ClosingWhatIsUnknownOrClosedDoesNothing) {
  const Pair pair = connect_pair();
  bench_->core(0).close(ConnectionId(0));
  bench_->core(0).close(ConnectionId(123'456));
  for (int twice = 0; twice < 2; ++twice) bench_->core(0).close(pair.in);
  EXPECT_EQ(status_after_edges(bench_->outside(), pair.out), IoStatus::eof);
}

}  // namespace wallaroo::io
