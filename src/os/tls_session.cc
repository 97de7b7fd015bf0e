#include "os/tls_session.h"

#include <fmt/format.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <climits>
#include <cstring>

#include "base/assert.h"
#include "os/tls_reason.h"

namespace wallaroo::os {
namespace {

using io::IoResult;
using io::IoStatus;

constexpr size_t kSealBytes = 64 * 1024;     // encrypted before the net is asked to take them
constexpr size_t kOutBytesMax = 256 * 1024;  // a peer that demands answers and takes none
constexpr size_t kRecordBytes = SSL3_RT_MAX_PLAIN_LENGTH;
constexpr size_t kReadBytes = 64 * 1024;  // from the net at once, when open
constexpr size_t kClientHelloBytesMax = 8 * 1024;
constexpr size_t kRecordHeaderBytes = 5;
constexpr unsigned char kHandshakeRecord = 22;
constexpr unsigned char kClientHello = 1;

TlsSession* session_of(const SSL* ssl) { return static_cast<TlsSession*>(SSL_get_app_data(ssl)); }

long bio_control(BIO*, int command, long, void*) { return command == BIO_CTRL_FLUSH ? 1 : 0; }

constexpr const char* kNoTls =
    "it does not speak TLS; let it connect with TLS, or listen without tls://";

}  // namespace

bio_method_st* TlsSession::make_bio_method() {
  BIO_METHOD* method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "wallaroo");
  BIO_meth_set_read(method, bio_read);
  BIO_meth_set_write(method, bio_write);
  BIO_meth_set_ctrl(method, bio_control);
  return method;
}

void TlsSession::watch_client(ssl_ctx_st* context) {
  SSL_CTX_set_cert_cb(
      context,
      [](SSL* ssl, void*) {
        session_of(ssl)->asked_ = true;
        return 1;
      },
      nullptr);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  SSL_CTX_sess_set_new_cb(context, [](SSL* ssl, SSL_SESSION*) {
    session_of(ssl)->confirmed_ = true;
    return 0;
  });
}

TlsSession::TlsSession(std::shared_ptr<const TlsContext> context, const std::string* peer_name)
    : context_(std::move(context)),
      client_(peer_name != nullptr),
      peer_name_(client_ ? *peer_name : std::string()),
      phase_(client_ ? Phase::connecting : Phase::handshaking) {}

TlsSession::~TlsSession() { SSL_free(ssl_); }

void TlsSession::attach(io::Net& net, io::ConnectionId id) {
  net_ = &net;
  id_ = id;
}

void TlsSession::begin() {
  start();
  phase_ = Phase::handshaking;
}

void TlsSession::start() {
  ssl_ = SSL_new(client_ ? context_->client() : context_->server());
  ASSERT(ssl_ != nullptr, "no memory for a TLS connection");
  SSL_set_app_data(ssl_, this);
  BIO* bio = BIO_new(context_->bio_method());
  BIO_set_data(bio, this);
  BIO_set_init(bio, 1);
  SSL_set_bio(ssl_, bio, bio);
  if (!client_) return SSL_set_accept_state(ssl_);
  SSL_set_connect_state(ssl_);
  if (X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl_), peer_name_.c_str()) == 1) return;
  ERR_clear_error();
  SSL_set_hostflags(ssl_, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  const bool named = SSL_set1_host(ssl_, peer_name_.c_str()) == 1;
  ASSERT(named, "no memory for a TLS connection");
  // Too long, it is not sent.
  (void)SSL_ctrl(ssl_, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
                 const_cast<char*>(peer_name_.c_str()));
}

