// The parsed text and its values: simdjson's tree behind wallaroo/detail/json_value.h. The parser
// checks the whole text (grammar, UTF-8, numbers, depth) before the first value is read.
#include <simdjson.h>
#include <bit>
#include <limits>
#include <type_traits>

#include "wallaroo/detail/json_value.h"

namespace wallaroo::detail {
namespace {

namespace dom = simdjson::dom;

constexpr size_t kFirstBytes = 1024;

// A cursor is simdjson's own reference to a value, without its type.
static_assert(sizeof(dom::element) == sizeof(JsonCursor));
static_assert(sizeof(dom::array::iterator) == sizeof(JsonCursor));
static_assert(sizeof(dom::object::iterator) == sizeof(JsonCursor));
static_assert(std::is_trivially_copyable_v<dom::element>);

template <class From>
JsonCursor cursor(const From& from) {
  return std::bit_cast<JsonCursor>(from);
}
dom::element element(JsonCursor in) { return std::bit_cast<dom::element>(in); }

const char* name_of(dom::element_type type) {
  switch (type) {
    case dom::element_type::ARRAY:
      return "a list";
    case dom::element_type::OBJECT:
      return "an object";
    case dom::element_type::INT64:
    case dom::element_type::UINT64:
      return "an integer";
    case dom::element_type::DOUBLE:
      return "a number with a fraction or exponent";
    case dom::element_type::STRING:
      return "text";
    case dom::element_type::BOOL:
      return "true or false";
    case dom::element_type::NULL_VALUE:
      return "null";
  }
  return "something else";
}

bool mistaken(JsonCursor in, const char* expected, JsonProblem& problem) {
  return problem.refuse(std::string("expected ") + expected + ", found " +
                        name_of(element(in).type()));
}

template <class Number>
bool out_of_range(Number number, unsigned bits, JsonProblem& problem) {
  return problem.refuse(std::to_string(number) + " does not fit in " + std::to_string(bits) +
                        " bits");
}

}  // namespace

struct JsonParser::State {
  dom::parser parser;
};

JsonParser::~JsonParser() { delete state_; }

bool JsonParser::parse(std::string_view text, JsonCursor& root, JsonProblem& problem) {
  if (state_ == nullptr) state_ = new State;
  dom::parser& parser = state_->parser;
  if (parser.capacity() < text.size()) {
    const size_t wanted = std::bit_ceil(std::max(text.size(), kFirstBytes));
    if (parser.allocate(wanted, kJsonDepthMax) != simdjson::SUCCESS) {
      return problem.refuse("no memory for a JSON text of " + std::to_string(text.size()) +
                            " bytes");
    }
  }
  dom::element parsed;
  const char* from = text.empty() ? "" : text.data();  // which may be null then
  if (const auto error = parser.parse(from, text.size(), true).get(parsed)) {
    // Numbers that need more than 64 bits are JSON, but nothing here could hold them.
    const bool number = error == simdjson::NUMBER_ERROR;
    return problem.refuse(
        std::string(number ? "not JSON, or a number out of range: " : "not JSON: ") +
        simdjson::error_message(error));
  }
  root = cursor(parsed);
  return true;
}

bool JsonList::next(JsonCursor& value) {
  if (at.index == end) return false;
  auto here = std::bit_cast<dom::array::iterator>(at);
  value = cursor(*here);
  at = cursor(++here);
  return true;
}

bool JsonObject::next(std::string_view& name, JsonCursor& value) {
  if (at.index == end) return false;
  auto here = std::bit_cast<dom::object::iterator>(at);
  name = here.key();
  value = cursor(here.value());
  at = cursor(++here);
  return true;
}

bool is_null(JsonCursor in) { return element(in).is_null(); }

bool open(JsonCursor in, JsonList& list, JsonProblem& problem) {
  dom::array array;
  if (element(in).get(array) != simdjson::SUCCESS) return mistaken(in, "a list", problem);
  list = {cursor(array.begin()), cursor(array.end()).index};
  return true;
}

bool open(JsonCursor in, JsonObject& object, JsonProblem& problem) {
  dom::object opened;
  if (element(in).get(opened) != simdjson::SUCCESS) return mistaken(in, "an object", problem);
  object = {cursor(opened.begin()), cursor(opened.end()).index};
  return true;
}

bool read_boolean(JsonCursor in, bool& value, JsonProblem& problem) {
  return element(in).get(value) == simdjson::SUCCESS || mistaken(in, "true or false", problem);
}

bool read_signed(JsonCursor in, unsigned bits, int64_t& value, JsonProblem& problem) {
  const dom::element from = element(in);
  if (from.type() == dom::element_type::UINT64) {  // only beyond what 63 bits hold
    return out_of_range(uint64_t(from), bits, problem);
  }
  if (from.get(value) != simdjson::SUCCESS) return mistaken(in, "an integer", problem);
  const int64_t max = std::numeric_limits<int64_t>::max() >> (64 - bits);
  return (value <= max && value >= -max - 1) || out_of_range(value, bits, problem);
}

bool read_unsigned(JsonCursor in, unsigned bits, uint64_t& value, JsonProblem& problem) {
  const dom::element from = element(in);
  if (from.type() == dom::element_type::INT64 && int64_t(from) < 0) {
    return problem.refuse(std::to_string(int64_t(from)) + " is negative");
  }
  if (from.get(value) != simdjson::SUCCESS) return mistaken(in, "an integer", problem);
  const uint64_t max = std::numeric_limits<uint64_t>::max() >> (64 - bits);
  return value <= max || out_of_range(value, bits, problem);
}

bool read_real(JsonCursor in, double& value, JsonProblem& problem) {
  return element(in).get(value) == simdjson::SUCCESS || mistaken(in, "a number", problem);
}

bool read_real(JsonCursor in, float& value, JsonProblem& problem) {
  double wide = 0;
  if (!read_real(in, wide, problem)) return false;
  constexpr double kMax = std::numeric_limits<float>::max();
  if (wide > kMax || wide < -kMax) return problem.refuse("the number does not fit a float");
  value = static_cast<float>(wide);
  return true;
}

bool read_text(JsonCursor in, std::string_view& value, JsonProblem& problem) {
  return element(in).get(value) == simdjson::SUCCESS || mistaken(in, "text", problem);
}

bool is_utf8(std::string_view text) { return simdjson::validate_utf8(text.data(), text.size()); }

}  // namespace wallaroo::detail
