// The JSON codec of wallaroo/json.h: each kind of type there and back, every refusal with its
// sentence, and a property over random values.
#include <gtest/gtest.h>
// GoogleTest comes first.
#include <rapidcheck/gtest.h>

#include <cmath>
#include <deque>
#include <limits>
#include <list>
#include <set>

#include "wallaroo/json.h"

namespace {

namespace json = wallaroo::json;
using namespace std::chrono_literals;

enum class Side : uint8_t { buy, sell };
WALLAROO_NAMES(Side, buy, sell)
enum class Level : int8_t { low = -1, high = 1 };

struct Item {
  std::string sku;
  uint8_t price = 0;
  bool operator==(const Item&) const = default;
  WALLAROO_FIELDS(Item, sku, price)
};
struct Order {
  uint64_t id = 0;
  Side side = Side::buy;
  std::vector<Item> items;
  std::optional<std::string> note;
  bool operator==(const Order&) const = default;
  WALLAROO_FIELDS(Order, id, side, items, note)
};
class Money {
 public:
  Money() = default;
  explicit Money(int64_t cents) : cents_(cents) {}
  bool operator==(const Money&) const = default;

 private:
  int64_t cents_ = 0;
  int untold_ = 7;

 public:
  WALLAROO_FIELDS(Money, cents_)
};
struct Circle {
  double radius = 0;
  bool operator==(const Circle&) const = default;
  WALLAROO_FIELDS(Circle, radius)
};
using Shape = std::variant<std::monostate, Circle, int32_t, std::string>;
struct Tree {
  int32_t value = 0;
  std::vector<Tree> children;
  bool operator==(const Tree&) const = default;
  WALLAROO_FIELDS(Tree, value, children)
};
struct Nothing {
  std::optional<int32_t> a, b;
  WALLAROO_FIELDS(Nothing, a, b)
};

template <class T>
std::string why(std::string_view text) {
  const auto parsed = json::parse<T>(text);
  return parsed.has_value() ? "was taken" : parsed.error().message;
}

template <class T>
void there_and_back(const T& value, const std::string& text) {
  EXPECT_EQ(json::to_text(value), text);
  const auto parsed = json::parse<T>(text);
  ASSERT_TRUE(parsed.has_value()) << text << ": " << parsed.error().message;
  EXPECT_EQ(*parsed, value) << text;
}

TEST(Json, writes_and_reads_each_kind) {
  there_and_back(true, "true");
  there_and_back(int8_t{-128}, "-128");
  there_and_back(std::numeric_limits<int64_t>::min(), "-9223372036854775808");
  there_and_back(std::numeric_limits<uint64_t>::max(), "18446744073709551615");
  there_and_back(0.1, "0.1");
  there_and_back(1e300, "1e+300");
  there_and_back(3.0F, "3");
  there_and_back(std::string("a\"b\\c\n\t\r\x01\x1f/\xc3\xa4"),
                 "\"a\\\"b\\\\c\\n\\t\\r\\u0001\\u001f/\xc3\xa4\"");
  there_and_back(Side::sell, "\"sell\"");
  there_and_back(Level::low, "-1");
  there_and_back(std::optional<int>(), "null");
  there_and_back(std::vector<int>{1, 2, 3}, "[1,2,3]");
  there_and_back(std::vector<bool>{true, false}, "[true,false]");
  there_and_back(std::deque<int>{1}, "[1]");
  there_and_back(std::list<std::string>{"x", "y"}, "[\"x\",\"y\"]");
  there_and_back(std::set<int>{2, 1}, "[1,2]");
  there_and_back(std::array<int, 2>{4, 5}, "[4,5]");
  there_and_back(std::pair<int, std::string>(1, "b"), "[1,\"b\"]");
  there_and_back(std::tuple<int, bool, double>(1, true, 0.5), "[1,true,0.5]");
  there_and_back(std::map<std::string, int>{{"a", 1}, {"", 2}}, "{\"\":2,\"a\":1}");
  there_and_back(250ms, "250");
  there_and_back(wallaroo::Time{17}, "17");
  there_and_back(std::chrono::sys_time<std::chrono::seconds>(9s), "9");
}

TEST(Json, writes_and_reads_structs_and_variants) {
  there_and_back(Order{7, Side::sell, {{"a", 1}, {"b", 255}}, "hi"},
                 R"({"id":7,"side":"sell","items":[{"sku":"a","price":1},{"sku":"b","price":255}],)"
                 R"("note":"hi"})");
  there_and_back(Order{}, R"({"id":0,"side":"buy","items":[]})");
  there_and_back(Money(5), R"({"cents_":5})");
  there_and_back(Tree{1, {{2, {}}, {3, {{4, {}}}}}},
                 R"({"value":1,"children":[{"value":2,"children":[]},)"
                 R"({"value":3,"children":[{"value":4,"children":[]}]}]})");
  there_and_back(Shape(), R"({"none":null})");
  there_and_back(Shape(Circle{0.5}), R"({"Circle":{"radius":0.5}})");
  there_and_back(Shape(3), R"({"integer":3})");
  there_and_back(Shape("x"), R"({"text":"x"})");
  EXPECT_EQ(json::to_text(Nothing{}), "{}");
  EXPECT_EQ(json::to_text(std::string_view("view")), "\"view\"");
}

TEST(Json, takes_fields_in_any_order_and_ignores_unknown_ones) {
  const auto order =
      json::parse<Order>(R"( {"note":null,"x":[{"y":1}],"items":[],"side":"buy","id":3,"x":2} )");
  ASSERT_TRUE(order.has_value());
  EXPECT_EQ(*order, (Order{3, Side::buy, {}, std::nullopt}));
}

TEST(Json, names_the_path_of_what_it_refuses) {
  EXPECT_EQ(why<Order>(R"({"id":1,"side":"buy","items":[{"sku":"a","price":1},)"
                       R"({"sku":"b","price":300}]})"),
            "items[1].price: 300 does not fit in 8 bits");
  EXPECT_EQ(why<Order>(R"({"id":-1,"side":"buy","items":[]})"), "id: -1 is negative");
  EXPECT_EQ(why<Order>(R"({"id":1,"items":[]})"), "side: is missing");
  EXPECT_EQ(why<Order>(R"({"id":1,"id":2,"side":"buy","items":[]})"), "id: comes twice");
  EXPECT_EQ(why<Order>(R"({"id":1,"side":"steal","items":[]})"),
            "side: 'steal' is none of buy, sell");
  EXPECT_EQ(why<Order>(R"({"id":null,"side":"buy","items":[]})"),
            "id: expected an integer, found null");
  EXPECT_EQ(why<Order>("[]"), "expected an object, found a list");
  EXPECT_EQ(why<Nothing>(R"({"a":"x"})"), "a: expected an integer, found text");
  using Map = std::map<std::string, std::vector<int8_t>>;
  EXPECT_EQ(why<Map>("{\"a\\u0007\":[1,128]}"), "['a?'][1]: 128 does not fit in 8 bits");
  EXPECT_EQ(why<Map>("{\"a\":[],\"a\":[]}"), "['a']: comes twice");
  EXPECT_EQ(why<Shape>(R"({"Circle":{}})"), "Circle.radius: is missing");
  EXPECT_EQ(why<Shape>(R"({"square":1})"),
            "expected an object with exactly one field, named one of none, Circle, integer, text");
  EXPECT_EQ(why<Shape>(R"({"integer":1,"text":"x"})"),
            "expected an object with exactly one field, named one of none, Circle, integer, text");
  EXPECT_EQ(why<Shape>("{}"),
            "expected an object with exactly one field, named one of none, Circle, integer, text");
  EXPECT_EQ(why<Shape>(R"({"none":0})"), "none: is not null");
}

TEST(Json, bounds_what_a_refusal_quotes) {
  const std::string text = "\"" + std::string(39, 'x') + "\xc3\xa4" + std::string(5000, 'y') + "\"";
  EXPECT_EQ(why<Side>(text), "'" + std::string(39, 'x') + "...' is none of buy, sell");
}

TEST(Json, checks_ranges_of_numbers) {
  EXPECT_EQ(why<int8_t>("-129"), "-129 does not fit in 8 bits");
  EXPECT_EQ(why<uint16_t>("65536"), "65536 does not fit in 16 bits");
  EXPECT_EQ(why<int32_t>("2147483648"), "2147483648 does not fit in 32 bits");
  EXPECT_EQ(why<int64_t>("9223372036854775808"), "9223372036854775808 does not fit in 64 bits");
  EXPECT_EQ(why<int32_t>("1.0"), "expected an integer, found a number with a fraction or exponent");
  EXPECT_EQ(why<float>("1e39"), "the number does not fit a float");
  EXPECT_TRUE(why<double>("1e400").starts_with("not JSON, or a number out of range: "));
  EXPECT_TRUE(why<uint64_t>("18446744073709551616").starts_with("not JSON, or a number "));
  EXPECT_EQ(why<bool>("1"), "expected true or false, found an integer");
  EXPECT_EQ(why<double>("true"), "expected a number, found true or false");
  EXPECT_EQ(why<Level>("200"), "200 does not fit in 8 bits");
}

TEST(Json, counts_the_elements_of_fixed_lists) {
  using Two = std::pair<int, int>;
  using Mixed = std::pair<int, bool>;
  EXPECT_EQ(why<Two>("[1]"), "a list of 2 elements has only 1");
  EXPECT_EQ(why<Two>("[1,2,3]"), "the list has more than its 2 elements");
  EXPECT_EQ(why<Mixed>("[1,2]"), "[1]: expected true or false, found an integer");
}

TEST(Json, refuses_what_is_not_json) {
  for (const std::string text : {"",
                                 " ",
                                 "{",
                                 "[1,]",
                                 "[1 2]",
                                 "{\"a\":1,}",
                                 "{a:1}",
                                 "01",
                                 "+1",
                                 "1.",
                                 ".5",
                                 "nul",
                                 "\"a",
                                 "'a'",
                                 "\"\t\"",
                                 "[1]x",
                                 "[1][2]",
                                 "NaN",
                                 "\"\\x\"",
                                 "\"\\ud800\"",
                                 "\"\xff\"",
                                 "\"\xc0\x80\"",
                                 "\"\xed\xa0\x80\"",
                                 "\xef\xbb\xbf[]"}) {
    EXPECT_TRUE(why<std::vector<int>>(text).starts_with("not JSON")) << text;
  }
  // Nor in fields that nobody asked for.
  EXPECT_TRUE(why<Nothing>(R"({"x":[1 2]})").starts_with("not JSON: "));
  EXPECT_TRUE(why<Nothing>(R"({"x":tru})").starts_with("not JSON: "));
}

TEST(Json, refuses_an_empty_message_without_an_address) {
  EXPECT_TRUE(why<int>(std::string_view()).starts_with("not JSON: "));
}

TEST(Json, bounds_the_depth) {
  const auto nested = [](size_t depth) {
    return "{\"x\":" + std::string(depth - 1, '[') + std::string(depth - 1, ']') + "}";
  };
  EXPECT_EQ(why<Nothing>(nested(wallaroo::detail::kJsonDepthMax - 1)), "was taken");
  EXPECT_TRUE(why<Nothing>(nested(wallaroo::detail::kJsonDepthMax + 1)).starts_with("not JSON: "));
}

TEST(Json, does_not_write_what_json_cannot_say) {
  const auto refused = [](const auto& value) -> std::string {
    try {
      return json::to_text(value);
    } catch (const std::domain_error& error) {
      return error.what();
    }
  };
  EXPECT_EQ(refused(std::vector<Circle>{{1}, {std::nan("")}}),
            "[1].radius: nan has no form in JSON; make it a std::optional");
  EXPECT_EQ(refused(-std::numeric_limits<float>::infinity()), "infinity has no form in JSON");
  EXPECT_EQ(refused(std::string("a\xff")), "the text is not UTF-8");
  EXPECT_EQ(refused(static_cast<Side>(9)), "the enum's value 9 has no name in WALLAROO_NAMES");
}

TEST(Json, keeps_the_capacity_of_a_value_that_is_used_again) {
  json::Decode<Order> decoder;
  Order order;
  const std::string long_text(100, 'x');
  ASSERT_TRUE(decoder(R"({"id":1,"side":"sell","items":[{"sku":")" + long_text +
                          R"(","price":1},{"sku":"b","price":2}],"note":"n"})",
                      order));
  const char* memory = order.items[0].sku.data();
  ASSERT_TRUE(decoder(R"({"id":1,"side":"sell","items":[{"sku":"c","price":1}]})", order));
  EXPECT_EQ(order, (Order{1, Side::sell, {{"c", 1}}, std::nullopt}));
  EXPECT_EQ(order.items[0].sku.data(), memory);
}

