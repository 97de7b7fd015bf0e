// The TCP sink against a scripted network: short writes, breaks, refusals, and the way back.
#include "connect/tcp/tcp_sink.h"

#include <gtest/gtest.h>

#include <optional>

#include "base/rng.h"
#include "connect/tcp/fake_net.h"

namespace wallaroo::connect {
namespace {

using io::IoStatus;
using io::NetEventKind;
using io::Progress;

constexpr int64_t kMs = 1'000'000;

class TcpSinkTest : public testing::Test {
 protected:
  flow::Options options;
  FakeServices core;
  flow::SinkCounters counters;
  int64_t now_ns = 1000 * kMs;

  TcpSink& sink() {
    if (!sink_) {
      sink_ =
          std::make_unique<TcpSink>(TcpSinkSetup{"out", {"127.0.0.1", 9}, options}, core, counters);
      EXPECT_TRUE(sink_->start().has_value());
    }
    return *sink_;
  }
  Progress step() { return sink().step({now_ns, now_ns}); }
  void run() {
    for (int i = 0; i < 1000; ++i) {
      if (step() == Progress::none) return;
    }
    ADD_FAILURE() << "it never rests";
  }
  void put(std::string_view message) {
    sink().buffer() << message << "\n";
    sink().commit(1);
  }
  /// The connection that the sink has opened last.
  uint64_t current() const { return core.watched.rbegin()->first; }
  FakeNet::Peer& peer() { return core.fake.peer(current()); }
  void tell(NetEventKind kind) { EXPECT_TRUE(core.tell(kind, current(), now_ns)); }
  void come_up() {
    run();
    tell(NetEventKind::connected);
  }
  void receiver_ends(uint64_t id) {
    core.fake.peer(id).then = IoStatus::eof;
    tell(NetEventKind::readable);
    run();
  }

