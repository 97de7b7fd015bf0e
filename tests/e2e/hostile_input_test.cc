// Senders that break the rules, each beside an honest one that must not notice.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>

#include <algorithm>
#include <functional>

#include "traffic.h"
#include "worker_process.h"

namespace wallaroo::e2e {
namespace {

constexpr uint32_t kFrameLimit = 4096;

class HostileInput : public testing::Test {
 protected:
  /// Runs `attack` between two runs of honest messages, then ends the worker and looks at
  /// everything that came out.
  void beside_an_honest_sender(const std::function<void()>& attack) {
    Honest honest(worker_.in(), "honest");
    honest.send(500);
    attack();
    honest.send(500);
    honest.finish();
    EXPECT_TRUE(eventually(10, [&] {
      return results().by_key.count("honest4") != 0 && honest.complaint(results()).empty();
    })) << honest.complaint(results());
    worker_.signal(SIGTERM);
    EXPECT_EQ(worker_.wait(10), 0) << worker_.log();
    EXPECT_TRUE(receiver_.wait_for_end(10));
    EXPECT_EQ(honest.complaint(results()), "");
    EXPECT_TRUE(results().malformed.empty()) << results().malformed.front();
  }

  Results results() const { return read_results(receiver_.streams()); }
  bool counts(const char* counter, uint64_t number) {
    return eventually(5, [&] { return worker_.source(counter) == number; });
  }
  /// Sends and expects the worker to close the connection for a message over the limit.
  void refused_as_too_long(const std::string& bytes) {
    Client client(worker_.in());
    ASSERT_TRUE(client.send(bytes));
    EXPECT_TRUE(client.ended_by_peer(5));
    EXPECT_TRUE(counts("frames_over_limit", 1));
  }