TEST(Json, goes_on_after_a_refusal) {
  json::Decode<Order> decoder;
  Order order;
  EXPECT_FALSE(decoder("{", order));
  EXPECT_FALSE(decoder(R"({"id":"x"})", order));
  EXPECT_EQ(decoder.why(), "id: expected an integer, found text");
  EXPECT_TRUE(decoder(R"({"id":1,"side":"buy","items":[]})", order));
}

template <class Real>
void check_real() {
  using Bits = std::conditional_t<sizeof(Real) == 8, uint64_t, uint32_t>;
  const Real value = std::bit_cast<Real>(*rc::gen::arbitrary<Bits>());
  RC_PRE(std::isfinite(value));
  const auto parsed = json::parse<Real>(json::to_text(value));
  RC_ASSERT(parsed.has_value());
  RC_ASSERT(std::bit_cast<Bits>(*parsed) == std::bit_cast<Bits>(value));
}
RC_GTEST_PROP(JsonProperty, doubles_come_back_bit_by_bit, ()) { check_real<double>(); }
RC_GTEST_PROP(JsonProperty, floats_come_back_bit_by_bit, ()) { check_real<float>(); }

TEST(Json, writes_large_whole_numbers_and_minus_zero_as_they_were) {
  for (const double value : {-0.0, 1e15, 123456789012345678901.0, 18446744073709551616.0, -1e22}) {
    const auto parsed = json::parse<double>(json::to_text(value));
    ASSERT_TRUE(parsed.has_value()) << json::to_text(value);
    EXPECT_EQ(std::signbit(*parsed), std::signbit(value));
    EXPECT_EQ(*parsed, value);
  }
}

