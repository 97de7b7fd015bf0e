// Values as bytes between cores and in snapshots (wallaroo/codec.h): every kind of type.
#include <array>
#include <chrono>
#include <deque>
#include <list>
#include <map>
#include <optional>
#include <set>
#include <tuple>
#include <variant>

#include "fuzz/targets.h"
#include "wallaroo/codec.h"
#include "wallaroo/time.h"

namespace wallaroo::fuzz {
namespace {

enum class Colour : uint16_t { red, green };

struct Flat {
  int8_t a = 0;
  uint64_t b = 0;
  double c = 0;
  Colour colour = Colour::red;
  std::chrono::milliseconds wait{};
  Time at{};
};
struct Nested {
  std::string text;
  std::optional<bool> flag;
  std::vector<Flat> list;
  std::array<std::string, 2> pair{};
  std::variant<uint8_t, std::string, std::vector<uint16_t>> choice;
};
using Views = std::vector<std::pair<std::string_view, std::optional<std::string_view>>>;
using Maps = std::map<std::string, std::map<uint8_t, std::deque<std::string>>>;
using Sets = std::pair<std::set<std::string>, std::list<std::set<int32_t>>>;
using Deep = std::vector<std::vector<std::vector<std::optional<uint8_t>>>>;
using All = std::tuple<uint8_t, float, bool, std::string, Flat, Nested, Views, Maps, Sets, Deep,
                       std::vector<uint64_t>, std::vector<bool>>;
constexpr size_t kTypes = std::tuple_size_v<All>;

// Of sets and maps the bytes may name a key twice or in another order.
template <class T>
constexpr bool kCanonical = !std::is_same_v<T, Maps> && !std::is_same_v<T, Sets>;

template <class T>
std::string encoded(const T& value) {
  Bytes out;
  Codec<T>::encode(value, out);
  return std::string(out.view());
}

/// Flat elements are the densest: 1 byte of input can be 40 of memory, and containers may double.
constexpr size_t kMemoryPerByte = 256;
constexpr size_t kMemoryAlways = 4096;

template <class T>
void check(std::string_view bytes) {
  T value{};
  Reader in(bytes.data(), bytes.size());
  bool decoded = false;
  {
    const MemoryLimit limit(kMemoryAlways + kMemoryPerByte * bytes.size());
    decoded = Codec<T>::decode(in, value);
  }
  ASSERT(in.left() <= bytes.size(), "a reader stays inside its bytes");
  if (!decoded) return;
  const std::string_view used = bytes.substr(0, bytes.size() - in.left());
  const std::string again = encoded(value);
  if constexpr (kCanonical<T>) ASSERT(again == used, "a value has one encoding");
  ASSERT(again.size() <= used.size(), "an encoding does not grow");

  T second{};
  Reader in_again(again.data(), again.size());
  ASSERT(Codec<T>::decode(in_again, second) && in_again.left() == 0, "what is encoded is decoded");
  ASSERT(encoded(second) == again, "and is the same value");
  if constexpr (!Borrowing<T>) {
    // Into a value that has been used before.
    Reader once_more(bytes.data(), bytes.size());
    ASSERT(Codec<T>::decode(once_more, second) && encoded(second) == again,
           "a used value takes another one's place");
  }
}

template <class T>
void check_key(std::string_view bytes) {
  const T key = decode_key<T>(bytes);
  Bytes scratch;
  const std::string once(key_bytes(key, scratch));
  const T again = decode_key<T>(once);
  ASSERT(std::string(key_bytes(again, scratch)) == once, "a key comes back");
}

struct Place {
  uint32_t shop = 0;
  std::string article;
};

template <class T>
std::string seed(size_t number, const T& value) {
  return static_cast<char>(number) + encoded(value);
}

}  // namespace

void fuzz_values(const uint8_t* data, size_t bytes) {
  Input input(data, bytes);
  const size_t choice = input.byte() % (kTypes + 3);
  [&]<size_t... I>(std::index_sequence<I...>) {
    ((choice == I ? check<std::tuple_element_t<I, All>>(input.rest()) : void()), ...);
  }
  (std::make_index_sequence<kTypes>{});
  if (choice == kTypes) check_key<int32_t>(input.rest());
  if (choice == kTypes + 1) check_key<Place>(input.rest());
  if (choice == kTypes + 2) check_key<std::string>(input.rest());
}

std::vector<std::string> values_seeds() {
  const Flat flat{-1, 2, 0.5, Colour::green, std::chrono::milliseconds(5), {7}};
  const Nested nested{"ab", true, {flat}, {"x", ""}, std::vector<uint16_t>{1, 2}};
  return {
      seed(0, uint8_t{7}),
      seed(1, 1.5F),
      seed(2, true),
      seed(3, std::string("text")),
      seed(4, flat),
      seed(5, nested),
      seed(6, Views{{"view", std::nullopt}, {"", "x"}}),
      seed(7, Maps{{"a", {{1, {"x", "y"}}}}, {"b", {}}}),
      seed(8, Sets{{"a", "b"}, {{1, 2}, {}}}),
      seed(9, Deep{{{1, std::nullopt}, {}}, {}}),
      seed(10, std::vector<uint64_t>{1, 2, 3}),
      seed(11, std::vector<bool>{true, false}),
      seed(12, uint64_t{5}),
      seed(13, Place{1, "apple"}),
      std::string(1, char{14}) + "key",
  };
}

}  // namespace wallaroo::fuzz
