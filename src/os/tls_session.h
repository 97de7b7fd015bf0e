// TLS on one connection of a Net: handshake, then bytes both ways. Never blocks; reads from the net
// only what it needs and writes at once what the net takes.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>

#include "io/net.h"
#include "os/tls_context.h"

// As OpenSSL declares them.
struct ssl_st;
struct bio_st;

namespace wallaroo::os {

class TlsSession {
 public:
  enum class Phase : uint8_t {
    connecting,   // client: TCP is not connected yet
    handshaking,  // server: nothing is allocated before its peer's first bytes
    confirming,   // client: has shown its certificate and waits for word that it was taken
    open,
    failed,  // see reason() and read()
  };

  /// Of a server when `peer_name` is null; else the peer must prove to be `*peer_name`.
  TlsSession(std::shared_ptr<const TlsContext> context, const std::string* peer_name);
  ~TlsSession();
  TlsSession(const TlsSession&) = delete;
  TlsSession& operator=(const TlsSession&) = delete;

  /// The connection it lives on; again after a move to another core.
  void attach(io::Net& net, io::ConnectionId id);

  Phase phase() const { return phase_; }
  bool is_client() const { return client_; }
  io::ConnectionId id() const { return id_; }
  /// Why it failed, as a half-sentence about the peer; empty when it did not, or as plain TCP does.
  const std::string& reason() const { return reason_; }

  /// The peer ended the connection in order; before its first byte that is no failure.
  bool ended() const { return read_end_ == io::IoStatus::eof; }

  /// TCP is connected: begins the handshake of a client.
  void begin();
  /// Goes on with the handshake as far as the bytes at hand allow.
  void advance();
  /// The time for the handshake is over.
  void expire(const std::string& why);
  /// The connection broke.
  void break_off();

  io::IoResult read(std::span<char> into);
  io::IoResult writev(std::span<const std::span<const char>> parts);
  /// Hands over what is already encrypted. True when nothing of it is left.
  bool flush();
  size_t unsent_bytes() const { return out_.size() - out_at_; }
  void finish_writing();
  /// Says goodbye as far as that is possible at once. False when what the peer sent was not read,
  /// or was no TLS, so that it has to be told by a reset.
  bool say_goodbye();

  bool writable_wanted = false;  // a writev() ended in would_block
  bool queued = false;           // by TlsNet, to be advanced
  int64_t deadline_ns = 0;       // of the present phase, kept by TlsNet

  static bio_method_st* make_bio_method();
  /// Lets a client notice that it was asked for a certificate, and that it was taken.
  static void watch_client(ssl_ctx_st* context);

 private:
  static int bio_read(bio_st* bio, char* into, int room);
  static int bio_write(bio_st* bio, const char* from, int bytes);

  io::IoResult receive(std::span<char> into);
  bool begin_server();
  void start();
  void fail(std::string reason);
  void fail_handshake();
  void end_reading(int error);

  const std::shared_ptr<const TlsContext> context_;
  const bool client_;
  const std::string peer_name_;
  io::Net* net_ = nullptr;
  io::ConnectionId id_;
  ssl_st* ssl_ = nullptr;
  Phase phase_;
  bool asked_ = false;      // client: for a certificate
  bool confirmed_ = false;  // client: something came behind the handshake
  bool write_ended_ = false;
  bool shutdown_due_ = false;                          // when out_ is flushed
  io::IoStatus below_ = io::IoStatus::ok;              // what the net said last
  io::IoStatus read_end_ = io::IoStatus::would_block;  // eof or broken once reading has ended
  std::string reason_;
  std::array<char, 9> first_{};  // of a client's first record, looked at before OpenSSL sees them
  size_t first_bytes_ = 0;
  size_t first_at_ = 0;
  std::string out_;  // encrypted, from out_at_ not yet taken by the net
  size_t out_at_ = 0;
};

}  // namespace wallaroo::os
