// Receivers that are late, slow, or go away.
#include <gtest/gtest.h>
#include <signal.h>

#include <atomic>
#include <set>
#include <thread>

#include "flow/options.h"
#include "traffic.h"
#include "worker_process.h"

namespace wallaroo::e2e {
namespace {

constexpr int kCores = 2;
constexpr size_t kPadding = 200;

/// What the limits allow a worker of this graph to hold: docs/guide/limits.md has the sum.
size_t memory_limit() {
  const flow::Options options;
  const size_t edges = 1;
  const size_t channels = edges * kCores;  // of one core's sending side
  const size_t batches = channels * (options.credits_per_channel + 2) * options.batch_bytes_max;
  const size_t sink = options.sink_buffer_bytes_max + 64 * options.sink_chunk_bytes;
  return kCores * (2 * options.receive_bytes + batches + 2 * sink);
}

/// Sends without end, until told, and never more than the worker takes.
class EndlessSender {
 public:
  EndlessSender(uint16_t port, std::string name) : client_(port), name_(std::move(name)) {
    thread_ = std::thread([this] { run(); });
  }
  ~EndlessSender() { stop(); }

  /// Ends after the message under way, which still has to go out.
  void stop() {
    stop_ = true;
    if (thread_.joinable()) thread_.join();
  }
  uint64_t bytes() const { return bytes_; }
  uint64_t messages() const { return messages_; }
  const std::string& name() const { return name_; }

 private:
  void run() {
    std::string unsent;
    while (!stop_ || !unsent.empty()) {
      while (!stop_ && unsent.size() < 64 * 1024)
        unsent += frame(Honest::message(name_, messages_++, kPadding));
      const size_t sent = client_.send_some(unsent);
      unsent.erase(0, sent);
      bytes_ += sent;
      if (sent == 0) sleep_ms(1);
    }
    client_.finish();
  }

