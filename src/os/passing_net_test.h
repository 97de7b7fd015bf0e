// A network that passes everything on to another: what stands between them in a test overrides the
// rest.
#pragma once

#include <memory>
#include <utility>

#include "os/system_net.h"

namespace wallaroo::os {

class PassingNet : public SystemNet {
 public:
  explicit PassingNet(std::unique_ptr<SystemNet> net) : net_(std::move(net)) {}

  Result<io::ListenerId> listen(const io::Address& at) override { return net_->listen(at); }
  io::Address listen_address(io::ListenerId listener) const override {
    return net_->listen_address(listener);
  }
  void close_listener(io::ListenerId listener) override { net_->close_listener(listener); }
  void end_listener(io::ListenerId listener) override { net_->end_listener(listener); }
  Result<io::ConnectionId> connect(const io::Address& to) override { return net_->connect(to); }
  Result<io::ConnectionId> listen_datagrams(const io::Address& address, size_t bytes) override {
    return net_->listen_datagrams(address, bytes);
  }
  io::Address datagram_address(io::ConnectionId socket) const override {
    return net_->datagram_address(socket);
  }
  io::Datagram read_datagram(io::ConnectionId socket, std::span<char> into) override {
    return net_->read_datagram(socket, into);
  }
  size_t poll(std::span<io::NetEvent> events) override { return net_->poll(events); }
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
  void wait(int64_t timeout_ns) override { net_->wait(timeout_ns); }
  void wake() override { net_->wake(); }

 private:
  const std::unique_ptr<SystemNet> net_;
};

}  // namespace wallaroo::os