 private:
  std::unique_ptr<TcpSink> sink_;
};

TEST_F(TcpSinkTest, messages_wait_for_the_connection) {
  put("one");
  run();
  EXPECT_EQ(peer().written, "");
  put("two");
  EXPECT_EQ(step(), Progress::none);
  tell(NetEventKind::connected);
  run();
  EXPECT_EQ(peer().written, "one\ntwo\n");
  EXPECT_EQ(counters.connects.get(), 1u);
  EXPECT_EQ(counters.bytes.get(), 8u);
  EXPECT_EQ(counters.buffered_bytes.get(), 0u);
}

TEST_F(TcpSinkTest, goes_on_where_a_short_write_ended) {
  options.sink_chunk_bytes = 4;
  come_up();
  for (const char* message : {"first", "second", "third"}) put(message);
  std::string expected = "first\nsecond\nthird\n";
  for (size_t taken = 0; taken < expected.size(); taken += 2) {
    peer().room = 2;
    run();
    EXPECT_EQ(peer().written, expected.substr(0, taken + 2));
    EXPECT_EQ(counters.buffered_bytes.get(),
              expected.size() - std::min(expected.size(), taken + 2));
    if (taken + 2 < expected.size()) {
      EXPECT_EQ(step(), Progress::none) << "it writes before it is told to";
      tell(NetEventKind::writable);
    }
  }
  EXPECT_GT(counters.partial_writes.get(), 0u);
}

TEST_F(TcpSinkTest, back_off_doubles_up_to_its_limit_and_begins_anew) {
  options.reconnect_min_ns = 10 * kMs;
  options.reconnect_max_ns = 70 * kMs;
  run();
  for (const int64_t pause_ms : {10, 20, 40, 70, 70}) {
    tell(NetEventKind::closed);
    EXPECT_EQ(sink().deadline_ns(), now_ns + pause_ms * kMs);
    now_ns += pause_ms * kMs - 1;
    EXPECT_EQ(step(), Progress::none);
    now_ns += 1;
    EXPECT_EQ(step(), Progress::some);
    EXPECT_EQ(sink().deadline_ns(), io::kNever) << "while it connects there is nothing to wait for";
  }
  EXPECT_EQ(core.fake.connects, 6);
  EXPECT_EQ(counters.connect_failures.get(), 5u);
  EXPECT_EQ(core.logged("sink 'out' has no connection to 127.0.0.1:9"), 1u) << "once an outage";
  tell(NetEventKind::connected);
  EXPECT_EQ(core.logged("sink 'out' is connected to 127.0.0.1:9 again"), 0u) << "the first time";
  EXPECT_EQ(core.logged("sink 'out' is connected to 127.0.0.1:9"), 1u);
  now_ns += 70 * kMs;
  tell(NetEventKind::closed);
  EXPECT_EQ(sink().deadline_ns(), now_ns + 10 * kMs) << "that connection had lasted";
  EXPECT_EQ(counters.disconnects.get(), 1u);
  EXPECT_EQ(core.logged("what it had not read of what was sent is gone"), 1u);
}

// A receiver that accepted and closed at once was asked, and written of, 200 times a second.
TEST_F(TcpSinkTest, a_receiver_that_only_closes_is_asked_and_told_of_less_and_less) {
  options.reconnect_min_ns = 10 * kMs;
  options.reconnect_max_ns = 80 * kMs;
  run();
  for (const int64_t pause_ms : {10, 20, 40, 80, 80, 80}) {
    tell(NetEventKind::connected);
    now_ns += kMs;
    tell(NetEventKind::closed);
    EXPECT_EQ(sink().deadline_ns(), now_ns + pause_ms * kMs);
    now_ns = sink().deadline_ns();
    run();
  }
  EXPECT_EQ(counters.disconnects.get(), 6u);
  EXPECT_LE(core.lines.size(), 8u);
  EXPECT_GE(core.logged("has no connection"), 2u);
}

TEST_F(TcpSinkTest, connect_that_cannot_even_begin_is_tried_again) {
  core.fake.refuse_connect = true;
  run();
  EXPECT_EQ(counters.connect_failures.get(), 1u);
  EXPECT_EQ(core.logged("no descriptor is left"), 1u);
  EXPECT_EQ(sink().deadline_ns(), now_ns + options.reconnect_min_ns);
  core.fake.refuse_connect = false;
  now_ns += options.reconnect_min_ns;
  put("kept");
  come_up();
  run();
  EXPECT_EQ(peer().written, "kept\n");
}

TEST_F(TcpSinkTest, a_break_sends_the_chunk_again_from_its_start) {
  options.sink_chunk_bytes = 8;
  come_up();
  put("aaaaaaa");  // a chunk of its own
  put("bbbbbbb");
  put("ccccccc");
  peer().room = 11;  // the first chunk and a part of the second
  run();
  EXPECT_EQ(peer().written, "aaaaaaa\nbbb");
  peer().broken = true;
  tell(NetEventKind::writable);
  run();
  EXPECT_EQ(counters.resent_bytes.get(), 3u);
  EXPECT_EQ(counters.buffered_bytes.get(), 16u);
  now_ns = sink().deadline_ns();
  come_up();
  run();
  EXPECT_EQ(peer().written, "bbbbbbb\nccccccc\n");
  EXPECT_EQ(counters.disconnects.get(), 1u);
  EXPECT_EQ(counters.connects.get(), 2u);
}

TEST_F(TcpSinkTest, end_of_the_receiver_is_a_break) {
  come_up();
  const uint64_t first = current();
  peer().then = IoStatus::eof;
  tell(NetEventKind::readable);
  run();
  EXPECT_TRUE(core.fake.peer(first).closed);
  EXPECT_FALSE(core.watched.contains(first));
  EXPECT_EQ(counters.disconnects.get(), 1u);
  put("later");
  now_ns = sink().deadline_ns();
  come_up();
  run();
  EXPECT_EQ(core.fake.peer(first).written, "");
  EXPECT_EQ(peer().written, "later\n");
}

TEST_F(TcpSinkTest, what_a_receiver_sends_is_read_and_forgotten) {
  come_up();
  peer().arrives = {std::string(100'000, 'z'), "and more"};
  tell(NetEventKind::readable);
  put("goes on");
  run();
  EXPECT_EQ(peer().written, "goes on\n");
  EXPECT_TRUE(peer().arrives.empty());
}

TEST_F(TcpSinkTest, is_full_at_its_limit_and_takes_again_below_it) {
  options.sink_buffer_bytes_max = 100;
  options.sink_chunk_bytes = 10;
  come_up();
  peer().room = 0;
  while (!sink().full()) put("ten bytes");
  run();
  EXPECT_EQ(counters.buffered_bytes.get(), 100u);
  EXPECT_TRUE(sink().full());
  peer().room = 1;
  tell(NetEventKind::writable);
  run();
  EXPECT_FALSE(sink().full());
}

TEST_F(TcpSinkTest, resending_counts_as_unsent_again) {
  options.sink_buffer_bytes_max = 20;
  come_up();
  put("a message longer than twenty bytes");
  EXPECT_TRUE(sink().full());
  peer().room = 30;
  run();
  EXPECT_FALSE(sink().full());
  peer().broken = true;
  tell(NetEventKind::writable);
  run();
  EXPECT_TRUE(sink().full());
}

TEST_F(TcpSinkTest, finish_sends_everything_then_ends_the_connection) {
  come_up();
  peer().room = 3;
  put("last words");
  sink().finish();
  run();
  EXPECT_FALSE(sink().ended());
  const uint64_t id = current();
  peer().room = SIZE_MAX;
  tell(NetEventKind::writable);
  run();
  EXPECT_EQ(core.fake.peer(id).written, "last words\n");
  EXPECT_TRUE(core.fake.peer(id).finished);
  EXPECT_FALSE(sink().ended()) << "closing now could take from the receiver what it has not read";
  receiver_ends(id);
  EXPECT_TRUE(sink().ended());
  EXPECT_TRUE(core.fake.peer(id).closed);
  EXPECT_FALSE(core.watched.contains(id));
  EXPECT_EQ(step(), Progress::none);
}

TEST_F(TcpSinkTest, finish_without_a_receiver_waits_for_one) {
  put("unsent");
  run();
  tell(NetEventKind::closed);
  sink().finish();
  EXPECT_EQ(step(), Progress::none);
  EXPECT_FALSE(sink().ended());
  now_ns = sink().deadline_ns();
  come_up();
  const uint64_t id = current();
  run();
  EXPECT_EQ(core.fake.peer(id).written, "unsent\n");
  receiver_ends(id);
  EXPECT_TRUE(sink().ended());
}

TEST_F(TcpSinkTest, finish_reads_what_the_receiver_says_and_waits_no_longer_than_its_limit) {
  come_up();
  put("last words");
  run();
  sink().finish();
  run();
  const uint64_t id = current();
  core.fake.peer(id).arrives = {"thanks", "a lot"};
  tell(NetEventKind::readable);
  run();
  EXPECT_TRUE(core.fake.peer(id).arrives.empty());
  EXPECT_FALSE(core.fake.peer(id).closed);
  EXPECT_EQ(sink().deadline_ns(), now_ns + options.sink_linger_ns);
  now_ns = sink().deadline_ns();
  run();
  EXPECT_TRUE(sink().ended());
  EXPECT_TRUE(core.fake.peer(id).closed);
}

TEST_F(TcpSinkTest, finish_ends_when_the_receiver_resets) {
  come_up();
  sink().finish();
  run();
  EXPECT_FALSE(sink().ended());
  tell(NetEventKind::closed);
  EXPECT_TRUE(sink().ended());
}

TEST_F(TcpSinkTest, finish_with_nothing_to_send_needs_no_receiver) {
  sink().finish();
  EXPECT_EQ(step(), Progress::some);
  EXPECT_TRUE(sink().ended());
}

/// The numbers of the complete messages in what one connection got; nothing when it begins inside
/// a message.
std::optional<std::vector<int>> complete_messages(const std::string& written) {
  std::vector<int> numbers;
  size_t at = 0;
  for (size_t end; (end = written.find('\n', at)) != std::string::npos; at = end + 1) {
    if (written[at] != '<' || written[end - 1] != '>') return std::nullopt;
    numbers.push_back(std::stoi(written.substr(at + 1)));
  }
  return numbers;
}

/// Whatever is taken of each write and whenever the connection breaks: every connection begins with
/// a whole message, and the next one begins no later than behind the last message that went out.
TEST_F(TcpSinkTest, breaks_lose_and_tear_nothing_that_is_still_held) {
  base::Rng rng(4);
  for (int round = 0; round < 300 && !HasFailure(); ++round) {
    SCOPED_TRACE(round);
    flow::Options limits;
    limits.sink_chunk_bytes = static_cast<uint32_t>(rng.between(1, 60));
    FakeServices services;
    flow::SinkCounters counted;
    TcpSink tested({"out", {}, limits}, services, counted);
    std::vector<uint64_t> connections;
    int64_t now = 0;
    int made = 0;
    for (int i = 0; i < 400 || !tested.ended(); ++i) {
      ASSERT_LT(i, 5000) << "it does not end";
      if (i < 400 && rng.chance(1, 2)) {
        for (uint64_t n = rng.between(1, 4); n > 0; --n) tested.buffer() << "<" << made++ << ">\n";
        tested.commit(1);
      }
      if (i == 400) tested.finish();
      (void)tested.step({now, now});
      now += 50 * kMs;
      if (services.watched.empty()) continue;
      const uint64_t id = services.watched.rbegin()->first;
      FakeNet::Peer& peer = services.fake.peer(id);
      if (connections.empty() || connections.back() != id) {
        connections.push_back(id);
        peer.room = rng.below(30);
        (void)services.tell(rng.chance(1, 6) ? NetEventKind::closed : NetEventKind::connected, id,
                            now);
      } else if (rng.chance(1, 12) && i < 400) {
        peer.broken = true;
        (void)services.tell(NetEventKind::closed, id, now);
      } else {
        peer.room += rng.below(40);
        (void)services.tell(NetEventKind::writable, id, now);
      }
    }
    int next = 0;
    for (const uint64_t id : connections) {
      const auto numbers = complete_messages(services.fake.peer(id).written);
      ASSERT_TRUE(numbers.has_value()) << "a connection begins inside a message";
      if (numbers->empty()) continue;
      ASSERT_LE(numbers->front(), next) << "messages are lost";
      for (size_t k = 1; k < numbers->size(); ++k)
        ASSERT_EQ((*numbers)[k], (*numbers)[k - 1] + 1) << "order within a connection";
      next = numbers->back() + 1;
    }
    ASSERT_EQ(next, made);
  }
}

}  // namespace
}  // namespace wallaroo::connect
