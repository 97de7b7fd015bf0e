// Disks that are full and frames that are damaged in every place, each beside an honest sender.
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "traffic.h"
#include "worker_process.h"

namespace wallaroo::e2e {
namespace {

class HostileDisk : public testing::Test {
 protected:
  HostileDisk() {
    std::string pattern = testing::TempDir() + "e2e-XXXXXX";
    EXPECT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }
  ~HostileDisk() override {
    ::unlink(file().c_str());
    ::rmdir(folder_.c_str());
  }
  std::string file() const { return folder_ + "/out"; }
  std::string content() const {
    std::stringstream text;
    text << std::ifstream(file(), std::ios::binary).rdbuf();
    return text.str();
  }

 private:
  std::string folder_;
};

TEST_F(HostileDisk, AFullDiskIsWaitedForAndNothingIsLost) {
  constexpr uint64_t kRoom = 20'000;
  WorkerProcess worker({.limits = {"file=" + file()}});
  worker.limit_files(kRoom);
  Honest honest(worker.in(), "honest");
  honest.send(5'000, 20);
  ASSERT_TRUE(eventually(10, [&] { return worker.sink("write_failures") > 0; }));
  EXPECT_EQ(worker.get("/healthz"), "ok\n");
  const std::string before = content();
  EXPECT_LE(before.size(), kRoom);
  EXPECT_TRUE(before.empty() || before.back() == '\n') << "a message was cut in two";
  EXPECT_NE(worker.log().find("sink 'out' cannot write to '" + file() + "': File too large"),
            std::string::npos)
      << worker.log();
  worker.limit_files(RLIM_INFINITY);
  honest.send(5'000, 20);
  honest.finish();
  ASSERT_TRUE(eventually(10, [&] { return worker.sink("messages") >= 10'000; }));
  worker.signal(SIGTERM);
  EXPECT_EQ(worker.wait(10), 0) << worker.log();
  const Results results = read_results({content()});
  EXPECT_TRUE(results.malformed.empty());
  EXPECT_EQ(honest.complaint(results), "");
  EXPECT_NE(worker.log().find("writes to '" + file() + "' again"), std::string::npos);
}

TEST_F(HostileDisk, AFullDiskHoldsTheSendersBack) {
  constexpr size_t kMemoryMax = 64u << 20;
  WorkerProcess worker({.limits = {"file=" + file()}});
  const size_t before = worker.resident_bytes();
  worker.limit_files(1'000);
  Client client(worker.in());
  const std::string message = frame("word:1 " + std::string(1'000, 'x') + ":1");
  size_t sent = 0;
  for (int round = 0; round < 200; ++round) {
    for (size_t bytes = 1; bytes != 0;) {
      bytes = client.send_some(message);
      sent += bytes;
    }
    sleep_ms(5);
  }
  EXPECT_LT(worker.resident_bytes(), before + kMemoryMax) << "after " << sent << " bytes";
  EXPECT_EQ(worker.get("/healthz"), "ok\n");
}

TEST(HostileFrames, EveryBitFlippedAndEveryTruncationIsSurvived) {
  Receiver receiver;
  WorkerProcess worker({.out = receiver.port(), .limits = {"frame=4096"}});
  Honest honest(worker.in(), "honest");
  honest.send(500);
  const std::string valid = frame("flipped:1");
  for (size_t bit = 0; bit < valid.size() * 8; ++bit) {
    std::string damaged = valid;
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << bit % 8));
    Client client(worker.in());
    (void)client.send(damaged + valid);
    client.finish();
  }
  for (size_t bytes = 0; bytes < valid.size(); ++bytes) {
    Client client(worker.in());
    (void)client.send(valid.substr(0, bytes));
    client.finish();
  }
  EXPECT_TRUE(eventually(10, [&] { return worker.source("connections") == 1; }));
  EXPECT_GE(worker.source("frames_over_limit"), 19u) << "19 bits of the length pass the limit";
  EXPECT_GE(worker.source("frames_truncated"), valid.size() - 1);
  honest.send(500);
  honest.finish();
  worker.signal(SIGTERM);
  EXPECT_EQ(worker.wait(10), 0) << worker.log();
  EXPECT_TRUE(receiver.wait_for_end(10));
  EXPECT_EQ(honest.complaint(read_results(receiver.streams())), "");
}

TEST(HostileFrames, LengthsOfSixtyFourBitsAreRefusedBeforeAnythingIsKept) {
  Receiver receiver;
  WorkerProcess worker({.out = receiver.port(), .limits = {"u64", "frame=4096"}});
  uint64_t refused = 0;
  for (const char first : {'\x80', '\x7f', '\xff', '\x00'}) {
    Client client(worker.in());
    ASSERT_TRUE(client.send(std::string(1, first) + std::string("\0\0\0\1\0\0\0", 7) + "and more"));
    EXPECT_TRUE(client.ended_by_peer(5));
    ++refused;
    EXPECT_TRUE(eventually(5, [&] { return worker.source("frames_over_limit") == refused; }));
  }
  Client honest(worker.in());
  ASSERT_TRUE(honest.send(std::string("\0\0\0\0\0\0\0\3a:0", 11)));
  EXPECT_TRUE(receiver.wait_for_lines(1, 10));
}

/// Takes connections for `seconds` and resets each at once; returns how many came.
int reset_everybody(int listener, double seconds) {
  int count = 0;
  const int64_t end = now_ms() + static_cast<int64_t>(seconds * 1000);
  while (now_ms() < end) {
    const int peer = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
    if (peer < 0) {
      sleep_ms(1);
      continue;
    }
    ++count;
    const linger at_once{1, 0};
    ::setsockopt(peer, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    ::close(peer);
  }
  return count;
}

TEST(HostileSinks, AReceiverThatResetsEveryConnectionIsAskedLessAndLess) {
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  sockaddr_in any{};
  any.sin_family = AF_INET;
  any.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof any;
  ASSERT_EQ(::bind(listener, reinterpret_cast<sockaddr*>(&any), length), 0);
  ASSERT_EQ(::listen(listener, 100), 0);
  ASSERT_EQ(::getsockname(listener, reinterpret_cast<sockaddr*>(&any), &length), 0);
  WorkerProcess worker({.cores = 1, .out = ntohs(any.sin_port)});
  Honest honest(worker.in(), "honest");
  honest.send(200);
  const int came = reset_everybody(listener, 1.5);
  EXPECT_GT(came, 1);
  EXPECT_LT(came, 20) << "its pauses do not grow";
  EXPECT_EQ(worker.get("/healthz"), "ok\n");
  EXPECT_TRUE(worker.running());
  ::close(listener);
}

}  // namespace
}  // namespace wallaroo::e2e
