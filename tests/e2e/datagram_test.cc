// A worker that receives datagrams.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "traffic.h"
#include "worker_process.h"

namespace wallaroo::e2e {
namespace {

constexpr size_t kDatagramBytesMax = 1'000;

class Datagrams : public testing::Test {
 protected:
  Datagrams()
      : fd_(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)),
        worker_({.out = receiver_.port(),
                 .limits = {"udp", "frame=" + std::to_string(kDatagramBytesMax)}}) {}
  ~Datagrams() override { ::close(fd_); }

  void send(const std::string& bytes) {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(worker_.in());
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::sendto(fd_, bytes.data(), bytes.size(), 0, reinterpret_cast<const sockaddr*>(&to),
                       sizeof to),
              static_cast<ssize_t>(bytes.size()));
  }

  Receiver receiver_;
  int fd_;
  WorkerProcess worker_;
};

TEST_F(Datagrams, become_a_message_each) {
  for (int i = 0; i < 50; ++i) {
    send("a:" + std::to_string(i));
    // One at a time, so that none is lost for want of room.
    ASSERT_TRUE(receiver_.wait_for_lines(static_cast<size_t>(i) + 1, 10));
  }
  send("");
  send(std::string(kDatagramBytesMax + 1, 'x'));
  send("b:0");
  ASSERT_TRUE(receiver_.wait_for_lines(51, 10));
  EXPECT_EQ(worker_.source("messages"), 52u) << "the empty one is a message too";
  EXPECT_EQ(worker_.source("datagrams_over_limit"), 1u);
  worker_.signal(SIGTERM);
  EXPECT_EQ(worker_.wait(10), 0) << worker_.log();
  const Results results = read_results(receiver_.streams());
  EXPECT_TRUE(results.malformed.empty());
  ASSERT_EQ(results.by_key.at("a").size(), 50u);
  for (uint64_t i = 0; i < 50; ++i) {
    EXPECT_EQ(results.by_key.at("a")[i], std::make_pair(i, i + 1));
  }
}

TEST_F(Datagrams, are_counted_when_the_kernel_has_no_room_for_them) {
  worker_.signal(SIGSTOP);
  constexpr size_t kSent = 1'000;
  for (size_t i = 0; i < kSent; ++i) send("a:" + std::to_string(i) + std::string(500, ' '));
  worker_.signal(SIGCONT);
  // The kernel tells of losses with the next datagram that finds room.
  uint64_t known = 0;
  uint64_t sent = kSent;
  for (int i = 0; i < 1'000 && known < sent; ++i) {
    send("b:0");
    ++sent;
    ::usleep(10'000);
    known = worker_.source("messages") + worker_.source("datagrams_lost");
  }
  EXPECT_EQ(known, sent) << "every datagram is a message or known to be lost";
  EXPECT_GT(worker_.source("datagrams_lost"), 0u);
  EXPECT_NE(worker_.log().find("datagrams were lost"), std::string::npos);
}

}  // namespace
}  // namespace wallaroo::e2e