  Client client_;
  const std::string name_;
  std::atomic<bool> stop_{false};
  std::atomic<uint64_t> bytes_{0};
  std::atomic<uint64_t> messages_{0};
  std::thread thread_;
};

TEST(Sink, NotThereAtTheStartLosesNothing) {
  const uint16_t port = free_port();
  WorkerProcess worker({.out = port});
  Honest honest(worker.in(), "honest");
  honest.send(2000);
  ASSERT_TRUE(eventually(
      5, [&] { return worker.sink("messages") == 2000 && worker.sink("connect_failures") >= 4; }));
  EXPECT_GT(worker.sink("buffered_bytes"), 0u);
  EXPECT_NE(worker.log().find("has no connection to 127.0.0.1:" + std::to_string(port)),
            std::string::npos);
  Receiver receiver(port);
  ASSERT_TRUE(receiver.wait_for_lines(2000, 10));
  EXPECT_EQ(worker.sink("connects"), 2u);
  EXPECT_TRUE(eventually(5, [&] { return worker.sink("buffered_bytes") == 0; }));
  worker.signal(SIGTERM);
  EXPECT_EQ(worker.wait(10), 0);
  EXPECT_TRUE(receiver.wait_for_end(10));
  EXPECT_EQ(honest.complaint(read_results(receiver.streams())), "");
}

TEST(Sink, ThatNeverReadsHoldsTheSenderBackInBoundedMemory) {
  Receiver receiver(0, false);
  WorkerProcess worker({.cores = kCores, .out = receiver.port()});
  const size_t before = worker.resident_bytes();
  EndlessSender one(worker.in(), "one");
  EndlessSender two(worker.in(), "two");
  const auto total = [&] { return one.bytes() + two.bytes(); };
  uint64_t last = 0;
  int64_t since = now_ms();
  ASSERT_TRUE(eventually(15, [&] {
    if (total() != last) since = now_ms();
    last = total();
    return last > (4u << 20) && now_ms() - since > 700;
  })) << "the senders are never held back";
  EXPECT_LT(worker.resident_bytes(), before + memory_limit());
  EXPECT_LT(total(), 128u << 20);
  EXPECT_GT(worker.sink("buffered_bytes"), 0u);
  EXPECT_GT(worker.sink("partial_writes"), 0u);

  receiver.read();
  const uint64_t held = last;
  ASSERT_TRUE(eventually(10, [&] { return total() > held + (1u << 20); })) << "it never goes on";
  one.stop();
  two.stop();
  ASSERT_TRUE(receiver.wait_for_lines(one.messages() + two.messages(), 20));
  EXPECT_LT(worker.resident_bytes(), before + memory_limit());
  worker.signal(SIGTERM);
  EXPECT_EQ(worker.wait(10), 0);
  EXPECT_TRUE(receiver.wait_for_end(10));
  const Results results = read_results(receiver.streams());
  EXPECT_EQ(complaint(one.name(), one.messages(), results), "");
  EXPECT_EQ(complaint(two.name(), two.messages(), results), "");
  EXPECT_TRUE(results.malformed.empty());
}

/// What the operating system had taken when the receiver closed is lost, which a plain TCP sink
/// cannot know; everything after the return arrives, nothing is torn, and a key's order holds
/// within each connection.
TEST(Sink, ClosingInTheMiddleAndComingBack) {
  auto first = std::make_unique<Receiver>();
  const uint16_t port = first->port();
  WorkerProcess worker({.cores = kCores, .out = port});
  Honest honest(worker.in(), "honest");
  honest.send(5000, kPadding);
  ASSERT_TRUE(first->wait_for_lines(1000, 10));
  ASSERT_TRUE(eventually(5, [&] { return worker.sink("connects") == kCores; }));
  std::vector<std::string> streams = first->streams();
  first.reset();
  ASSERT_TRUE(eventually(5, [&] { return worker.sink("disconnects") == kCores; }))
      << worker.get("/status") << worker.log();
  const size_t before_return = honest.sent();
  honest.send(5000, kPadding);
  ASSERT_TRUE(eventually(10, [&] { return worker.sink("messages") == 10'000; }));
  Receiver second(port);
  honest.send(5000, kPadding);
  ASSERT_TRUE(eventually(
      10, [&] { return worker.sink("messages") == 15'000 && worker.sink("buffered_bytes") == 0; }));
  EXPECT_NE(worker.log().find("is connected to 127.0.0.1:" + std::to_string(port) + " again"),
            std::string::npos);
  worker.signal(SIGTERM);
  EXPECT_EQ(worker.wait(10), 0);
  EXPECT_TRUE(second.wait_for_end(10));
  for (std::string& stream : second.streams()) streams.push_back(std::move(stream));
  EXPECT_TRUE(read_results(second.streams()).malformed.empty()) << "a torn message";
  EXPECT_TRUE(read_results(streams, true).malformed.empty()) << "a torn message";
  std::set<uint64_t> arrived;
  for (const std::string& stream : streams) {
    for (const auto& [key, results] : read_results({stream}, true).by_key) {
      for (size_t i = 0; i < results.size(); ++i) {
        EXPECT_TRUE(i == 0 || results[i].first > results[i - 1].first) << key;
        EXPECT_EQ(results[i].second, results[i].first / 5 + 1) << key;
        arrived.insert(results[i].first);
      }
    }
  }
  for (uint64_t number = before_return; number < 15'000; ++number)
    ASSERT_TRUE(arrived.contains(number)) << "message " << number << " is lost";
}

/// The part of a chunk that a broken connection had taken is sent again, whole.
TEST(Sink, BreakingWhileAChunkIsUnderWayTearsNoMessage) {
  auto stalled = std::make_unique<Receiver>(0, false);
  const uint16_t port = stalled->port();
  WorkerProcess worker({.cores = 1, .out = port});
  EndlessSender sender(worker.in(), "big");
  ASSERT_TRUE(eventually(10, [&] { return worker.sink("partial_writes") > 0; }));
  sleep_ms(200);
  stalled.reset();
  Receiver second(port);
  ASSERT_TRUE(eventually(10, [&] { return second.lines() > 1000; }));
  sender.stop();
  const std::string last_key = "big" + std::to_string((sender.messages() - 1) % 5);
  ASSERT_TRUE(eventually(20, [&] {
    return worker.sink("messages") == sender.messages() && worker.sink("buffered_bytes") == 0;
  }));
  EXPECT_GT(worker.sink("resent_bytes"), 0u);
  worker.signal(SIGTERM);
  EXPECT_EQ(worker.wait(10), 0);
  EXPECT_TRUE(second.wait_for_end(10));
  Results results = read_results(second.streams());
  EXPECT_TRUE(results.malformed.empty());
  ASSERT_FALSE(results.by_key[last_key].empty());
  EXPECT_EQ(results.by_key[last_key].back().first, sender.messages() - 1);
  for (const auto& [key, of_key] : results.by_key) {
    for (size_t i = 1; i < of_key.size(); ++i) {
      ASSERT_EQ(of_key[i].first, of_key[i - 1].first + 5) << key << ": a gap behind the return";
    }
  }
}

TEST(Sink, WhatAReceiverSendsIsIgnored) {
  Receiver receiver;
  WorkerProcess worker({.out = receiver.port()});
  Honest honest(worker.in(), "honest");
  honest.send(100);
  ASSERT_TRUE(receiver.wait_for_lines(100, 10));
  receiver.say(std::string(100'000, 'z'));
  honest.send(100);
  ASSERT_TRUE(receiver.wait_for_lines(200, 10));
  EXPECT_EQ(worker.sink("disconnects"), 0u);
  worker.signal(SIGTERM);
  EXPECT_EQ(worker.wait(10), 0);
  EXPECT_TRUE(receiver.wait_for_end(10));
  EXPECT_EQ(honest.complaint(read_results(receiver.streams())), "");
}

}  // namespace
}  // namespace wallaroo::e2e