/// Looks at the first bytes of a client before anything is allocated for it: whether it speaks TLS,
/// and whether its first message has a length that is believable. OpenSSL would make room for twice
/// of what a connection may keep that nobody knows yet.
bool TlsSession::begin_server() {
  while (first_bytes_ < first_.size()) {
    const IoResult got =
        net_->read(id_, {first_.data() + first_bytes_, first_.size() - first_bytes_});
    below_ = got.status;
    if (got.status == IoStatus::would_block) return false;
    if (got.status != IoStatus::ok) {
      const bool silent = got.status == IoStatus::eof && first_bytes_ == 0;
      fail(silent ? "" : "it ended the connection inside the TLS handshake");
      if (silent) read_end_ = IoStatus::eof;
      return false;
    }
    first_bytes_ += got.bytes;
    if (static_cast<unsigned char>(first_[0]) != kHandshakeRecord) {
      fail(kNoTls);
      return false;
    }
  }
  const auto at = [this](size_t i) { return size_t{static_cast<unsigned char>(first_[i])}; };
  const size_t record_bytes = at(3) << 8 | at(4);
  const size_t message_bytes = at(6) << 16 | at(7) << 8 | at(8);
  const bool senseless = record_bytes < first_.size() - kRecordHeaderBytes || at(5) != kClientHello;
  if (senseless || message_bytes > kClientHelloBytesMax) {
    fail(senseless ? kNoTls : "the first message of its TLS handshake is too long");
    return false;
  }
  start();
  return true;
}

void TlsSession::advance() {
  if (phase_ == Phase::handshaking) {
    if (ssl_ == nullptr && !begin_server()) return;
    ERR_clear_error();
    const int status = SSL_do_handshake(ssl_);
    const int error = status == 1 ? SSL_ERROR_NONE : SSL_get_error(ssl_, status);
    if (status != 1 && (error != SSL_ERROR_WANT_READ || below_ != IoStatus::would_block)) {
      return fail_handshake();
    }
    const bool flushed = flush();
    if (status != 1) return;
    if (flushed) out_ = std::string();  // most connections only read from now on
    const bool confirm = client_ && asked_ && SSL_version(ssl_) >= TLS1_3_VERSION;
    phase_ = confirm ? Phase::confirming : Phase::open;
    // From now on the peer is known and may have larger buffers.
    SSL_set_default_read_buffer_len(ssl_, kReadBytes);
  }
  if (phase_ != Phase::confirming) return;
  char byte = 0;
  ERR_clear_error();
  const int status = SSL_peek(ssl_, &byte, 1);
  const int error = SSL_get_error(ssl_, status);
  if (status <= 0 && (error != SSL_ERROR_WANT_READ || below_ != IoStatus::would_block)) {
    return fail_handshake();
  }
  if (status > 0 || confirmed_) phase_ = Phase::open;
}

void TlsSession::expire(const std::string& why) {
  // Not every server says that it took a certificate.
  if (phase_ == Phase::confirming) {
    phase_ = Phase::open;
  } else if (phase_ != Phase::open) {
    fail(why);
  }
}

void TlsSession::break_off() {
  if (phase_ == Phase::open || phase_ == Phase::failed) return;
  fail(phase_ == Phase::connecting ? "" : "the connection broke inside the TLS handshake");
}

void TlsSession::fail_handshake() {
  std::string reason = handshake_reason(ssl_, peer_name_);
  if (below_ == IoStatus::eof) reason = "it ended the connection inside the TLS handshake";
  if (below_ == IoStatus::broken) reason = "the connection broke inside the TLS handshake";
  (void)flush();  // the alert that tells the peer
  fail(std::move(reason));
}

void TlsSession::fail(std::string reason) {
  phase_ = Phase::failed;
  reason_ = std::move(reason);
  read_end_ = IoStatus::broken;
}

IoResult TlsSession::read(std::span<char> into) {
  if (read_end_ != IoStatus::would_block) return {0, read_end_};
  if (phase_ != Phase::open) return {0, IoStatus::would_block};
  size_t bytes = 0;
  while (bytes < into.size()) {
    ERR_clear_error();
    size_t some = 0;
    const size_t room = std::min<size_t>(into.size() - bytes, INT_MAX);
    const int status = SSL_read_ex(ssl_, into.data() + bytes, room, &some);
    if (status != 1) {
      end_reading(SSL_get_error(ssl_, status));
      break;
    }
    bytes += some;
  }
  (void)flush();  // an answer that the protocol demands
  if (bytes != 0) return {bytes, IoStatus::ok};
  return {0, read_end_};
}

