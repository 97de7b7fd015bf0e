#include "os/resolve.h"

#include <gtest/gtest.h>

#include "os/socket_address.h"

namespace wallaroo::os {
namespace {

TEST(Resolve, reads_the_documented_forms) {
  EXPECT_EQ(to_text(*resolve("127.0.0.1:7000")), "127.0.0.1:7000");
  EXPECT_EQ(to_text(*resolve(":7000")), "127.0.0.1:7000");
  EXPECT_EQ(to_text(*resolve("[::1]:65535")), "[::1]:65535");
  EXPECT_EQ(resolve("localhost:0")->port, 0);
  EXPECT_EQ(parse_host_port("some-name:5")->host, "some-name");
}

TEST(Resolve, keeps_the_name_that_a_certificate_must_be_for) {
  EXPECT_EQ(to_text(*resolve("tls://127.0.0.1:7000")), "tls://127.0.0.1:7000");
  EXPECT_EQ(resolve("tls://localhost:1")->name, "localhost");
  EXPECT_EQ(resolve("tls://[::1]:1")->name, "::1");
  EXPECT_EQ(resolve("tls://:1")->name, "127.0.0.1");
  EXPECT_FALSE(resolve("127.0.0.1:1")->tls);
}

TEST(Resolve, says_what_is_wrong_and_what_to_write) {
  for (const char* bad :
       {"", "host", "host:", "host:x", "host:65536", "host:-1", "host:1x", "::1:5", "[::1:5",
        "[]:5", "http://host:5", "tls://host", "tls://tls://host:5"}) {
    const auto result = resolve(bad);
    ASSERT_FALSE(result.has_value()) << bad;
    EXPECT_EQ(result.error().code, ErrorCode::bad_option);
    EXPECT_NE(result.error().message.find("write it like"), std::string::npos);
  }
  const auto unknown = resolve("no-such-host.invalid:5");
  ASSERT_FALSE(unknown.has_value());
  EXPECT_EQ(unknown.error().code, ErrorCode::unresolved_host);
}

}  // namespace
}  // namespace wallaroo::os
