#include "flow/key_text.h"

#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <optional>

#include "wallaroo/codec.h"

namespace wallaroo::flow {
namespace {

constexpr size_t kMost = 200;

enum class Colour : int16_t { red = -1 };

struct Inner {
  bool on;
  std::optional<std::string> note;
};

struct Key {
  std::string first;
  int64_t length;
  Inner inner;
  std::vector<uint8_t> bytes;
  std::array<int16_t, 2> pair;
  std::chrono::milliseconds after;
  std::optional<std::vector<std::string>> names;
  Colour colour;
};

template <class K>
std::string bytes_of(const K& key) {
  Bytes scratch;
  return std::string(key_bytes(key, scratch));
}

template <class K>
std::string text_of(const K& key) {
  return key_text(Codec<K>::description(), bytes_of(key), kMost);
}

const Key kKey{"fi\nsh",     -7,         {true, std::nullopt},
               {1, 2},       {-3, 4},    std::chrono::milliseconds(5),
               std::nullopt, Colour::red};

TEST(KeyText, of_numbers_and_texts) {
  EXPECT_EQ(text_of(uint8_t{200}), "200");
  EXPECT_EQ(text_of(int64_t{-3}), "-3");
  EXPECT_EQ(text_of(Colour::red), "-1");
  EXPECT_EQ(text_of(true), "1");
  EXPECT_EQ(text_of(std::string("fish\n")), "fish\\x0a");
  EXPECT_EQ(key_number("string", "12345678"), std::nullopt);
}

TEST(KeyText, of_structs_and_what_may_be_in_them) {
  EXPECT_EQ(text_of(kKey), "{\"fi\\x0ash\", -7, {true, none}, [1, 2], [-3, 4], 5, none, -1}");
  EXPECT_EQ(text_of(std::pair<std::string, std::optional<uint32_t>>("", 9)), "{\"\", 9}");
  EXPECT_EQ(text_of(std::vector<std::string>{}), "[]");
}

TEST(KeyText, of_bytes_that_do_not_fit_is_the_bytes) {
  const std::string type = Codec<Key>::description();
  const std::string whole = bytes_of(kKey);
  for (size_t cut = 0; cut < whole.size(); ++cut) {
    const std::string part = whole.substr(0, cut);
    EXPECT_EQ(key_text(type, part, kMost).find('{'), std::string::npos) << cut;
  }
  EXPECT_EQ(key_text("u16", "ab", kMost), "ab");
  EXPECT_EQ(key_text("struct(string)", "\xff\xff\xff\xff", kMost), "\\xff\\xff\\xff\\xff");
}

TEST(KeyText, of_an_unknown_type_is_the_bytes) {
  EXPECT_EQ(key_text("my own", "ab\1", kMost), "ab\\x01");
  EXPECT_EQ(key_text("struct(string,f64)", "a", kMost), "a");
  EXPECT_EQ(key_text("", "ab", kMost), "ab");
  for (const char* broken :
       {"struct(", "struct(u8", "array x(u8)", "array 9", "optional(", "list("})
    EXPECT_EQ(key_text(broken, "a", kMost), "a") << broken;
}

TEST(KeyText, is_short) {
  const std::vector<uint8_t> many(1000, 7);
  EXPECT_LE(key_text("list(u8)", bytes_of(many), 20).size(), 20 * 4 + 3u);
  EXPECT_EQ(key_text("array 4000000000(struct())", "", 20), "");
}

}  // namespace
}  // namespace wallaroo::flow
