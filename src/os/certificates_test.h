// Certificates for tests, made while they run in a folder that goes away with its owner.
#pragma once

#include <gtest/gtest.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>

namespace wallaroo::os {

class TestFolder {
 public:
  TestFolder() {
    std::string pattern = testing::TempDir() + "wallaroo-tls-XXXXXX";
    EXPECT_NE(::mkdtemp(pattern.data()), nullptr);
    path_ = pattern;
  }
  ~TestFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TestFolder(const TestFolder&) = delete;
  TestFolder& operator=(const TestFolder&) = delete;

  std::string path(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

struct TestCertificate {
  std::string certificate;  // files
  std::string key;
};

/// What is special about a certificate.
struct CertificateWish {
  std::string names = "DNS:localhost,IP:127.0.0.1";
  long begins_s = -3600;  // from now
  long ends_s = 3600;
};

/// Signs certificates; file() is its own.
class TestAuthority {
 public:
  TestAuthority(const TestFolder& folder, std::string name)
      : folder_(folder), name_(std::move(name)), key_(EVP_EC_gen("P-256")) {
    own_ = make(key_, name_, {.names = ""});
    sign_and_write(own_, file());
  }
  ~TestAuthority() {
    X509_free(own_);
    EVP_PKEY_free(key_);
  }
  TestAuthority(const TestAuthority&) = delete;
  TestAuthority& operator=(const TestAuthority&) = delete;

  std::string file() const { return folder_.path(name_ + ".pem"); }

  TestCertificate issue(const std::string& name, const CertificateWish& wish = {}) const {
    const TestCertificate files{folder_.path(name_ + "-" + name + ".pem"),
                                folder_.path(name_ + "-" + name + ".key")};
    EVP_PKEY* key = EVP_EC_gen("P-256");
    X509* certificate = make(key, name, wish);
    sign_and_write(certificate, files.certificate);
    std::FILE* out = std::fopen(files.key.c_str(), "w");
    EXPECT_EQ(PEM_write_PrivateKey(out, key, nullptr, nullptr, 0, nullptr, nullptr), 1);
    std::fclose(out);
    EXPECT_EQ(::chmod(files.key.c_str(), 0600), 0);
    X509_free(certificate);
    EVP_PKEY_free(key);
    return files;
  }

 private:
  X509* make(EVP_PKEY* key, const std::string& name, const CertificateWish& wish) const {
    X509* made = X509_new();
    X509_set_version(made, X509_VERSION_3);
    ASN1_INTEGER_set_uint64(X509_get_serialNumber(made), ++serial_);
    X509_gmtime_adj(X509_getm_notBefore(made), wish.begins_s);
    X509_gmtime_adj(X509_getm_notAfter(made), wish.ends_s);
    X509_set_pubkey(made, key);
    set_name(X509_get_subject_name(made), name);
    set_name(X509_get_issuer_name(made), name_);
    const bool authority = wish.names.empty();
    extend(made, NID_basic_constraints, authority ? "critical,CA:TRUE" : "CA:FALSE");
    if (!authority) extend(made, NID_subject_alt_name, wish.names);
    return made;
  }
  static void set_name(X509_NAME* to, const std::string& name) {
    const auto* text = reinterpret_cast<const unsigned char*>(name.c_str());
    X509_NAME_add_entry_by_txt(to, "CN", MBSTRING_ASC, text, -1, -1, 0);
  }
  static void extend(X509* certificate, int kind, const std::string& value) {
    X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, nullptr, kind, value.c_str());
    X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
  }
  void sign_and_write(X509* certificate, const std::string& file) const {
    EXPECT_GT(X509_sign(certificate, key_, EVP_sha256()), 0);
    std::FILE* out = std::fopen(file.c_str(), "w");
    EXPECT_EQ(PEM_write_X509(out, certificate), 1);
    std::fclose(out);
  }

  const TestFolder& folder_;
  const std::string name_;
  EVP_PKEY* const key_;
  X509* own_ = nullptr;
  mutable uint64_t serial_ = 0;
};

}  // namespace wallaroo::os
