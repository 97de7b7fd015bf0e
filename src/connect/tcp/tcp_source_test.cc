// The TCP source against a scripted network and a chain that blocks when it likes.
#include "connect/tcp/tcp_source.h"

#include <gtest/gtest.h>

#include "base/bytes.h"
#include "base/rng.h"
#include "connect/fake_chain_test.h"
#include "connect/tcp/fake_net.h"

namespace wallaroo::connect {
namespace {

using io::IoStatus;
using io::NetEventKind;
using io::Progress;

std::string framed(const std::string& payload) {
  std::string text(4, '\0');
  base::store_u32_be(text.data(), static_cast<uint32_t>(payload.size()));
  return text + payload;
}

class TcpSourceTest : public testing::Test {
 protected:
  /// Called before the first use of source().
  flow::Options options;
  TcpSourceSpec spec;
  FakeServices core;
  FakeChain chain;
  flow::SourceCounters counters;

  TcpSource& source() {
    if (!source_) {
      source_ = std::make_unique<TcpSource>(
          TcpSourceSetup{"in", 0, {"127.0.0.1", 0}, spec, options}, core, chain, counters);
      EXPECT_TRUE(source_->start().has_value());
    }
    return *source_;
  }
  uint64_t connect() {
    const uint64_t id = core.fake.accepted();
    source().on_net({NetEventKind::accepted, io::ConnectionId(id), io::ListenerId(7)}, {});
    return id;
  }
  /// Drains; nobody else waits at the listener.
  void drain() {
    source().drain();
    EXPECT_TRUE(core.fake.listener_ending);
    end_listener();
  }
  void end_listener() {
    source().on_net({NetEventKind::listener_ended, {}, io::ListenerId(7)}, {});
  }
  FakeNet::Peer& peer(uint64_t id) { return core.fake.peer(id); }
  void arrive(uint64_t id, std::deque<std::string> chunks, IoStatus then = IoStatus::would_block) {
    peer(id).arrives = std::move(chunks);
    peer(id).then = then;
    EXPECT_TRUE(core.tell(NetEventKind::readable, id));
  }
  void run(uint32_t batches = 4) {
    for (int i = 0; i < 10'000; ++i) {
      if (source().step({5, 6}, batches) == Progress::none) return;
    }
    ADD_FAILURE() << "it never rests";
  }

