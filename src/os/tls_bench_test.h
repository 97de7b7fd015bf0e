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
#include "os/socket_address.h"
#include "os/tls_net.h"

namespace wallaroo::os {
/// A Net whose handshakes go on whenever somebody waits, as they do when each has its own thread.
/// What that makes known is kept until it is polled.
class PumpedNet final : public io::Net {
 public:
  explicit PumpedNet(std::unique_ptr<TlsNet> net) : net_(std::move(net)) {}

  void pump() {
    std::array<io::NetEvent, 8> events;
    const size_t count = net_->poll(events);
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

  Result<io::ListenerId> listen(const io::Address& at) override { return net_->listen(at); }
  io::Address listen_address(io::ListenerId listener) const override {
    io::Address address = net_->listen_address(listener);
    address.name = "localhost";
    return address;
  }
  void close_listener(io::ListenerId listener) override { net_->close_listener(listener); }
  void end_listener(io::ListenerId listener) override { net_->end_listener(listener); }
  Result<io::ConnectionId> connect(const io::Address& to) override { return net_->connect(to); }
  Result<io::ConnectionId> listen_datagrams(const io::Address& address,
                                            size_t buffer_bytes) override {
    return net_->listen_datagrams(address, buffer_bytes);
  }
  io::Address datagram_address(io::ConnectionId socket) const override {
    return net_->datagram_address(socket);
  }
  io::Datagram read_datagram(io::ConnectionId socket, std::span<char> into) override {
    return net_->read_datagram(socket, into);
  }
  io::IoResult read(io::ConnectionId connection, std::span<char> into) override {
    return net_->read(connection, into);
  }
  io::IoResult writev(io::ConnectionId connection,
                      std::span<const std::span<const char>> parts) override {
    return net_->writev(connection, parts);
  }
  void shutdown_write(io::ConnectionId connection) override { net_->shutdown_write(connection); }
  void close(io::ConnectionId connection) override { net_->close(connection); }
  void abort(io::ConnectionId connection) override { net_->abort(connection); }
  io::DetachedConnection detach(io::ConnectionId connection) override {
    return net_->detach(connection);
  }
  io::ConnectionId adopt(io::DetachedConnection connection) override {
    return net_->adopt(connection);
  }

 private:
  const std::unique_ptr<TlsNet> net_;
  std::deque<io::NetEvent> known_;
};

inline void send_test_datagram(const io::Address& to, std::string_view bytes) {
  const auto where = to_socket_address(to);
  const Descriptor socket(::socket(where->family(), SOCK_DGRAM | SOCK_CLOEXEC, 0));
  EXPECT_EQ(::sendto(socket.get(), bytes.data(), bytes.size(), 0, where->get(), where->length),
            static_cast<ssize_t>(bytes.size()));
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
  io::Address dead_address() override {
    auto listener = nets_[2]->listen(free_address());
    EXPECT_TRUE(listener.has_value());
    const io::Address address = nets_[2]->listen_address(*listener);
    nets_[2]->close_listener(*listener);
    return address;
  }
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