  Receiver receiver_;
  WorkerProcess worker_{
      {.out = receiver_.port(), .limits = {"frame=" + std::to_string(kFrameLimit)}}};
};

TEST_F(HostileInput, FrameOfFourGiBClosesItsConnection) {
  beside_an_honest_sender([&] { refused_as_too_long(announce(0xFFFFFFFFu)); });
  EXPECT_NE(worker_.log().find("source 'text': peer 127.0.0.1:"), std::string::npos);
  EXPECT_NE(worker_.log().find(" sent a message longer than one may be (4096 bytes)"),
            std::string::npos);
}

TEST_F(HostileInput, FrameOfTwoGiBClosesItsConnection) {
  beside_an_honest_sender([&] { refused_as_too_long(announce(0x80000000u) + "and some bytes"); });
}

TEST_F(HostileInput, FrameOneByteOverTheLimitClosesItsConnection) {
  beside_an_honest_sender([&] {
    refused_as_too_long(frame("before:0") + frame(std::string(kFrameLimit + 1, 'x')));
    EXPECT_TRUE(eventually(5, [&] { return results().by_key.count("before") == 1; }));
  });
}

TEST_F(HostileInput, FrameOfTheLimitPasses) {
  std::string longest = "longest:7:";
  longest.append(kFrameLimit - longest.size(), 'x');
  Client client(worker_.in());
  beside_an_honest_sender([&] {
    ASSERT_TRUE(client.send(frame(longest)));
    EXPECT_TRUE(eventually(5, [&] { return results().by_key.count("longest") == 1; }));
    EXPECT_EQ(worker_.source("frames_over_limit"), 0u);
  });
}

TEST_F(HostileInput, FramesOfZeroLengthAreMessagesWithoutWords) {
  Client client(worker_.in());
  beside_an_honest_sender([&] {
    const uint64_t before = worker_.source("messages");
    std::string zeroes;
    for (int i = 0; i < 1000; ++i) zeroes += announce(0);
    ASSERT_TRUE(client.send(zeroes + frame("behind:0")));
    EXPECT_TRUE(counts("messages", std::max<uint64_t>(before, 500) + 1001));
    EXPECT_TRUE(eventually(5, [&] { return results().by_key.count("behind") == 1; }));
  });
}

TEST_F(HostileInput, FrameCutByTheEndIsCounted) {
  beside_an_honest_sender([&] {
    Client client(worker_.in());
    ASSERT_TRUE(client.send(frame("whole:0") + announce(100) + "only a part"));
    client.finish();
    EXPECT_TRUE(counts("frames_truncated", 1));
    EXPECT_TRUE(client.ended_by_peer(5));
    EXPECT_TRUE(eventually(5, [&] { return results().by_key.count("whole") == 1; }));
  });
}

TEST_F(HostileInput, GarbageClosesItsConnection) {
  std::string garbage;
  uint32_t random = 12345;
  for (int i = 0; i < 100'000; ++i) {
    random = random * 1664525u + 1013904223u;
    garbage += static_cast<char>(random >> 24);
  }
  beside_an_honest_sender([&] {
    Client client(worker_.in());
    (void)client.send(garbage);  // the worker may close before all of it is sent
    EXPECT_TRUE(client.ended_by_peer(5));
    EXPECT_TRUE(counts("frames_over_limit", 1));
  });
}

TEST_F(HostileInput, OneByteAtATime) {
  Client client(worker_.in());
  beside_an_honest_sender([&] {
    const std::string bytes = frame("bytewise:0") + frame("bytewise:1") + frame("bytewise:2");
    for (const char byte : bytes) ASSERT_TRUE(client.send({&byte, 1}));
    EXPECT_TRUE(eventually(5, [&] {
      return results().by_key["bytewise"] == KeyResults{{0, 1}, {1, 2}, {2, 3}};
    }));
  });
}

TEST_F(HostileInput, OneByteInFiftyMilliseconds) {
  Client client(worker_.in());
  beside_an_honest_sender([&] {
    const std::string bytes = frame("slow:0:and-some-thirty-more-bytes");
    const int64_t end = now_ms() + 2000;
    for (size_t i = 0; i < bytes.size(); ++i) {
      ASSERT_TRUE(client.send({&bytes[i], 1}));
      if (now_ms() < end) sleep_ms(50);
    }
    EXPECT_TRUE(eventually(5, [&] { return results().by_key.count("slow") == 1; }));
  });
}

TEST_F(HostileInput, ResetInTheMiddleOfAFrame) {
  beside_an_honest_sender([&] {
    Client client(worker_.in());
    ASSERT_TRUE(client.send(frame("whole:0") + announce(100) + "only a part"));
    EXPECT_TRUE(eventually(5, [&] { return results().by_key.count("whole") == 1; }));
    client.reset();
    EXPECT_TRUE(counts("connections_reset", 1));
    EXPECT_TRUE(counts("frames_truncated", 1));
  });
}

TEST_F(HostileInput, ManyResetsLeaveNoConnectionBehind) {
  beside_an_honest_sender([&] {
    for (int i = 0; i < 200; ++i) {
      Client client(worker_.in());
      ASSERT_TRUE(client.send(announce(100) + "part"));
      client.reset();
    }
    EXPECT_TRUE(counts("connections", 1));
    EXPECT_TRUE(counts("connections_total", 201));
  });
}

/// As the very first message, before any buffer has been used.
TEST(HostileKeys, EmptyKeyIsAKeyLikeOthers) {
  Receiver receiver;
  WorkerProcess worker({.out = receiver.port()});
  Client client(worker.in());
  ASSERT_TRUE(client.send(frame(":0")));
  ASSERT_TRUE(receiver.wait_for_lines(1, 5)) << worker.log();
  Honest honest(worker.in(), "honest");
  honest.send(500);
  ASSERT_TRUE(client.send(frame(":1")));
  ASSERT_TRUE(receiver.wait_for_lines(502, 10));
  worker.signal(SIGTERM);
  EXPECT_EQ(worker.wait(10), 0);
  EXPECT_TRUE(receiver.wait_for_end(10));
  Results results = read_results(receiver.streams());
  EXPECT_EQ(results.by_key[""], (KeyResults{{0, 1}, {1, 2}}));
  EXPECT_EQ(honest.complaint(results), "");
}

TEST(HostileMemory, FiveHundredAnnouncementsTakeNoMemory) {
  Receiver receiver;
  WorkerProcess worker({.out = receiver.port(), .limits = {"frame=67108864"}});
  Honest honest(worker.in(), "honest");
  honest.send(500);
  ASSERT_TRUE(receiver.wait_for_lines(500, 10));
  const size_t before = worker.resident_bytes();
  const uint64_t honest_bytes = worker.source("bytes");
  std::vector<Client> clients;
  for (int i = 0; i < 500; ++i) {
    clients.emplace_back(worker.in());
    ASSERT_TRUE(clients.back().send(announce(64u << 20) + std::string(1000, 'x')));
  }
  EXPECT_TRUE(eventually(10, [&] { return worker.source("connections") == 501u; }));
  EXPECT_TRUE(eventually(10, [&] { return worker.source("bytes") >= honest_bytes + 500 * 1004; }));
  EXPECT_LT(worker.resident_bytes(), before + (64u << 20));
  honest.send(500);
  ASSERT_TRUE(receiver.wait_for_lines(1000, 10));
  clients.clear();
  EXPECT_TRUE(eventually(5, [&] { return worker.source("frames_truncated") == 500; }));
  worker.signal(SIGTERM);
  EXPECT_EQ(worker.wait(10), 0);
  EXPECT_TRUE(receiver.wait_for_end(10));
  EXPECT_EQ(honest.complaint(read_results(receiver.streams())), "");
  EXPECT_NE(worker.log().find("in all, at source 'text': frames_truncated 500"), std::string::npos)
      << worker.log();
}

TEST(HostileMemory, TenThousandAnnouncementsTakeLessThan64MiB) {
  rlimit before_limit{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before_limit), 0);
  // Where the system allows fewer descriptors, as many as it allows.
  const rlim_t connections =
      std::min<rlim_t>(10'000, before_limit.rlim_max - before_limit.rlim_max / 8);
  const rlimit raised{before_limit.rlim_max, before_limit.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &raised), 0);
  Receiver receiver;
  WorkerProcess worker(
      {.out = receiver.port(), .limits = {"frame=67108864", "connections=10001", "peer=10001"}});
  Honest honest(worker.in(), "honest");
  honest.send(500);
  ASSERT_TRUE(receiver.wait_for_lines(500, 10));
  const size_t before = worker.resident_bytes();
  const uint64_t honest_bytes = worker.source("bytes");
  std::vector<Client> clients;
  for (rlim_t i = 0; i < connections; ++i) {
    clients.emplace_back(worker.in());
    ASSERT_TRUE(clients.back().send(announce(64u << 20) + "start"));
  }
  EXPECT_TRUE(eventually(20, [&] { return worker.source("connections") == connections + 1; }));
  EXPECT_TRUE(
      eventually(20, [&] { return worker.source("bytes") >= honest_bytes + connections * 9; }));
  EXPECT_LT(worker.resident_bytes(), before + (64u << 20));
  honest.send(500);
  EXPECT_TRUE(receiver.wait_for_lines(1000, 10));
  clients.clear();
  EXPECT_TRUE(eventually(10, [&] { return worker.source("connections") == 1; }));
  worker.signal(SIGTERM);
  EXPECT_EQ(worker.wait(10), 0);
  EXPECT_EQ(honest.complaint(read_results(receiver.streams())), "");
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &before_limit), 0);
}