 private:
  std::unique_ptr<TcpSource> source_;
};

TEST_F(TcpSourceTest, says_where_it_listens_and_why_it_cannot) {
  source();
  EXPECT_EQ(core.logged("source 'in' listens on 127.0.0.1:1234"), 1u);
  FakeServices other;
  other.fake.refuse_listen = true;
  TcpSource refused({"in", 0, {"127.0.0.1", 7}, spec, options}, other, chain, counters);
  const auto started = refused.start();
  ASSERT_FALSE(started.has_value());
  EXPECT_EQ(started.error().code, ErrorCode::address_in_use);
  EXPECT_EQ(started.error().message, "source 'in' cannot listen: somebody listens there");
}

TEST_F(TcpSourceTest, one_address_gets_a_share_of_the_connections) {
  spec.connections_per_peer_max = 2;
  const auto connect_from = [&](const char* host) {
    const uint64_t id = core.fake.accepted();
    peer(id).host = host;
    source().on_net({NetEventKind::accepted, io::ConnectionId(id), io::ListenerId(7)}, {});
    return id;
  };
  const uint64_t first = connect_from("10.0.0.1");
  connect_from("10.0.0.1");
  const uint64_t third = connect_from("10.0.0.1");
  EXPECT_TRUE(peer(third).closed);
  EXPECT_EQ(core.logged("peer 10.0.0.1:4003 is refused: connections_per_peer_max (2) of its "
                        "address are open"),
            1u);
  EXPECT_FALSE(peer(connect_from("10.0.0.2")).closed);
  arrive(first, {}, IoStatus::eof);
  run();
  EXPECT_FALSE(peer(connect_from("10.0.0.1")).closed) << "one has gone";
  EXPECT_EQ(counters.connections_refused.get(), 1u);
}

TEST_F(TcpSourceTest, incomplete_messages_of_all_connections_have_a_limit) {
  options.unfinished_bytes_max = 100;
  const std::string part = framed(std::string(1000, 'x')).substr(0, 45);
  const uint64_t first = connect();
  const uint64_t second = connect();
  const uint64_t third = connect();
  arrive(first, {part});
  arrive(second, {part});
  run();
  EXPECT_FALSE(peer(first).closed || peer(second).closed);
  arrive(third, {framed("whole") + part});
  run();
  EXPECT_EQ(chain.messages, Messages{"whole"});
  EXPECT_TRUE(peer(third).aborted);
  EXPECT_EQ(counters.unfinished_over_limit.get(), 1u);
  EXPECT_EQ(core.logged("incomplete messages hold unfinished_bytes_max (100 bytes)"), 1u);
  arrive(first, {framed(std::string(1000, 'x')).substr(45)});
  run();
  EXPECT_EQ(chain.messages.size(), 2u);
  arrive(second, {}, IoStatus::eof);
  run();
  const uint64_t late = connect();
  arrive(late, {part + part.substr(0, 40)});
  run();
  EXPECT_FALSE(peer(late).closed) << "the room is free again";
}

TEST_F(TcpSourceTest, a_silent_connection_is_closed_when_a_limit_is_given) {
  constexpr int64_t kSecond = 1'000'000'000;
  spec.idle_ns_max = 3 * kSecond;
  const uint64_t silent = connect();
  const uint64_t busy = connect();
  EXPECT_NE(source().deadline_ns(), io::kNever);
  for (int64_t second = 1; second <= 6; ++second) {
    arrive(busy, {framed("x")});
    for (int i = 0; i < 10; ++i) (void)source().step({second * kSecond, 0}, 4);
    EXPECT_EQ(peer(silent).closed, second >= 3) << second;
  }
  EXPECT_FALSE(peer(busy).closed);
  EXPECT_EQ(counters.connections_idle.get(), 1u);
  EXPECT_EQ(core.logged("peer [::1]:4001 has been silent for longer than idle_ns_max (3000 ms)"),
            1u);
}

TEST_F(TcpSourceTest, many_small_reads) {
  std::deque<std::string> bytes;
  for (const char c : framed("one") + framed("") + framed("two")) bytes.emplace_back(1, c);
  const uint64_t id = connect();
  arrive(id, bytes);
  run();
  EXPECT_EQ(chain.messages, (Messages{"one", "", "two"}));
  EXPECT_EQ(counters.messages.get(), 3u);
  EXPECT_EQ(counters.bytes.get(), 18u);
  EXPECT_FALSE(peer(id).closed);
}

TEST_F(TcpSourceTest, message_longer_than_the_receive_buffer) {
  options.receive_bytes = 16;
  const std::string payload(1000, 'x');
  const uint64_t id = connect();
  arrive(id, {framed("before") + framed(payload) + framed("behind")});
  run();
  EXPECT_EQ(chain.messages, (Messages{"before", payload, "behind"}));
}

TEST_F(TcpSourceTest, message_of_the_limit_passes_and_one_more_byte_closes) {
  spec.frame_bytes_max = 100;
  const uint64_t id = connect();
  arrive(id, {framed("before") + framed(std::string(100, 'x')) + framed(std::string(101, 'y')),
              framed("never seen")});
  run();
  EXPECT_EQ(chain.messages, (Messages{"before", std::string(100, 'x')}));
  EXPECT_TRUE(peer(id).closed);
  EXPECT_FALSE(core.watched.contains(id));
  EXPECT_EQ(counters.frames_over_limit.get(), 1u);
  EXPECT_EQ(counters.frames_truncated.get(), 0u);
  EXPECT_EQ(counters.connections_open.get(), 0u);
  EXPECT_EQ(
      core.logged("source 'in': peer [::1]:4001 sent a message longer than one may be (100 bytes); "
                  "its connection is closed"),
      1u);
}

/// Exactly as many messages as one batch of records takes stand before the wrong one.
TEST_F(TcpSourceTest, over_limit_behind_a_full_batch_of_records) {
  spec.frame_bytes_max = 10;
  std::string bytes;
  for (uint32_t i = 0; i < wire::kBatchRecordsMax; ++i) bytes += framed("m");
  const uint64_t id = connect();
  arrive(id, {bytes + framed(std::string(11, 'y'))});
  run();
  EXPECT_EQ(chain.messages.size(), wire::kBatchRecordsMax);
  EXPECT_TRUE(peer(id).closed);
  EXPECT_EQ(counters.frames_over_limit.get(), 1u);
}

TEST_F(TcpSourceTest, header_that_makes_no_sense_closes_the_connection) {
  spec.framing = {.kind = Framing::Kind::header,
                  .header_bytes = 2,
                  .payload_length = [](std::string_view header) -> std::optional<uint64_t> {
                    if (header[0] != '#') return std::nullopt;
                    return static_cast<uint64_t>(header[1] - '0');
                  }};
  const uint64_t id = connect();
  arrive(id, {"#2a", "b#0", "?3xyz"});
  run();
  EXPECT_EQ(chain.messages, (Messages{"#2ab", "#0"}));
  EXPECT_TRUE(peer(id).closed);
  EXPECT_TRUE(peer(id).aborted) << "its program must learn that a message was refused";
  EXPECT_EQ(counters.frames_senseless.get(), 1u);
  EXPECT_EQ(counters.frames_over_limit.get(), 0u);
  EXPECT_EQ(core.logged("a header that the framing's function refused"), 1u);
}

TEST_F(TcpSourceTest, end_inside_a_message_is_counted) {
  const uint64_t id = connect();
  arrive(id, {framed("whole") + framed("part").substr(0, 6)}, IoStatus::eof);
  run();
  EXPECT_EQ(chain.messages, Messages{"whole"});
  EXPECT_TRUE(peer(id).closed);
  EXPECT_TRUE(peer(id).aborted) << "a sender that waits for the end must learn of it";
  EXPECT_EQ(counters.frames_truncated.get(), 1u);
  EXPECT_EQ(counters.connections_reset.get(), 0u);
  EXPECT_EQ(chain.closed, std::vector<uint64_t>{1});
  EXPECT_EQ(
      core.logged(
          "peer [::1]:4001 ended its connection inside a message; the 6 bytes of it are dropped"),
      1u);
}

TEST_F(TcpSourceTest, last_line_without_newline_is_a_message) {
  spec.framing = Framing::lines;
  const uint64_t id = connect();
  arrive(id, {"one\r\n\ntw", "o\nlast"}, IoStatus::eof);
  run();
  EXPECT_EQ(chain.messages, (Messages{"one", "", "two", "last"}));
  EXPECT_EQ(counters.messages.get(), 4u);
  EXPECT_EQ(counters.frames_truncated.get(), 0u);
  EXPECT_TRUE(peer(id).closed);
}

TEST_F(TcpSourceTest, last_line_of_a_reset_connection_is_none) {
  spec.framing = Framing::lines;
  const uint64_t id = connect();
  arrive(id, {"one\nhal"}, IoStatus::broken);
  run();
  EXPECT_EQ(chain.messages, Messages{"one"});
  EXPECT_EQ(counters.frames_truncated.get(), 1u);
  EXPECT_EQ(counters.connections_reset.get(), 1u);
}

TEST_F(TcpSourceTest, carriage_return_and_newline_in_different_reads) {
  spec.framing = Framing::lines;
  arrive(connect(), {"one\r", "\ntwo\r", "\n"});
  run();
  EXPECT_EQ(chain.messages, (Messages{"one", "two"}));
}

TEST_F(TcpSourceTest, closed_with_data_unread_reads_it_first) {
  const uint64_t id = connect();
  peer(id).arrives = {framed("one"), framed("two")};
  peer(id).then = IoStatus::broken;
  EXPECT_TRUE(core.tell(NetEventKind::closed, id));
  run();
  EXPECT_EQ(chain.messages, (Messages{"one", "two"}));
  EXPECT_EQ(counters.connections_reset.get(), 1u) << "told by the event and by the read";
  EXPECT_TRUE(peer(id).closed);
  EXPECT_EQ(counters.connections_open.get(), 0u);
}

TEST_F(TcpSourceTest, blocked_chain_gets_each_message_once_and_in_order) {
  Messages expected;
  std::string bytes;
  for (int i = 0; i < 300; ++i) {
    expected.push_back(std::to_string(i));
    bytes += framed(expected.back());
  }
  const uint64_t id = connect();
  arrive(id, {bytes});
  for (size_t room = 0; chain.messages.size() < expected.size(); room = room % 7 + 1) {
    chain.room = room;
    const size_t reads = peer(id).reads;
    if (room == 0) {
      EXPECT_EQ(source().step({}, 4), Progress::none);
      EXPECT_EQ(peer(id).reads, reads) << "it reads although nothing can be taken";
      continue;
    }
    (void)source().step({5, 6}, 4);
  }
  EXPECT_EQ(chain.messages, expected);
}

TEST_F(TcpSourceTest, connections_take_turns) {
  options.receive_bytes = 5;
  const uint64_t one = connect();
  const uint64_t two = connect();
  arrive(one, {framed("a") + framed("b") + framed("c")});
  arrive(two, {framed("d") + framed("e") + framed("f")});
  run(1);
  EXPECT_EQ(chain.messages, (Messages{"a", "d", "b", "e", "c", "f"}));
}

TEST_F(TcpSourceTest, connections_over_the_limit_are_refused) {
  spec.connections_max = 2;
  connect();
  const uint64_t second = connect();
  const uint64_t third = connect();
  EXPECT_TRUE(peer(third).closed);
  EXPECT_FALSE(peer(second).closed);
  EXPECT_EQ(counters.connections_refused.get(), 1u);
  EXPECT_EQ(core.logged("connections_max (2) are open"), 1u);
  arrive(second, {}, IoStatus::eof);
  run();
  EXPECT_FALSE(peer(connect()).closed) << "one has gone, so there is room";
  EXPECT_EQ(counters.connections_total.get(), 3u);
}

TEST_F(TcpSourceTest, warnings_are_bounded_and_counters_are_not) {
  spec.connections_max = 1;
  connect();
  for (int i = 0; i < 1000; ++i) connect();
  EXPECT_EQ(counters.connections_refused.get(), 1000u);
  EXPECT_LE(core.lines.size(), 25u);
  EXPECT_EQ(core.logged("from now on such things are only counted"), 1u);
}

TEST_F(TcpSourceTest, peer_that_cannot_be_accepted_is_counted) {
  source().on_net({NetEventKind::accept_failed, {}, io::ListenerId(7)}, {});
  EXPECT_EQ(counters.connections_refused.get(), 1u);
  EXPECT_EQ(core.logged("out of file descriptors; raise the limit"), 1u);
}

TEST(TcpSourceCores, connections_are_dealt_over_the_cores_in_turn) {
  const flow::Options options;
  FakeServices core(3);
  FakeChain chain;
  flow::SourceCounters counters;
  TcpSource source({"in", 0, {}, {}, options}, core, chain, counters);
  ASSERT_TRUE(source.start().has_value());
  for (int i = 0; i < 6; ++i) {
    const io::ConnectionId id(core.fake.accepted());
    source.on_net({NetEventKind::accepted, id, io::ListenerId(7)}, {});
  }
  const std::vector<std::pair<uint32_t, uint64_t>> expected = {{1, 2}, {2, 3}, {1, 5}, {2, 6}};
  EXPECT_EQ(core.sent, expected);
  EXPECT_EQ(counters.connections_open.get(), 2u);
  source.adopt({2}, {});
  EXPECT_EQ(counters.connections_adopted.get(), 1u);
  EXPECT_EQ(counters.connections_open.get(), 3u);
}

TEST_F(TcpSourceTest, drain_reads_what_is_at_hand_and_ends) {
  const uint64_t id = connect();
  const uint64_t idle = connect();
  run();
  peer(id).arrives = {framed("one"), framed("two") + "re"};
  EXPECT_FALSE(source().ended());
  drain();
  EXPECT_FALSE(source().ended());
  run();
  EXPECT_EQ(chain.messages, (Messages{"one", "two"}));
  EXPECT_TRUE(peer(id).closed);
  EXPECT_TRUE(peer(idle).closed);
  EXPECT_TRUE(source().ended());
  EXPECT_EQ(counters.frames_truncated.get(), 1u);
}

/// A would_block after a short read may come from the memory of the net, while bytes have arrived
/// whose edge has not been polled.
TEST_F(TcpSourceTest, drain_looks_again_behind_a_would_block) {
  const uint64_t id = connect();
  run();
  peer(id).arrives = {"", framed("late")};  // blocks once, then there is more
  drain();
  run();
  EXPECT_EQ(chain.messages, Messages{"late"});
  EXPECT_TRUE(source().ended());
}

TEST_F(TcpSourceTest, drain_ends_although_a_peer_never_stops) {
  options.drain_bytes_max = 100;
  options.receive_bytes = 64;
  const uint64_t id = connect();
  run();
  for (int i = 0; i < 1000; ++i) peer(id).arrives.push_back(framed("endless"));
  drain();
  run();
  EXPECT_TRUE(source().ended());
  EXPECT_EQ(chain.messages.size(), 100u / 11);
  EXPECT_EQ(counters.bytes.get(), 100u);
}

TEST_F(TcpSourceTest, drain_waits_for_a_blocked_chain) {
  const uint64_t id = connect();
  arrive(id, {framed("one") + framed("two")});
  chain.room = 1;
  (void)source().step({5, 6}, 4);
  drain();
  run();
  EXPECT_FALSE(source().ended());
  chain.room = SIZE_MAX;
  run();
  EXPECT_TRUE(source().ended());
  EXPECT_EQ(chain.messages, (Messages{"one", "two"}));
}

/// A connection that waited at the listener when the drain began has been accepted for its peer.
TEST_F(TcpSourceTest, drain_reads_connections_that_waited_at_the_listener) {
  source().drain();
  EXPECT_FALSE(source().ended());
  const uint64_t late = connect();
  peer(late).arrives = {framed("late")};
  run();
  EXPECT_EQ(chain.messages, Messages{"late"});
  EXPECT_TRUE(peer(late).closed);
  EXPECT_FALSE(source().ended()) << "another one may come";
  end_listener();
  EXPECT_TRUE(source().ended());
}

TEST(TcpSourceCores, drain_of_another_core_waits_for_the_last_connection) {
  const flow::Options options;
  FakeServices first(2);
  FakeServices second(2, 1);
  FakeChain chain;
  flow::SourceCounters counters;
  TcpSource listening({"in", 0, {}, {}, options}, first, chain, counters);
  TcpSource other({"in", 0, {}, {}, options}, second, chain, counters);
  ASSERT_TRUE(listening.start().has_value());
  listening.drain();
  other.drain();
  EXPECT_FALSE(other.ended());
  listening.on_net({NetEventKind::listener_ended, {}, io::ListenerId(7)}, {});
  EXPECT_TRUE(listening.ended());
  const std::vector<std::pair<uint32_t, uint64_t>> told = {{1, FakeServices::kNoMore}};
  EXPECT_EQ(first.sent, told);
  other.no_more_connections();
  EXPECT_TRUE(other.ended());
}

/// However the bytes are cut and whenever the chain blocks.
TEST_F(TcpSourceTest, any_cutting_gives_the_same_messages) {
  base::Rng rng(3);
  for (int round = 0; round < 400 && !HasFailure(); ++round) {
    SCOPED_TRACE(round);
    TcpSourceSpec varied;
    varied.framing = rng.chance(1, 2) ? Framing::lines : Framing::u32be;
    flow::Options limits;
    limits.receive_bytes = static_cast<uint32_t>(rng.between(1, 64));
    FakeServices services;
    FakeChain taker;
    flow::SourceCounters counted;
    TcpSource tested({"in", 0, {}, varied, limits}, services, taker, counted);
    ASSERT_TRUE(tested.start().has_value());
    std::map<uint64_t, Messages> expected;
    for (uint64_t origin = 1; origin <= 3; ++origin) {
      std::string bytes;
      for (uint64_t i = rng.below(20); i > 0; --i) {
        const std::string message(rng.below(rng.chance(1, 4) ? 200 : 8),
                                  static_cast<char>('a' + i));
        expected[origin].push_back(message);
        bytes += varied.framing == Framing::lines ? message + "\n" : framed(message);
      }
      const uint64_t id = services.fake.accepted();
      FakeNet::Peer& peer = services.fake.peer(id);
      while (!bytes.empty()) {
        const size_t some = std::min<size_t>(rng.between(1, 30), bytes.size());
        peer.arrives.push_back(bytes.substr(0, some));
        bytes.erase(0, some);
      }
      peer.then = IoStatus::eof;
      tested.on_net({NetEventKind::accepted, io::ConnectionId(id), io::ListenerId(7)}, {});
    }
    for (int step = 0; step < 100'000 && taker.closed.size() < 3; ++step) {
      taker.room = rng.below(5);
      (void)tested.step({5, 6}, static_cast<uint32_t>(rng.between(1, 4)));
    }
    ASSERT_EQ(taker.closed.size(), 3u) << "it does not end";
    std::erase_if(expected, [](const auto& of) { return of.second.empty(); });
    EXPECT_EQ(taker.by_origin, expected);
    EXPECT_EQ(counted.frames_truncated.get(), 0u);
  }
}

}  // namespace
}  // namespace wallaroo::connect
