#include "os/tls_context.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "os/descriptor.h"
#include "os/tls_session.h"

namespace wallaroo::os {
namespace {

constexpr size_t kKeyBytesMax = 64 * 1024;
constexpr long kCertificatesBytesMax = 16 * 1024;  // a chain that a peer shows
// Of a record that a listener writes. It writes little, and OpenSSL makes room for a whole one
// before it knows the peer.
constexpr long kServerRecordBytes = 4096;

tl::unexpected<Error> refuse(const char* flag, const std::string& file, const std::string& why) {
  return fail(ErrorCode::bad_option, fmt::format("--{} {}: {}", flag, file, why));
}

/// Takes the newest reason from OpenSSL's queue.
std::string library_reason() {
  const unsigned long code = ERR_peek_last_error();
  ERR_clear_error();
  const char* text = code == 0 ? nullptr : ERR_reason_error_string(code);
  return text == nullptr ? "unknown reason" : text;
}

/// Opens a file and refuses what is none. The caller gets its mode.
Result<Descriptor> open_file(const char* flag, const std::string& file, struct stat& found) {
  Descriptor opened(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!opened || ::fstat(opened.get(), &found) != 0) {
    return refuse(flag, file,
                  fmt::format("cannot be opened: {}; check the path and its permissions",
                              std::strerror(errno)));
  }
  if (!S_ISREG(found.st_mode)) return refuse(flag, file, "is not a file; give a PEM file");
  return opened;
}

Result<void> check_file(const char* flag, const std::string& file) {
  struct stat found {};
  TRY_VOID(open_file(flag, file, found));
  return {};
}

/// A key with a passphrase would have to be asked for; nobody is there to answer.
int no_passphrase(char*, int, int, void*) { return -1; }

Result<EVP_PKEY*> read_key(const std::string& file) {
  struct stat found {};
  TRY(opened, open_file("tls-key", file, found));
  if ((found.st_mode & 077) != 0) {
    return refuse("tls-key", file,
                  fmt::format("others than its owner may use it (mode {:04o}); run: chmod 600 {}",
                              found.st_mode & 07777, file));
  }
  std::array<char, kKeyBytesMax> text{};
  size_t bytes = 0;
  while (bytes < text.size()) {
    const ssize_t count = ::read(opened.get(), text.data() + bytes, text.size() - bytes);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) break;
    bytes += static_cast<size_t>(count);
  }
  BIO* memory = BIO_new_mem_buf(text.data(), static_cast<int>(bytes));
  EVP_PKEY* key = PEM_read_bio_PrivateKey(memory, nullptr, no_passphrase, nullptr);
  BIO_free(memory);
  OPENSSL_cleanse(text.data(), text.size());
  ERR_clear_error();
  if (key != nullptr) return key;
  return refuse("tls-key", file,
                "holds no private key in PEM form without a passphrase; write one with: openssl "
                "pkey -in OLD -out NEW");
}

Result<void> use_certificate(SSL_CTX* context, const TlsFiles& files) {
  TRY_VOID(check_file("tls-certificate", files.certificate));
  if (SSL_CTX_use_certificate_chain_file(context, files.certificate.c_str()) != 1) {
    return refuse("tls-certificate", files.certificate,
                  "holds no certificates in PEM form (" + library_reason() + ")");
  }
  TRY(key, read_key(files.key));
  const bool fits = SSL_CTX_use_PrivateKey(context, key) == 1;
  EVP_PKEY_free(key);
  ERR_clear_error();
  if (fits) return {};
  return refuse("tls-key", files.key,
                "is not the key of --tls-certificate " + files.certificate +
                    "; give the two that belong together");
}

Result<void> trust(SSL_CTX* context, const char* flag, const std::string& file) {
  TRY_VOID(check_file(flag, file));
  if (SSL_CTX_load_verify_file(context, file.c_str()) == 1) return {};
  return refuse(flag, file, "holds no certificates in PEM form (" + library_reason() + ")");
}

SSL_CTX* make_context(const SSL_METHOD* method) {
  SSL_CTX* context = SSL_CTX_new(method);
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  // Idle connections, of which there may be thousands, keep no buffers.
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE);
  SSL_CTX_set_read_ahead(context, 1);
  SSL_CTX_set_max_cert_list(context, kCertificatesBytesMax);
  return context;
}

}  // namespace

Result<std::shared_ptr<const TlsContext>> TlsContext::make(const TlsFiles& files) {
  if (files.certificate.empty() != files.key.empty()) {
    return fail(ErrorCode::bad_option,
                fmt::format("--tls-{} is given without --tls-{}; a certificate and its key belong "
                            "together",
                            files.key.empty() ? "certificate" : "key",
                            files.key.empty() ? "key" : "certificate"));
  }
  std::shared_ptr<TlsContext> made(new TlsContext);
  TRY_VOID(made->load(files));
  return made;
}

Result<void> TlsContext::load(const TlsFiles& files) {
  bio_method_ = TlsSession::make_bio_method();
  client_ = make_context(TLS_client_method());
  SSL_CTX_set_verify(client_, SSL_VERIFY_PEER, nullptr);
  TlsSession::watch_client(client_);
  if (files.ca.empty()) {
    (void)SSL_CTX_set_default_verify_paths(client_);
  } else {
    TRY_VOID(trust(client_, "tls-ca", files.ca));
  }
  if (files.certificate.empty()) {
    if (files.client_ca.empty()) return {};
    return fail(ErrorCode::bad_option,
                "--tls-client-ca is given without --tls-certificate and --tls-key, which a "
                "listener needs first");
  }
  TRY_VOID(use_certificate(client_, files));
  server_ = make_context(TLS_server_method());
  SSL_CTX_set_session_cache_mode(server_, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_max_send_fragment(server_, kServerRecordBytes);
  SSL_CTX_set_options(server_, SSL_OP_NO_TICKET | SSL_OP_CIPHER_SERVER_PREFERENCE);
  // Connections last, so nothing is gained by resuming them. To a client that had to show its
  // certificate one ticket says that it was taken.
  SSL_CTX_set_num_tickets(server_, files.client_ca.empty() ? 0 : 1);
  TRY_VOID(use_certificate(server_, files));
  if (files.client_ca.empty()) return {};
  TRY_VOID(trust(server_, "tls-client-ca", files.client_ca));
  SSL_CTX_set_client_CA_list(server_, SSL_load_client_CA_file(files.client_ca.c_str()));
  SSL_CTX_set_verify(server_, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  return {};
}

TlsContext::~TlsContext() {
  SSL_CTX_free(server_);
  SSL_CTX_free(client_);
  BIO_meth_free(bio_method_);
}

tl::unexpected<Error> no_certificate_error(const std::string& address) {
  return fail(ErrorCode::bad_option,
              "cannot listen on " + address +
                  " without a certificate; give --tls-certificate and --tls-key, or leave tls:// "
                  "out of the address");
}

}  // namespace wallaroo::os