TEST(HostileConnections, OneAddressGetsItsShare) {
  Receiver receiver;
  WorkerProcess worker({.cores = 1, .out = receiver.port(), .limits = {"peer=10"}});
  std::vector<Client> clients;
  for (int i = 0; i < 15; ++i) clients.emplace_back(worker.in());
  EXPECT_TRUE(eventually(5, [&] { return worker.source("connections_refused") == 5; }));
  EXPECT_EQ(worker.source("connections"), 10u);
  EXPECT_NE(worker.log().find("connections_per_peer_max (10) of its address are open"),
            std::string::npos);
}

TEST(HostileConnections, OverTheLimitAreClosedAndCounted) {
  Receiver receiver;
  WorkerProcess worker({.out = receiver.port(), .limits = {"connections=10"}});
  Honest honest(worker.in(), "honest");
  honest.send(500);
  ASSERT_TRUE(receiver.wait_for_lines(500, 10));
  std::vector<Client> clients;
  for (int i = 0; i < 30; ++i) clients.emplace_back(worker.in());
  EXPECT_TRUE(eventually(5, [&] { return worker.source("connections_refused") == 21; }));
  EXPECT_EQ(worker.source("connections"), 10u);
  EXPECT_NE(worker.log().find("connections_max (10) are open"), std::string::npos);
  honest.send(500);
  clients.clear();
  EXPECT_TRUE(eventually(5, [&] { return worker.source("connections") == 1; }));
  Honest late(worker.in(), "late");
  late.send(100);
  ASSERT_TRUE(receiver.wait_for_lines(1100, 10));
  worker.signal(SIGTERM);
  EXPECT_EQ(worker.wait(10), 0);
  EXPECT_TRUE(receiver.wait_for_end(10));
  const Results results = read_results(receiver.streams());
  EXPECT_EQ(honest.complaint(results), "");
  EXPECT_EQ(late.complaint(results), "");
}