std::string any_text() {
  // Characters of one to four bytes, and those that need an escape.
  static const std::vector<std::string> kPieces = {
      "a",    "\"", "\\",       "\n",           std::string(1, '\0'), "\x1f",
      "\x7f", "/",  "\xc3\xa4", "\xe2\x82\xac", "\xf0\x9f\x98\x80",   "0123456789abcdef"};
  std::string text;
  for (const auto& piece :
       *rc::gen::container<std::vector<std::string>>(rc::gen::elementOf(kPieces))) {
    text += piece;
  }
  return text;
}

RC_GTEST_PROP(JsonProperty, what_is_written_comes_back, ()) {
  Order order{*rc::gen::arbitrary<uint64_t>(), *rc::gen::element(Side::buy, Side::sell), {}, {}};
  const auto items = *rc::gen::inRange(0, 5);
  for (int i = 0; i < items; ++i) {
    order.items.push_back({any_text(), *rc::gen::arbitrary<uint8_t>()});
  }
  if (*rc::gen::arbitrary<bool>()) order.note = any_text();
  static json::Decode<Order> decoder;
  static Order used;
  RC_ASSERT(decoder(json::to_text(order), used));
  RC_ASSERT(used == order);
}

RC_GTEST_PROP(JsonProperty, a_damaged_text_is_taken_or_refused_with_a_reason, ()) {
  std::string text = R"({"id":1,"side":"buy","items":[{"sku":"a\u00e4","price":1}],"note":"n"})";
  text[*rc::gen::inRange<size_t>(0, text.size())] = *rc::gen::arbitrary<char>();
  const auto parsed = json::parse<Order>(text);
  RC_ASSERT(parsed.has_value() || !parsed.error().message.empty());
}

}  // namespace