void TlsSession::end_reading(int error) {
  if (error == SSL_ERROR_WANT_READ && below_ == IoStatus::would_block) return;
  if (error == SSL_ERROR_ZERO_RETURN) {
    read_end_ = IoStatus::eof;
    return;
  }
  read_end_ = IoStatus::broken;
  if (below_ == IoStatus::eof) {
    reason_ =
        "it ended the connection without the goodbye of TLS, so what it sent last may be missing";
    ERR_clear_error();
  } else if (below_ != IoStatus::broken) {
    reason_ = session_reason();
  }
}

IoResult TlsSession::writev(std::span<const std::span<const char>> parts) {
  if (phase_ == Phase::failed || read_end_ == IoStatus::broken || write_ended_) {
    return {0, IoStatus::broken};
  }
  const bool room = flush();
  if (below_ == IoStatus::broken) return {0, IoStatus::broken};
  if (phase_ != Phase::open || !room) {
    writable_wanted = true;
    return {0, IoStatus::would_block};
  }
  size_t written = 0;
  for (std::span<const char> part : parts) {
    while (!part.empty()) {
      ERR_clear_error();
      size_t some = 0;
      if (SSL_write_ex(ssl_, part.data(), std::min(part.size(), kRecordBytes), &some) != 1) {
        read_end_ = IoStatus::broken;
        reason_ = session_reason();
        return {written, IoStatus::broken};
      }
      part = part.subspan(some);
      written += some;
      if (unsent_bytes() >= kSealBytes && !flush()) return {written, IoStatus::ok};
    }
  }
  (void)flush();
  if (below_ == IoStatus::broken) return {written, IoStatus::broken};
  return {written, IoStatus::ok};
}

bool TlsSession::flush() {
  while (out_at_ < out_.size()) {
    const std::span<const char> rest(out_.data() + out_at_, out_.size() - out_at_);
    const IoResult result = net_->writev(id_, {&rest, 1});
    out_at_ += result.bytes;
    if (result.status == IoStatus::would_block) return false;
    if (result.status == IoStatus::ok) continue;
    below_ = IoStatus::broken;
    out_at_ = out_.size();
  }
  out_.clear();
  out_at_ = 0;
  if (std::exchange(shutdown_due_, false)) net_->shutdown_write(id_);
  return true;
}

void TlsSession::finish_writing() {
  if (std::exchange(write_ended_, true)) return;
  if (phase_ == Phase::open && read_end_ != IoStatus::broken) (void)SSL_shutdown(ssl_);
  ERR_clear_error();
  shutdown_due_ = true;
  (void)flush();
}

bool TlsSession::say_goodbye() {
  if (phase_ == Phase::failed && ssl_ == nullptr && first_bytes_ != 0) return false;
  if (phase_ != Phase::open || read_end_ == IoStatus::broken) return true;
  if (read_end_ != IoStatus::eof && SSL_has_pending(ssl_) == 1) return false;
  finish_writing();
  return true;
}

IoResult TlsSession::receive(std::span<char> into) {
  if (first_at_ < first_bytes_) {
    const size_t bytes = std::min(into.size(), first_bytes_ - first_at_);
    std::memcpy(into.data(), first_.data() + first_at_, bytes);
    first_at_ += bytes;
    return {bytes, IoStatus::ok};
  }
  return net_->read(id_, into);
}

int TlsSession::bio_read(bio_st* bio, char* into, int room) {
  auto* session = static_cast<TlsSession*>(BIO_get_data(bio));
  BIO_clear_retry_flags(bio);
  if (room <= 0) return 0;
  const IoResult got = session->receive({into, static_cast<size_t>(room)});
  session->below_ = got.status;
  if (got.status == IoStatus::ok) return static_cast<int>(got.bytes);
  if (got.status == IoStatus::would_block) BIO_set_retry_read(bio);
  return got.status == IoStatus::eof ? 0 : -1;
}

/// Takes everything: the callers look at out_ before they have more encrypted. Only a peer that
/// makes us answer without end meets the limit, and loses its connection.
int TlsSession::bio_write(bio_st* bio, const char* from, int bytes) {
  auto* session = static_cast<TlsSession*>(BIO_get_data(bio));
  BIO_clear_retry_flags(bio);
  if (bytes <= 0 || session->unsent_bytes() > kOutBytesMax) return -1;
  session->out_.append(from, static_cast<size_t>(bytes));
  return bytes;
}

}  // namespace wallaroo::os
