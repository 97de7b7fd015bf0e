// A client that speaks TLS, on OpenSSL alone: nothing here is shared with the engine but the way
// certificates are made.
#pragma once

#include <openssl/ssl.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace wallaroo::e2e {

struct TlsClientSettings {
  uint16_t port;
  std::string ca;
  std::string certificate{};
  std::string key{};
};

class TlsClient {
 public:
  explicit TlsClient(const TlsClientSettings& settings);
  ~TlsClient();
  TlsClient(const TlsClient&) = delete;
  TlsClient& operator=(const TlsClient&) = delete;

  /// The handshake is done.
  bool open() const { return open_; }
  bool send(std::string_view bytes);
  /// Says that no more will be sent.
  void finish();
  /// Ends the connection without saying so.
  void cut();
  /// Whether the peer says goodbye within ten seconds.
  bool peer_says_goodbye();

 private:
  SSL_CTX* context_;
  SSL* ssl_;
  int fd_ = -1;
  bool open_ = false;
};

}  // namespace wallaroo::e2e
