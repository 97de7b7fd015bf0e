#include "base/json_text.h"

#include <gtest/gtest.h>

namespace wallaroo::base {
namespace {

TEST(JsonText, utf8_is_told_from_other_bytes) {
  for (const char* good : {"", "plain", "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x90\x9f", "\x7f",
                           "\xed\x9f\xbf", "\xf4\x8f\xbf\xbf"}) {
    EXPECT_TRUE(is_utf8(good)) << good;
  }
  for (const char* bad :
       {"\x80", "\xc3", "\xc0\xaf", "\xe0\x80\x80", "\xed\xa0\x80", "\xe2\x82", "\xf0\x80\x80\x80",
        "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff", "\xc3(", "\xe2\x82(", "\xf0\x9f\x90("}) {
    EXPECT_FALSE(is_utf8(bad)) << bad;
  }
}

TEST(JsonText, strings_are_escaped) {
  std::string out;
  append_json_string(out, std::string_view("a\"\\\n\r\t\x01\0z\xc3\xa9", 11));
  EXPECT_EQ(out, "\"a\\\"\\\\\\n\\r\\t\\u0001\\u0000z\xc3\xa9\"");
}

TEST(JsonText, bytes_that_are_no_text_become_base64) {
  std::string out;
  append_json_bytes(out, "key", "fish");
  out += ',';
  append_json_bytes(out, "payload", "\xff\x01");
  EXPECT_EQ(out, R"("key":"fish","payload_base64":"/wE=")");
}

TEST(JsonText, base64_as_in_rfc_4648) {
  EXPECT_EQ(base64(""), "");
  EXPECT_EQ(base64("f"), "Zg==");
  EXPECT_EQ(base64("fo"), "Zm8=");
  EXPECT_EQ(base64("foo"), "Zm9v");
  EXPECT_EQ(base64("foob"), "Zm9vYg==");
  EXPECT_EQ(base64("fooba"), "Zm9vYmE=");
  EXPECT_EQ(base64("foobar"), "Zm9vYmFy");
}

TEST(JsonText, base64_is_read_back) {
  for (const char* text : {"", "f", "fo", "foo", "foob", "fooba", "foobar", "\xff\x01"}) {
    EXPECT_EQ(from_base64(base64(text)), text);
  }
  for (const char* bad : {"Zg", "Zg=a", "????", "Z=g="}) EXPECT_FALSE(from_base64(bad)) << bad;
}

TEST(JsonText, flat_objects_are_read_back) {
  std::string out = "{";
  append_json_bytes(out, "text", std::string_view("a\"\\\n\t\x01\0z\xc3\xa9", 10));
  out += ",\"n\":-12,";
  append_json_bytes(out, "bytes", "\xff");
  out += '}';
  const auto fields = parse_flat_json(out);
  ASSERT_TRUE(fields.has_value()) << out;
  ASSERT_EQ(fields->size(), 3u);
  EXPECT_EQ((*fields)[0].value, std::string_view("a\"\\\n\t\x01\0z\xc3\xa9", 10));
  EXPECT_EQ((*fields)[1].name, "n");
  EXPECT_EQ((*fields)[1].value, "-12");
  EXPECT_EQ((*fields)[2].name, "bytes");
  EXPECT_EQ((*fields)[2].value, "\xff");
  for (size_t cut = 0; cut < out.size(); ++cut) {
    EXPECT_FALSE(parse_flat_json(out.substr(0, cut)).has_value()) << out.substr(0, cut);
  }
  for (const char* bad : {"{\"a\":[]}", R"({"a":"\q"})", R"({"a":"\u004"})", R"({"a":"\u00-4"})",
                          R"({"a":"\ud83d"})", R"({"a":"\ude00"})", R"({"a":"\ud83d\u0041"})",
                          R"({"a":"\ud83dxxxxxx"})", "{\"a\":}", "{\"a\":1.5}", "{\"a\":-}",
                          "{\"a\":1-2}", "{\"a\":1,}", "{,}", "{} x", "[]", "{a:1}", ""}) {
    EXPECT_FALSE(parse_flat_json(bad).has_value()) << bad;
  }
}

TEST(JsonText, flat_objects_that_others_wrote) {
  const auto fields = parse_flat_json(R"( { "a" : "\u00e9\/\b\f\ud83d\ude00\u20ac" , "n": -3 } )");
  ASSERT_TRUE(fields.has_value());
  ASSERT_EQ(fields->size(), 2u);
  EXPECT_EQ((*fields)[0].value, "\xc3\xa9/\b\f\xf0\x9f\x98\x80\xe2\x82\xac");
  EXPECT_EQ((*fields)[1].value, "-3");
  EXPECT_TRUE(parse_flat_json(" { } ").has_value());
}

TEST(JsonText, times_in_utc) {
  EXPECT_EQ(utc_text(0), "1970-01-01T00:00:00.000000000Z");
  EXPECT_EQ(utc_text(1'700'000'000'123'456'789), "2023-11-14T22:13:20.123456789Z");
  EXPECT_EQ(utc_text(-1), "1969-12-31T23:59:59.999999999Z");
}

}  // namespace
}  // namespace wallaroo::base
