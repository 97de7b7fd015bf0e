// JSON messages into structs with every kind of field.
#include "wallaroo/json.h"

#include "fuzz/targets.h"

namespace wallaroo::fuzz {
namespace {

enum class Side : uint8_t { buy, sell };
WALLAROO_NAMES(Side, buy, sell)
enum class Level : int8_t { low = -1, high = 1 };

struct Item {
  std::string sku;
  uint8_t pieces = 0;
  float price = 0;
  WALLAROO_FIELDS(Item, sku, pieces, price)
};
struct Tree {
  int64_t value = 0;
  std::vector<Tree> children;
  WALLAROO_FIELDS(Tree, value, children)
};
struct Everything {
  std::optional<bool> flag;
  std::optional<Side> side;
  std::optional<Level> level;
  std::optional<double> real;
  std::optional<uint64_t> number;
  std::optional<std::vector<Item>> items;
  std::optional<std::map<std::string, std::vector<int16_t>>> map;
  std::optional<std::tuple<int32_t, std::string, std::array<bool, 2>>> tuple;
  std::optional<std::variant<std::monostate, Item, int32_t, std::string>> choice;
  std::optional<std::chrono::milliseconds> wait;
  std::optional<Tree> tree;
  WALLAROO_FIELDS(Everything, flag, side, level, real, number, items, map, tuple, choice, wait,
                  tree)
};

/// A Tree takes 40 bytes and can be told in as little as 24; vectors grow by doubling.
constexpr size_t kMemoryPerByte = 64;
constexpr size_t kMemoryAlways = 64 * 1024;

constexpr size_t kFreshEvery = 8;  // a new parser takes most of the time

template <class T>
void round_trip(json::Decode<T>& decoder, T& value) {
  const std::string written = json::to_text(value);
  T again{};
  ASSERT(decoder(written, again) && json::to_text(again) == written, "what is written is read");
}

template <class T>
void check(json::Decode<T>& used, T& used_value, std::string_view text) {
  if (text.size() % kFreshEvery != 0) {
    if (used(text, used_value)) round_trip(used, used_value);
    return;
  }
  json::Decode<T> decoder;
  T value{};
  bool decoded = false;
  {
    const MemoryLimit limit(kMemoryAlways + kMemoryPerByte * text.size());
    decoded = decoder(text, value);
  }
  ASSERT(used(text, used_value) == decoded, "a used decoder and value decide as new ones do");
  if (!decoded) {
    ASSERT(used.why() == decoder.why() && !decoder.why().empty(), "there is one reason");
    ASSERT(decoder.why().size() < 1024 + 64 * 60, "a reason quotes a bounded part of its text");
    return;
  }
  ASSERT(json::to_text(used_value) == json::to_text(value), "a used value takes another's place");
  round_trip(decoder, value);
}

}  // namespace

void fuzz_json(const uint8_t* data, size_t bytes) {
  static json::Decode<Everything> used;
  static Everything used_value;
  check(used, used_value, {reinterpret_cast<const char*>(data), bytes});
}

std::vector<std::string> json_seeds() {
  Everything all{true,
                 Side::sell,
                 Level::low,
                 -0.5,
                 uint64_t{1} << 63,
                 std::vector<Item>{{"a\"\n\xc3\xa4", 255, 0.1F}, {}},
                 {{{"k", {1, -2}}, {"", {}}}},
                 {{7, "t", {true, false}}},
                 {Item{"b", 1, 2}},
                 std::chrono::milliseconds(250),
                 Tree{1, {{2, {}}, {3, {{4, {}}}}}}};
  return {json::to_text(all), json::to_text(Everything{}),
          R"({"choice":{"none":null},"x":[1.5e3,{"y":"\ud83d\ude00"}],"real":-0.0})",
          R"( {"choice" : {"integer":-3}, "real":1e22, "flag":null, "level":1} )"};
}

}  // namespace wallaroo::fuzz
