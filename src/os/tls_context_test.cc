// Which files are taken for TLS, and what is said about those that are not.
#include "os/tls_context.h"

#include <gtest/gtest.h>

#include <fstream>

#include "os/certificates_test.h"

namespace wallaroo::os {
namespace {

class TlsContextTest : public testing::Test {
 protected:
  std::string refusal(const TlsFiles& files) {
    const auto made = TlsContext::make(files);
    EXPECT_FALSE(made.has_value());
    if (made) return "";
    EXPECT_EQ(made.error().code, ErrorCode::bad_option);
    return made.error().message;
  }

  TestFolder folder_;
  TestAuthority authority_{folder_, "authority"};
  TestCertificate own_ = authority_.issue("own");
  TestCertificate other_ = authority_.issue("other");
};

TEST_F(TlsContextTest, certificate_and_key_make_a_server) {
  const auto made = TlsContext::make({.certificate = own_.certificate, .key = own_.key});
  ASSERT_TRUE(made.has_value()) << made.error().message;
  EXPECT_NE((*made)->server(), nullptr);
  const auto client = TlsContext::make({.ca = authority_.file()});
  ASSERT_TRUE(client.has_value()) << client.error().message;
  EXPECT_EQ((*client)->server(), nullptr);
  EXPECT_NE((*client)->client(), nullptr);
}

TEST_F(TlsContextTest, a_key_that_others_can_read_is_refused) {
  for (const mode_t mode : {0640u, 0604u, 0620u, 0601u}) {
    ASSERT_EQ(::chmod(own_.key.c_str(), mode), 0);
    char shown[8];
    std::snprintf(shown, sizeof shown, "%04o", static_cast<unsigned>(mode));
    EXPECT_EQ(refusal({.certificate = own_.certificate, .key = own_.key}),
              "--tls-key " + own_.key + ": others than its owner may use it (mode " + shown +
                  "); run: chmod 600 " + own_.key);
  }
  ASSERT_EQ(::chmod(own_.key.c_str(), 0400), 0);
  EXPECT_TRUE(TlsContext::make({.certificate = own_.certificate, .key = own_.key}).has_value());
}

TEST_F(TlsContextTest, files_that_do_not_belong_together_are_refused) {
  EXPECT_EQ(refusal({.certificate = own_.certificate, .key = other_.key}),
            "--tls-key " + other_.key + ": is not the key of --tls-certificate " +
                own_.certificate + "; give the two that belong together");
  EXPECT_NE(refusal({.certificate = own_.certificate}).find("without --tls-key"),
            std::string::npos);
  EXPECT_NE(refusal({.key = own_.key}).find("without --tls-certificate"), std::string::npos);
  EXPECT_NE(refusal({.client_ca = authority_.file()}).find("--tls-client-ca is given without"),
            std::string::npos);
}

TEST_F(TlsContextTest, files_that_are_absent_or_hold_something_else_are_refused) {
  const std::string text = folder_.path("text");
  std::ofstream(text) << "not a certificate\n";
  ASSERT_EQ(::chmod(text.c_str(), 0600), 0);
  EXPECT_EQ(refusal({.certificate = "/no/such", .key = own_.key}),
            "--tls-certificate /no/such: cannot be opened: No such file or directory; check the "
            "path and its permissions");
  EXPECT_NE(refusal({.ca = folder_.path("")}).find("is not a file; give a PEM file"),
            std::string::npos);
  EXPECT_NE(refusal({.ca = text}).find("--tls-ca " + text + ": holds no certificates in PEM form"),
            std::string::npos);
  EXPECT_NE(refusal({.certificate = text, .key = own_.key}).find("holds no certificates"),
            std::string::npos);
  EXPECT_NE(refusal({.certificate = own_.certificate, .key = text})
                .find("holds no private key in PEM form without a passphrase"),
            std::string::npos);
}

TEST_F(TlsContextTest, a_key_with_a_passphrase_is_refused_and_nobody_is_asked_for_it) {
  EVP_PKEY* key = EVP_EC_gen("P-256");
  std::FILE* out = std::fopen(own_.key.c_str(), "w");
  unsigned char word[] = "secret";
  ASSERT_EQ(PEM_write_PrivateKey(out, key, EVP_aes_128_cbc(), word, 6, nullptr, nullptr), 1);
  std::fclose(out);
  EVP_PKEY_free(key);
  EXPECT_NE(refusal({.certificate = own_.certificate, .key = own_.key})
                .find("without a passphrase; write one with: openssl pkey"),
            std::string::npos);
}

}  // namespace
}  // namespace wallaroo::os
