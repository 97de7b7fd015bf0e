// TLS in front of another network port: connections to and from addresses with `tls` are encrypted,
// all others pass straight through.
//
// A connection is told as `accepted` before its handshake, so that it can move to its core first;
// until the handshake is done its reads and writes block. `connected` comes after the handshake. A
// handshake that fails or takes too long ends in `closed`, and close_reason() tells why.
#pragma once

#include <deque>
#include <memory>
#include <set>
#include <utility>
#include <vector>

#include "os/system_net.h"
#include "os/tls_context.h"
#include "os/tls_session.h"

namespace wallaroo::os {

struct TlsNetOptions {
  /// From accepted or connected to the end of the handshake.
  int64_t handshake_ns = 5'000'000'000;
  /// How long a client that showed a certificate waits for word that it was taken.
  int64_t confirm_ns = 1'000'000'000;
};

class TlsNet final : public SystemNet {
 public:
  TlsNet(std::unique_ptr<SystemNet> below, std::shared_ptr<const TlsContext> context,
         const TlsNetOptions& options = {});
  ~TlsNet() override;

  Result<io::ListenerId> listen(const io::Address& address) override;
  io::Address listen_address(io::ListenerId listener) const override;
  void close_listener(io::ListenerId listener) override;
  void end_listener(io::ListenerId listener) override { below_->end_listener(listener); }
  Result<io::ConnectionId> connect(const io::Address& address) override;
  Result<io::ConnectionId> listen_datagrams(const io::Address& address,
                                            size_t buffer_bytes) override {
    return below_->listen_datagrams(address, buffer_bytes);
  }
  io::Address datagram_address(io::ConnectionId socket) const override {
    return below_->datagram_address(socket);
  }
  io::Datagram read_datagram(io::ConnectionId socket, std::span<char> into) override {
    return below_->read_datagram(socket, into);
  }
  size_t poll(std::span<io::NetEvent> events) override;
  io::IoResult read(io::ConnectionId connection, std::span<char> into) override;
  io::IoResult writev(io::ConnectionId connection,
                      std::span<const std::span<const char>> parts) override;
  size_t unsent_bytes(io::ConnectionId connection) const override;
  void shutdown_write(io::ConnectionId connection) override;
  io::Address peer_address(io::ConnectionId connection) const override {
    return below_->peer_address(connection);
  }
  std::string close_reason(io::ConnectionId connection) const override;
  void close(io::ConnectionId connection) override;
  void abort(io::ConnectionId connection) override;
  io::DetachedConnection detach(io::ConnectionId connection) override;
  io::ConnectionId adopt(io::DetachedConnection connection) override;

  void wait(int64_t timeout_ns) override;
  void wake() override { below_->wake(); }

 private:
  struct Detached {
    io::DetachedConnection socket;
    std::unique_ptr<TlsSession> session;
  };

  TlsSession* find(io::ConnectionId connection) const;
  TlsSession& add(io::ConnectionId connection, std::unique_ptr<TlsSession> session);
  std::unique_ptr<TlsSession> remove(io::ConnectionId connection);
  bool is_tls(io::ListenerId listener) const;
  bool passes(const io::NetEvent& event);
  void handle(TlsSession& session, io::NetEventKind kind);
  void queue(TlsSession& session);
  void advance(TlsSession& session);
  void settle(TlsSession& session, TlsSession::Phase before);
  void advance_some();
  void expire();
  void set_deadline(TlsSession& session, int64_t deadline_ns);
  void tell(const TlsSession& session, io::NetEventKind kind);
  size_t take_told(std::span<io::NetEvent> events);

  const std::unique_ptr<SystemNet> below_;
  const std::shared_ptr<const TlsContext> context_;
  const TlsNetOptions options_;
  std::vector<io::ListenerId> listeners_;              // with TLS
  std::vector<std::unique_ptr<TlsSession>> sessions_;  // by the low half of the connection's id
  std::deque<uint64_t> advancing_;                     // connections whose handshake can go on
  std::set<std::pair<int64_t, uint64_t>> deadlines_;   // of handshakes, and whose
  std::deque<io::NetEvent> told_;                      // not yet polled
};

/// A core's port: with TLS when there is a context, plain when it is null.
Result<std::unique_ptr<SystemNet>> make_net(std::shared_ptr<const TlsContext> context);

}  // namespace wallaroo::os
