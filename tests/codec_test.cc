// Round trips and hostile bytes through Codec. Properties run on generated values; the count of
// allocations is that of operator new in this program.
#include "wallaroo/codec.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <array>
#include <chrono>
#include <cstdlib>
#include <deque>
#include <functional>
#include <limits>
#include <list>
#include <map>
#include <memory>
#include <new>
#include <optional>
#include <set>
#include <unordered_map>
#include <unordered_set>
#include <variant>

namespace {

size_t allocations = 0;
size_t allocated_bytes = 0;

// A bool would be written as the character with its number, which nobody wants.
enum Unscoped { kUnscoped };
template <class T>
concept Writable = requires(wallaroo::Bytes& out, T value) {
  out << value;
};
static_assert(Writable<char> && Writable<uint8_t> && Writable<double> && Writable<const char*>);
static_assert(!Writable<bool> && !Writable<Unscoped>);

}  // namespace

// Not inlined: GCC would warn about free() of what new returned.
[[gnu::noinline]] void* operator new(size_t bytes) {
  ++allocations;
  allocated_bytes += bytes;
  if (void* memory = std::malloc(bytes == 0 ? 1 : bytes)) return memory;
  throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, size_t) noexcept { std::free(memory); }

namespace {

enum class Colour : uint16_t { red, green = 500 };

struct Empty {
  bool operator==(const Empty&) const = default;
};
struct Point {
  int32_t x = 0;
  int64_t y = 0;
  bool operator==(const Point&) const = default;
};
struct Named {
  std::string name;
  uint64_t count = 0;
  bool operator==(const Named&) const = default;
};

// A class that keeps its fields to itself and so needs its own codec.
class Money {
 public:
  Money() = default;
  explicit Money(int64_t cents) : cents_(cents) {}
  int64_t cents() const { return cents_; }
  bool operator==(const Money&) const = default;

 private:
  int64_t cents_ = 0;
};

}  // namespace

template <>
struct wallaroo::Codec<Money> {
  static void encode(const Money& value, Bytes& out) { Codec<int64_t>::encode(value.cents(), out); }
  static bool decode(Reader& in, Money& value) {
    int64_t cents = 0;
    if (!Codec<int64_t>::decode(in, cents)) return false;
    value = Money(cents);
    return true;
  }
  static std::string description() { return "money"; }
};

