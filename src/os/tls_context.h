// What all TLS connections of a process share: certificate, key, and whom to trust. Read once from
// files; then never changed, so every core may use it.
#pragma once

#include <memory>
#include <string>

#include "base/result.h"

// As OpenSSL declares them.
struct ssl_ctx_st;
struct bio_method_st;

namespace wallaroo::os {

/// Paths of PEM files. Empty ones are not given.
struct TlsFiles {
  std::string certificate{};  // ours, and behind it those that lead to its authority
  std::string key{};          // of the certificate; only its owner may read the file
  std::string ca{};           // whom we trust when we connect; not given: the system's authorities
  std::string client_ca{};    // who connects to us has to show a certificate of one of these

  bool given() const {
    return !certificate.empty() || !key.empty() || !ca.empty() || !client_ca.empty();
  }
};

class TlsContext {
 public:
  /// Every refusal names the flag and the file.
  static Result<std::shared_ptr<const TlsContext>> make(const TlsFiles& files);
  ~TlsContext();
  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;

  /// For who listens; null without a certificate.
  ssl_ctx_st* server() const { return server_; }
  ssl_ctx_st* client() const { return client_; }
  bio_method_st* bio_method() const { return bio_method_; }

 private:
  TlsContext() = default;
  Result<void> load(const TlsFiles& files);

  ssl_ctx_st* server_ = nullptr;
  ssl_ctx_st* client_ = nullptr;
  bio_method_st* bio_method_ = nullptr;
};

/// Why one cannot listen with TLS.
tl::unexpected<Error> no_certificate_error(const std::string& address);

}  // namespace wallaroo::os
