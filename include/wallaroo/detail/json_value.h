// A parsed JSON text and its values, without templates and without the parser's header: compiled
// once, in src/json. Users include json.h.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "wallaroo/bytes.h"

namespace wallaroo::detail {

/// Why a value was refused, and where. The path grows from the inside outwards.
class JsonProblem {
 public:
  /// Says what is wrong; false, so that it can be returned.
  bool refuse(std::string_view what);
  bool in_field(std::string_view name);
  bool in_element(size_t index);
  bool in_entry(std::string_view key);
  bool refuse_variant(std::span<const std::string_view> names);
  /// "items[3].price: 300 does not fit in 8 bits"
  std::string text() const;

 private:
  std::string what_;
  std::string path_;
};

/// One value of the text that was parsed last; 16 bytes, to be copied.
struct JsonCursor {
  const void* document;
  size_t index;
};
/// Walks over the elements of a list.
struct JsonList {
  JsonCursor at;
  size_t end;
  /// The next element; false behind the last one.
  bool next(JsonCursor& element);
};
/// Walks over the fields of an object. Names are valid until the next text is parsed.
struct JsonObject {
  JsonCursor at;
  size_t end;
  bool next(std::string_view& name, JsonCursor& value);
};

bool is_null(JsonCursor in);
bool open(JsonCursor in, JsonList& list, JsonProblem& problem);
bool open(JsonCursor in, JsonObject& object, JsonProblem& problem);
bool read_boolean(JsonCursor in, bool& value, JsonProblem& problem);
/// `bits` is 8, 16, 32 or 64.
bool read_signed(JsonCursor in, unsigned bits, int64_t& value, JsonProblem& problem);
bool read_unsigned(JsonCursor in, unsigned bits, uint64_t& value, JsonProblem& problem);
bool read_real(JsonCursor in, double& value, JsonProblem& problem);
bool read_real(JsonCursor in, float& value, JsonProblem& problem);
/// A view into the parser, valid until the next text is parsed.
bool read_text(JsonCursor in, std::string_view& value, JsonProblem& problem);

bool is_utf8(std::string_view text);
bool write_text(std::string_view value, Bytes& out, JsonProblem& problem);
bool write_real(double value, Bytes& out, JsonProblem& problem);
bool write_real(float value, Bytes& out, JsonProblem& problem);

/// How one field of a struct is read; `object` is the struct.
struct JsonFieldReader {
  std::string_view name;
  bool (*read)(JsonCursor in, void* object, JsonProblem& problem);
  void (*clear)(void* object);  ///< when the field is missing; null: it must not be
};
/// How one field of a struct is written.
struct JsonFieldWriter {
  std::string_view name;
  bool (*write)(const void* object, Bytes& out, JsonProblem& problem);
  bool (*is_absent)(const void* object);  ///< then the field is left out; null: it never is
};
constexpr size_t kJsonFieldsMax = 64;

bool read_struct(JsonCursor in, std::span<const JsonFieldReader> fields, void* object,
                 JsonProblem& problem);
bool write_struct(std::span<const JsonFieldWriter> fields, const void* object, Bytes& out,
                  JsonProblem& problem);
/// The place of `name` in `names`, or their number.
size_t find_name(std::span<const std::string_view> names, std::string_view name);
/// The number of the name that a text value is.
bool read_name(JsonCursor in, std::span<const std::string_view> names, size_t& number,
               JsonProblem& problem);

/// The parser with its memory, which it keeps: about 16 bytes for each byte of the longest text.
/// Made at its first use, not copied with its owner. Belongs to one core.
class JsonParser {
 public:
  constexpr JsonParser() = default;
  ~JsonParser();
  JsonParser(const JsonParser&) : JsonParser() {}
  JsonParser(JsonParser&& other) noexcept : state_(other.state_) { other.state_ = nullptr; }
  JsonParser& operator=(const JsonParser&) = delete;

  /// The whole text must be one JSON value in UTF-8, at most kJsonDepthMax deep.
  bool parse(std::string_view text, JsonCursor& root, JsonProblem& problem);

 private:
  struct State;
  State* state_ = nullptr;
};
constexpr size_t kJsonDepthMax = 64;

}  // namespace wallaroo::detail