namespace {

using namespace wallaroo;
using Nanoseconds = std::chrono::duration<int64_t, std::nano>;

struct Everything {
  bool yes = false;
  char letter = 0;
  int8_t i8 = 0;
  uint16_t u16 = 0;
  float f32 = 0;
  double f64 = 0;
  Colour colour = Colour::red;
  std::string text;
  Nanoseconds length{};
  std::vector<uint32_t> numbers;
  std::vector<Named> names;
  std::vector<bool> bits;
  std::array<int16_t, 3> triple{};
  std::array<Point, 2> corners{};
  std::optional<Named> maybe;
  std::pair<int, std::string> pair;
  std::map<std::string, uint64_t, std::greater<>> counts;
  std::unordered_map<uint32_t, std::vector<std::string>> groups;
  std::set<int> set;
  std::unordered_set<std::string> words;
  std::deque<Point> deque;
  std::list<std::string> list;
  std::variant<std::monostate, uint16_t, Named, std::vector<Point>> choice;
  Empty empty;
  Money money;
  std::vector<Money> purse;
  bool operator==(const Everything&) const = default;
};

// `T` by value, so that a failing case prints nothing that rapidcheck cannot print.
template <class T>
T any() {
  return *rc::gen::arbitrary<T>();
}
template <class T, class Make>
T several(Make make) {
  T made;
  for (auto n = *rc::gen::inRange(0, 6); n > 0; --n) made.insert(made.end(), make());
  return made;
}
Point any_point() { return {any<int32_t>(), any<int64_t>()}; }
Named any_named() { return {any<std::string>(), any<uint64_t>()}; }
Money any_money() { return Money(any<int64_t>()); }

Everything any_everything() {
  Everything made;
  made.yes = any<bool>();
  made.letter = any<char>();
  made.i8 = any<int8_t>();
  made.u16 = any<uint16_t>();
  made.f32 = any<float>();
  made.f64 = any<double>();
  made.colour = any<bool>() ? Colour::green : Colour::red;
  made.text = any<std::string>();
  made.length = Nanoseconds(any<int64_t>());
  made.numbers = any<std::vector<uint32_t>>();
  made.names = several<std::vector<Named>>(any_named);
  made.bits = any<std::vector<bool>>();
  made.triple = any<std::array<int16_t, 3>>();
  made.corners = {any_point(), any_point()};
  if (any<bool>()) made.maybe = any_named();
  made.pair = {any<int>(), any<std::string>()};
  for (const Named& named : several<std::vector<Named>>(any_named)) {
    made.counts.emplace(named.name, named.count);
    made.groups[static_cast<uint32_t>(named.count)].push_back(named.name);
    made.words.insert(named.name);
  }
  made.set = any<std::set<int>>();
  made.deque = several<std::deque<Point>>(any_point);
  made.list = several<std::list<std::string>>(any<std::string>);
  switch (*rc::gen::inRange(0, 4)) {
    case 1:
      made.choice = any<uint16_t>();
      break;
    case 2:
      made.choice = any_named();
      break;
    case 3:
      made.choice = several<std::vector<Point>>(any_point);
      break;
    default:
      break;
  }
  made.money = any_money();
  made.purse = several<std::vector<Money>>(any_money);
  return made;
}

template <class T>
Bytes encoded(const T& value) {
  Bytes out;
  Codec<T>::encode(value, out);
  return out;
}
template <class T>
bool decoded(std::string_view bytes, T& value) {
  Reader in(bytes.data(), bytes.size());
  return Codec<T>::decode(in, value) && in.left() == 0;
}
template <class T>
void expect_round_trip(const T& value) {
  const Bytes bytes = encoded(value);
  T back{};
  EXPECT_TRUE(decoded(bytes.view(), back)) << Codec<T>::description();
  EXPECT_EQ(back, value) << Codec<T>::description();
}
template <class T>
void expect_limits_round_trip() {
  expect_round_trip(std::numeric_limits<T>::min());
  expect_round_trip(std::numeric_limits<T>::max());
  expect_round_trip(T{0});
  EXPECT_EQ(encoded(T{1}).size(), sizeof(T));
}
// Runs a property and fails the test with rapidcheck's counterexample.
template <class F>
void expect_property(F&& property) {
  EXPECT_TRUE(rc::check(std::forward<F>(property)));
}

TEST(Codec, writes_the_documented_bytes) {
  struct Message {
    uint16_t kind;
    std::string text;
    std::optional<bool> flag;
    std::vector<int8_t> list;
    std::map<char, uint32_t> map;
  };
  const Message message{0x0102, "ab", true, {-1, 2}, {{'k', 7}}};
  const char expected[] =
      "\x02\x01"
      "\x02\0\0\0ab"
      "\1\1"
      "\2\0\0\0\xff\2"
      "\1\0\0\0k\x07\0\0\0";
  EXPECT_EQ(encoded(message).view(), std::string_view(expected, sizeof expected - 1));
  EXPECT_EQ(Codec<Message>::description(),
            std::string("struct(u16,string,optional(bool),list(i8),map(") +
                (std::is_signed_v<char> ? "i8" : "u8") + ",u32))");
}

TEST(Codec, appends_to_what_is_there) {
  Bytes out;
  out << "before";
  Codec<Named>::encode({"x", 1}, out);
  Codec<std::map<int, int>>::encode({{1, 2}}, out);
  EXPECT_EQ(out.view().substr(0, 6), "before");
  EXPECT_EQ(out.size(), 6u + 13u + 12u);
}

TEST(Codec, numbers_come_back_at_their_limits) {
  expect_limits_round_trip<int8_t>();
  expect_limits_round_trip<uint8_t>();
  expect_limits_round_trip<int16_t>();
  expect_limits_round_trip<uint16_t>();
  expect_limits_round_trip<int32_t>();
  expect_limits_round_trip<uint32_t>();
  expect_limits_round_trip<int64_t>();
  expect_limits_round_trip<uint64_t>();
  expect_limits_round_trip<float>();
  expect_limits_round_trip<double>();
  expect_limits_round_trip<bool>();
}

TEST(Codec, every_kind_comes_back_equal) {
  expect_property([] { expect_round_trip(any_everything()); });
}

TEST(Codec, a_used_object_is_overwritten_whole) {
  expect_property([] {
    Everything used = any_everything();
    const Everything value = any_everything();
    RC_ASSERT(decoded(encoded(value).view(), used));
    RC_ASSERT(used == value);
  });
}

TEST(Codec, a_used_object_keeps_its_memory) {
  struct Message {
    std::string text;
    std::vector<uint64_t> numbers;
    std::vector<Named> names;
    std::optional<Named> maybe;
  };
  const std::string long_text(200, 'x');
  const Bytes bytes =
      encoded(Message{long_text, {1, 2, 3}, {{long_text, 1}, {long_text, 2}}, Named{long_text, 3}});
  Message reused;
  ASSERT_TRUE(decoded(bytes.view(), reused));
  const size_t before = allocations;
  ASSERT_TRUE(decoded(bytes.view(), reused));
  EXPECT_EQ(allocations, before);
  EXPECT_EQ(reused.names[1].name, long_text);
}

TEST(Codec, encoding_into_a_used_buffer_allocates_nothing) {
  const Named value{std::string(200, 'x'), 1};
  Bytes out;
  Codec<Named>::encode(value, out);
  const char* memory = out.data();
  out.clear();
  const size_t before = allocations;
  Codec<Named>::encode(value, out);
  EXPECT_EQ(allocations, before);
  EXPECT_EQ(out.data(), memory);
}

TEST(Codec, views_borrow_the_bytes_they_were_read_from) {
  struct Views {
    std::string_view text;
    std::span<const char> raw;
    std::vector<std::string_view> list;
  };
  const char raw[] = {'r', 'a', 'w'};
  const Bytes bytes = encoded(Views{"text", raw, {"one", "two"}});
  Views back;
  ASSERT_TRUE(decoded(bytes.view(), back));
  EXPECT_EQ(back.text, "text");
  EXPECT_EQ(std::string_view(back.raw.data(), back.raw.size()), "raw");
  EXPECT_EQ(back.list[1], "two");
  for (const char* at : {back.text.data(), back.raw.data(), back.list[1].data()}) {
    EXPECT_TRUE(at > bytes.data() && at < bytes.data() + bytes.size());
  }
  std::string copy;  // a string and a view have the same format
  ASSERT_TRUE(decoded(encoded(std::string_view("text")).view(), copy));
  EXPECT_EQ(copy, "text");
}

TEST(Codec, refuses_every_truncation) {
  expect_property([] {
    const Bytes bytes = encoded(any_everything());
    Everything into;
    for (size_t length = 0; length < bytes.size(); ++length) {
      RC_ASSERT(!decoded(bytes.view().substr(0, length), into));
    }
    RC_ASSERT(decoded(bytes.view(), into));
  });
}

TEST(Codec, a_flipped_bit_is_refused_or_read_as_another_value) {
  expect_property([] {
    Bytes bytes = encoded(any_everything());
    Everything into;
    for (size_t flips = 0; flips < 100; ++flips) {
      const auto bit = *rc::gen::inRange<size_t>(0, bytes.size() * 8);
      bytes.data()[bit / 8] ^= static_cast<char>(1 << (bit % 8));
      if (!decoded(bytes.view(), into)) continue;
      Everything again;  // what was accepted is a whole value
      RC_ASSERT(decoded(encoded(into).view(), again));
    }
  });
}

template <class T>
void expect_huge_length_refused(size_t bytes_behind) {
  Bytes bytes;
  for (const uint32_t length : {0xFFFFFFFFu, 0x80000000u, 0x10000000u}) {
    bytes.clear();
    bytes.append(&length, sizeof length);
    for (size_t i = 0; i < bytes_behind; ++i) bytes << '\0';
    T value{};
    const size_t before = allocated_bytes;
    EXPECT_FALSE(decoded(bytes.view(), value)) << Codec<T>::description();
    EXPECT_LE(allocated_bytes - before, 64 * bytes.size()) << Codec<T>::description();
  }
}

TEST(Codec, a_huge_length_allocates_nothing) {
  for (const size_t bytes_behind : {0u, 1u, 100u}) {
    expect_huge_length_refused<std::string>(bytes_behind);
    expect_huge_length_refused<std::string_view>(bytes_behind);
    expect_huge_length_refused<std::vector<uint64_t>>(bytes_behind);
    expect_huge_length_refused<std::vector<std::string>>(bytes_behind);
    expect_huge_length_refused<std::vector<std::vector<Named>>>(bytes_behind);
    expect_huge_length_refused<std::vector<bool>>(bytes_behind);
    expect_huge_length_refused<std::deque<Point>>(bytes_behind);
    expect_huge_length_refused<std::set<uint64_t>>(bytes_behind);
    expect_huge_length_refused<std::unordered_map<std::string, Named>>(bytes_behind);
  }
}

TEST(Codec, a_variant_is_the_number_of_its_alternative_and_the_value) {
  using Choice = std::variant<uint16_t, std::string>;
  EXPECT_EQ(encoded(Choice("a")).view(), std::string_view("\1\1\0\0\0a", 6));
  EXPECT_EQ(Codec<Choice>::description(), "variant(u16,string)");
  Choice choice;
  EXPECT_FALSE(decoded(std::string_view("\2\1\0\0\0a", 6), choice));
}

TEST(Codec, refuses_a_boolean_that_is_neither_and_an_optional_flag_that_is_neither) {
  bool flag = false;
  EXPECT_FALSE(decoded(std::string_view("\2", 1), flag));
  std::optional<uint8_t> maybe;
  EXPECT_FALSE(decoded(std::string_view("\2\1", 2), maybe));
}

template <class... T>
std::set<std::string> descriptions() {
  return {Codec<T>::description()...};
}

TEST(Codec, the_description_changes_with_every_change_of_a_type) {
  struct Base {
    uint32_t a;
    std::string b;
  };
  struct Wider {
    uint64_t a;
    std::string b;
  };
  struct Signed {
    int32_t a;
    std::string b;
  };
  struct Swapped {
    std::string b;
    uint32_t a;
  };
  struct Appended {
    uint32_t a;
    std::string b;
    bool c;
  };
  struct Nested {
    struct {
      uint32_t a;
      std::string b;
    } inner;
  };
  struct Maybe {
    uint32_t a;
    std::optional<std::string> b;
  };
  struct Real {
    float a;
    std::string b;
  };
  struct Many {
    uint32_t a;
    std::vector<std::string> b;
  };
  const auto all = descriptions<Base, Wider, Signed, Swapped, Appended, Nested, Maybe, Real, Many,
                                Empty, std::array<int, 2>, std::array<int, 3>,
                                std::chrono::duration<int64_t, std::milli>, Nanoseconds,
                                std::map<int, int>, std::vector<std::pair<int, int>>, Money>();
  EXPECT_EQ(all.size(), 17u);
  EXPECT_EQ(Codec<Base>::description(), "struct(u32,string)");
  EXPECT_EQ(Codec<std::vector<Money>>::description(), "list(money)");
  EXPECT_EQ(Codec<Colour>::description(), "enum u16");
}

struct Tree {
  std::vector<Tree> children;
};
struct WithArray {
  char name[16];
  int32_t number;
};
struct WithOneArray {
  char name[1];
};
struct WithReference {
  int& number;
};
struct WithConst {
  const int number;
};
struct WithPointer {
  int* number;
};
struct WithBits {
  unsigned low : 3;
  unsigned high : 5;
};
struct Derived : Named {
  int more;
};
struct WithFunction {
  std::function<void()> call;
};
struct HalfCodec {
  explicit HalfCodec(int) {}
};
struct DeepView {
  std::vector<std::optional<std::string_view>> views;
};
struct Key {
  std::string_view user;
  Colour colour;
  std::optional<int16_t> shard;
  bool operator==(const Key&) const = default;
};
struct WithDouble {
  double price;
};
union Union {
  int number;
  float real;
};

static_assert(Encodable<Everything> && Encodable<Empty> && Encodable<Money> && Encodable<Key>);
static_assert(!Encodable<Tree> && !Encodable<WithArray> && !Encodable<WithOneArray>);
static_assert(!Encodable<WithReference> && !Encodable<WithConst> && !Encodable<WithPointer>);
static_assert(!Encodable<WithBits> && !Encodable<Derived> && !Encodable<WithFunction>);
static_assert(!Encodable<HalfCodec> && !Encodable<Union> && !Encodable<void>);
static_assert(!Encodable<std::unique_ptr<int>> && !Encodable<const char*> && !Encodable<int&>);
static_assert(!Encodable<const int> && !Encodable<long double> && !Encodable<int[3]>);
static_assert(!Encodable<std::vector<Empty>>);  // a length could promise elements without bytes
static_assert(Borrowing<DeepView> && !Storable<DeepView> && !Borrowing<Everything>);
static_assert(Storable<Everything> && !Storable<std::string_view>);
static_assert(Keyable<int> && Keyable<char> && Keyable<Colour> && Keyable<bool>);
static_assert(Keyable<std::string> && Keyable<std::string_view> && Keyable<Key> && Keyable<Point>);
static_assert(!Keyable<double> && !Keyable<WithDouble> && !Keyable<std::unordered_set<int>>);
static_assert(!Keyable<const char*> && !Keyable<Tree> && !Keyable<void>);

template <class K>
void expect_key_round_trip(const K& key) {
  Bytes scratch;
  EXPECT_EQ(decode_key<K>(key_bytes(key, scratch)), key);
}

TEST(Key, an_integer_or_enum_is_its_64_bit_value) {
  Bytes scratch;
  EXPECT_EQ(key_bytes(uint16_t{0x0102}, scratch), std::string_view("\2\1\0\0\0\0\0\0", 8));
  EXPECT_EQ(key_bytes(int8_t{-1}, scratch), std::string(8, '\xff'));
  EXPECT_EQ(key_bytes('a', scratch), std::string_view("a\0\0\0\0\0\0\0", 8));
  EXPECT_EQ(key_bytes(Colour::green, scratch), std::string_view("\xf4\1\0\0\0\0\0\0", 8));
  expect_key_round_trip(std::numeric_limits<int64_t>::min());
  expect_key_round_trip(std::numeric_limits<uint64_t>::max());
  expect_key_round_trip(int8_t{-7});
  expect_key_round_trip(Colour::green);
  expect_key_round_trip(true);
}

TEST(Key, a_string_is_not_copied) {
  const std::string text(100, 'k');
  const std::string_view view = text;
  Bytes scratch;
  EXPECT_EQ(key_bytes(text, scratch).data(), text.data());
  EXPECT_EQ(key_bytes(view, scratch).data(), text.data());
  EXPECT_EQ(decode_key<std::string_view>(view).data(), text.data());
  EXPECT_EQ(decode_key<std::string>(view), text);
  EXPECT_EQ(scratch.capacity(), 0u);
}

TEST(Key, a_struct_is_its_encoding_and_the_scratch_is_reused) {
  const Key key{"ann", Colour::green, int16_t{7}};
  Bytes scratch;
  const std::string_view bytes = key_bytes(key, scratch);
  EXPECT_EQ(bytes, encoded(key).view());
  EXPECT_EQ(decode_key<Key>(bytes), key);
  const char* memory = scratch.data();
  EXPECT_EQ(key_bytes(Key{"bob", Colour::red, {}}, scratch).size(), 10u);
  EXPECT_EQ(scratch.data(), memory);
}

TEST(Key, equal_keys_have_equal_bytes_and_others_do_not) {
  expect_property([](int32_t x1, int64_t y1, int32_t x2, int64_t y2) {
    Bytes one;
    Bytes two;
    const Point a{x1, y1};
    const Point b{x2, y2};
    RC_ASSERT((key_bytes(a, one) == key_bytes(b, two)) == (a == b));
    RC_ASSERT(decode_key<Point>(key_bytes(a, one)) == a);
  });
}

TEST(Key, malformed_bytes_give_an_empty_key) {
  EXPECT_EQ(decode_key<int>("short"), 0);
  EXPECT_EQ(decode_key<Point>("short"), Point{});
  EXPECT_EQ(decode_key<Point>(std::string(13, '\1')), Point{});
}

TEST(StateType, makes_moves_writes_and_reads_a_state_in_raw_memory) {
  const StateType& type = state_type<Named>();
  alignas(Named) char first[sizeof(Named)];
  alignas(Named) char second[sizeof(Named)];
  EXPECT_EQ(type.bytes, sizeof(Named));
  EXPECT_EQ(type.alignment, alignof(Named));
  EXPECT_FALSE(type.trivial);
  EXPECT_EQ(type.description(), "struct(string,u64)");
  type.construct(first);
  const Bytes in = encoded(Named{std::string(100, 'n'), 5});
  Reader reader(in.data(), in.size());
  ASSERT_TRUE(type.decode(reader, first));
  type.relocate(second, first);
  Bytes out;
  type.encode(second, out);
  EXPECT_EQ(out.view(), in.view());
  type.destroy(second);
}

TEST(StateType, a_number_is_trivial_and_starts_at_zero) {
  const StateType& type = state_type<uint64_t>();
  EXPECT_TRUE(type.trivial);
  uint64_t value = 99;
  type.construct(&value);
  EXPECT_EQ(value, 0u);
}

}  // namespace
