#include "os/tls_reason.h"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

namespace wallaroo::os {
namespace {

constexpr int kAlertOffset = SSL_AD_REASON_OFFSET;  // an alert of the peer is a reason of OpenSSL

/// The oldest entry is the cause.
unsigned long take_code() {
  const unsigned long code = ERR_peek_error();
  ERR_clear_error();
  return code;
}

std::string text_of(unsigned long code) {
  const int reason = ERR_GET_REASON(code);
  if (ERR_GET_LIB(code) == ERR_LIB_SSL && reason == kAlertOffset + TLS13_AD_CERTIFICATE_REQUIRED) {
    return "it demands a client certificate; give one by --tls-certificate and --tls-key";
  }
  if (ERR_GET_LIB(code) == ERR_LIB_SSL && reason >= kAlertOffset) {
    return fmt::format("it refused us with the alert '{}'",
                       SSL_alert_desc_string_long(reason - kAlertOffset));
  }
  const char* text = code == 0 ? nullptr : ERR_reason_error_string(code);
  return fmt::format("TLS failed: {}", text == nullptr ? "unknown reason" : text);
}

std::string certificate_reason(long verdict, const std::string& peer_name) {
  const char* flag = peer_name.empty() ? "--tls-client-ca" : "--tls-ca";
  switch (verdict) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return "its certificate has expired; it needs a new one";
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return "its certificate is not valid yet; check the clocks of both machines";
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
      return fmt::format("its certificate is not for '{}'; connect by a name that it is for",
                         peer_name);
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_CERT_SIGNATURE_FAILURE:
      return fmt::format("its certificate is not from an authority that {} trusts", flag);
    default:
      return fmt::format("its certificate is refused: {}", X509_verify_cert_error_string(verdict));
  }
}

}  // namespace

std::string handshake_reason(const ssl_st* session, const std::string& peer_name) {
  const unsigned long code = take_code();
  if (ERR_GET_LIB(code) != ERR_LIB_SSL) return text_of(code);
  switch (ERR_GET_REASON(code)) {
    case SSL_R_CERTIFICATE_VERIFY_FAILED:
      return certificate_reason(SSL_get_verify_result(session), peer_name);
    case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE:
      return "it shows no client certificate, which --tls-client-ca demands";
    case SSL_R_UNSUPPORTED_PROTOCOL:
    case SSL_R_NO_PROTOCOLS_AVAILABLE:
    case SSL_R_VERSION_TOO_LOW:
      return "it does not speak TLS 1.2 or newer";
    case SSL_R_WRONG_VERSION_NUMBER:
    case SSL_R_HTTP_REQUEST:
      return "it does not speak TLS; leave tls:// out of one address or add it to the other";
    case SSL_R_NO_SHARED_CIPHER:
      return "it and we have no cipher in common";
    default:
      return text_of(code);
  }
}

std::string session_reason() { return text_of(take_code()); }

}  // namespace wallaroo::os
