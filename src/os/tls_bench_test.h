// What io/net_contract.h needs to be run on TlsNet.
#pragma once

#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <deque>
#include <thread>

#include "io/net_bench_test.h"
#include "os/certificates_test.h"
#include "os/descriptor.h"
#include "os/epoll_net.h"
#include "os/passing_net_test.h"
#include "os/socket_address.h"
#include "os/tls_net.h"

namespace wallaroo::os {

/// A Net whose handshakes go on whenever somebody waits, as they do when each has its own thread.
/// What that makes known is kept until it is polled.
class PumpedNet final : public PassingNet {
 public:
  using PassingNet::PassingNet;

  void pump() {
    std::array<io::NetEvent, 8> events;
    const size_t count = PassingNet::poll(events);
    known_.insert(known_.end(), events.begin(), events.begin() + count);
  }
  size_t poll(std::span<io::NetEvent> events) override {
    pump();
    size_t count = 0;
    while (count < events.size() && !known_.empty()) {
      events[count++] = known_.front();
      known_.pop_front();
    }
    return count;
  }
  io::Address listen_address(io::ListenerId listener) const override {
    io::Address address = PassingNet::listen_address(listener);
    address.name = "localhost";
    return address;
  }

 private:
  std::deque<io::NetEvent> known_;
};

inline void send_test_datagram(const io::Address& to, std::string_view bytes) {
  const auto where = to_socket_address(to);
  const Descriptor socket(::socket(where->family(), SOCK_DGRAM | SOCK_CLOEXEC, 0));
  EXPECT_EQ(::sendto(socket.get(), bytes.data(), bytes.size(), 0, where->get(), where->length),
            static_cast<ssize_t>(bytes.size()));
}

/// An address that was `net`'s a moment ago: refused, unless another program takes it right now.
inline io::Address address_given_up(io::Net& net, const io::Address& free) {
  const auto listener = net.listen(free);
  EXPECT_TRUE(listener.has_value());
  const io::Address address = net.listen_address(*listener);
  net.close_listener(*listener);
  return address;
}

class TlsBench final : public io::NetBench {
 public:
  explicit TlsBench(bool tls) : tls_(tls) {
    const TestCertificate own = authority_.issue("server");
    const auto context =
        TlsContext::make({.certificate = own.certificate, .key = own.key, .ca = authority_.file()});
    EXPECT_TRUE(context.has_value()) << context.error().message;
    for (auto& net : nets_) {
      net = std::make_unique<PumpedNet>(std::make_unique<TlsNet>(*EpollNet::make(), *context));
    }
  }

  io::Net& core(size_t index) override { return *nets_[index]; }
  io::Net& outside() override { return *nets_[2]; }
  io::Address free_address() override { return {"127.0.0.1", 0, tls_}; }
  io::Address dead_address() override { return address_given_up(*nets_[2], free_address()); }
  void send_datagram(const io::Address& to, std::string_view bytes) override {
    send_test_datagram(to, bytes);
  }
  void wait() override {
    for (auto& net : nets_) net->pump();
    std::this_thread::sleep_for(std::chrono::microseconds(200));
  }

  void settle() override {
    for (int i = 0; i < 10; ++i) wait();
  }

 private:
  const bool tls_;
  TestFolder folder_;
  TestAuthority authority_{folder_, "authority"};
  std::unique_ptr<PumpedNet> nets_[3];
};

}  // namespace wallaroo::os
