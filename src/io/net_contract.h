// The promises of io/net.h as tests. Every implementation runs them: include this header in one
// test file and instantiate NetContract with a function that makes the implementation's NetBench.
#pragma once

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "io/net_bench_test.h"

namespace wallaroo::io {

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

TEST_P(NetContract, AnAbortBreaksTheOtherEndAlthoughAllWasRead) {
  const Pair pair = connect_pair();
  write_all(bench_->outside(), pair.out, "read and refused");
  EXPECT_EQ(read_bytes(bench_->core(0), pair.in, 16), "read and refused");
  bench_->core(0).abort(pair.in);
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

TEST_P(NetContract, DatagramsArriveEachByItself) {
  Net& core = bench_->core(0);
  const ConnectionId socket = open_datagrams();
  const Address address = core.datagram_address(socket);
  const std::vector<std::string> sent = {"one", "", "three"};
  std::vector<std::string> read;
  for (const std::string& bytes : sent) {
    bench_->send_datagram(address, bytes);
    char buffer[16];
    const Datagram datagram = read_datagram(core, socket, buffer);
    ASSERT_EQ(datagram.status, IoStatus::ok);
    EXPECT_FALSE(datagram.truncated);
    EXPECT_EQ(datagram.lost, 0u);
    read.emplace_back(buffer, datagram.bytes);
  }
  EXPECT_EQ(read, sent);
}

TEST_P(NetContract, SeveralDatagramsWaitForOneEdge) {
  Net& core = bench_->core(0);
  const ConnectionId socket = open_datagrams();
  for (const char* bytes : {"a", "b", "c"}) {
    bench_->send_datagram(core.datagram_address(socket), bytes);
  }
  std::multiset<std::string> read;
  char buffer[16];
  for (int i = 0; i < 3; ++i) {
    read.emplace(buffer, read_datagram(core, socket, buffer).bytes);
  }
  EXPECT_EQ(read, (std::multiset<std::string>{"a", "b", "c"}));
  EXPECT_EQ(core.read_datagram(socket, buffer).status, IoStatus::would_block);
}

TEST_P(NetContract, ADatagramThatIsTooLongIsCutAndSaysSo) {
  Net& core = bench_->core(0);
  const ConnectionId socket = open_datagrams();
  for (const size_t bytes : {size_t{3}, size_t{4}, size_t{5}}) {
    bench_->send_datagram(core.datagram_address(socket), std::string(bytes, 'x'));
    char buffer[4];
    const Datagram datagram = read_datagram(core, socket, buffer);
    EXPECT_EQ(datagram.bytes, std::min<size_t>(bytes, 4));
    EXPECT_EQ(datagram.truncated, bytes > 4);
  }
}

TEST_P(NetContract, AnAddressOfDatagramsInUseIsAnErrorUntilItIsClosed) {
  const ConnectionId first = open_datagrams();
  const Address address = bench_->core(0).datagram_address(first);
  const auto second = bench_->core(1).listen_datagrams(address, 0);
  ASSERT_FALSE(second.has_value());
  EXPECT_EQ(second.error().code, ErrorCode::address_in_use);
  bench_->core(0).close(first);
  EXPECT_TRUE(bench_->core(1).listen_datagrams(address, 0).has_value());
}

}  // namespace wallaroo::io
