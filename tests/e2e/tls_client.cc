#include "tls_client.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

namespace wallaroo::e2e {

TlsClient::TlsClient(const TlsClientSettings& settings)
    : context_(SSL_CTX_new(TLS_client_method())) {
  EXPECT_EQ(SSL_CTX_load_verify_file(context_, settings.ca.c_str()), 1);
  SSL_CTX_set_verify(context_, SSL_VERIFY_PEER, nullptr);
  if (!settings.certificate.empty()) {
    EXPECT_EQ(SSL_CTX_use_certificate_chain_file(context_, settings.certificate.c_str()), 1);
    EXPECT_EQ(SSL_CTX_use_PrivateKey_file(context_, settings.key.c_str(), SSL_FILETYPE_PEM), 1);
  }
  fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const timeval patience{.tv_sec = 10, .tv_usec = 0};
  ::setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(settings.port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_EQ(::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  ssl_ = SSL_new(context_);
  SSL_set_fd(ssl_, fd_);
  open_ = SSL_connect(ssl_) == 1;
}

TlsClient::~TlsClient() {
  SSL_free(ssl_);
  SSL_CTX_free(context_);
  ::close(fd_);
}

bool TlsClient::send(std::string_view bytes) {
  return SSL_write(ssl_, bytes.data(), static_cast<int>(bytes.size())) ==
         static_cast<int>(bytes.size());
}

void TlsClient::finish() { (void)SSL_shutdown(ssl_); }

void TlsClient::cut() { ::shutdown(fd_, SHUT_WR); }

bool TlsClient::peer_says_goodbye() {
  char byte = 0;
  const int status = SSL_read(ssl_, &byte, 1);
  return status <= 0 && SSL_get_error(ssl_, status) == SSL_ERROR_ZERO_RETURN;
}

}  // namespace wallaroo::e2e