TEST(HostileConnections, OutOfDescriptorsKeepsServing) {
  Receiver receiver;
  WorkerProcess worker({.out = receiver.port(), .limits = {"descriptors=40"}});
  Honest honest(worker.in(), "honest");
  honest.send(500);
  ASSERT_TRUE(receiver.wait_for_lines(500, 10));
  std::vector<Client> clients;
  for (int i = 0; i < 80; ++i) clients.emplace_back(worker.in());
  honest.send(500);
  ASSERT_TRUE(receiver.wait_for_lines(1000, 10));
  clients.clear();
  ASSERT_TRUE(eventually(10, [&] { return worker.get("/healthz") == "ok\n"; }));
  EXPECT_TRUE(eventually(10, [&] { return worker.source("connections") == 1; }));
  EXPECT_GT(worker.source("connections_refused"), 0u);
  EXPECT_NE(worker.log().find("out of file descriptors"), std::string::npos);
  Honest late(worker.in(), "late");
  late.send(100);
  ASSERT_TRUE(receiver.wait_for_lines(1100, 10));
  worker.signal(SIGTERM);
  EXPECT_EQ(worker.wait(10), 0);
  EXPECT_TRUE(receiver.wait_for_end(10));
  const Results results = read_results(receiver.streams());
  EXPECT_EQ(honest.complaint(results), "");
  EXPECT_EQ(late.complaint(results), "");
}

TEST(HostileLines, OverlongLineClosesOnlyItsConnection) {
  Receiver receiver;
  WorkerProcess worker({.out = receiver.port(), .limits = {"lines", "frame=1000"}});
  Honest honest(worker.in(), "honest", true);
  honest.send(500);
  Client client(worker.in());
  ASSERT_TRUE(client.send(std::string(1001, 'x')));
  EXPECT_TRUE(client.ended_by_peer(5));
  EXPECT_TRUE(eventually(5, [&] { return worker.source("frames_over_limit") == 1; }));
  honest.send(500);
  ASSERT_TRUE(receiver.wait_for_lines(1000, 10));
  worker.signal(SIGTERM);
  EXPECT_EQ(worker.wait(10), 0);
  EXPECT_TRUE(receiver.wait_for_end(10));
  EXPECT_EQ(honest.complaint(read_results(receiver.streams())), "");
}

TEST(HostileLines, CarriageReturnsEmptyLinesAndALastLineWithoutNewline) {
  Receiver receiver;
  WorkerProcess worker({.out = receiver.port(), .limits = {"lines"}});
  Client client(worker.in());
  ASSERT_TRUE(client.send("a:0\r\n\n\r\na:1 b:0\na:2"));
  client.finish();
  ASSERT_TRUE(receiver.wait_for_lines(4, 10));
  EXPECT_TRUE(eventually(5, [&] { return worker.source("connections") == 0; }));
  EXPECT_EQ(worker.source("messages"), 5u);
  EXPECT_EQ(worker.source("frames_truncated"), 0u);
  worker.signal(SIGTERM);
  EXPECT_EQ(worker.wait(10), 0);
  EXPECT_TRUE(receiver.wait_for_end(10));
  Results results = read_results(receiver.streams());
  EXPECT_EQ(results.by_key["a"], (KeyResults{{0, 1}, {1, 2}, {2, 3}}));
  EXPECT_EQ(results.by_key["b"], (KeyResults{{0, 1}}));
}

}  // namespace
}  // namespace wallaroo::e2e
