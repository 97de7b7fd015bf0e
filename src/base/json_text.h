// JSON's way to write text and bytes, for the few places where the engine itself writes JSON.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace wallaroo::base {

/// Well-formed UTF-8 (RFC 3629): no surrogates, no longer form than needed.
bool is_utf8(std::string_view text);

/// Appends `text`, which is UTF-8, as a JSON string with its quotes.
void append_json_string(std::string& out, std::string_view text);

/// Appends `"name":"text"`, or, when the bytes are not UTF-8, `"name_base64":"..."`.
void append_json_bytes(std::string& out, std::string_view name, std::string_view bytes);

/// Standard base64 (RFC 4648) with padding.
std::string base64(std::string_view bytes);
/// Nothing when it is not that.
std::optional<std::string> from_base64(std::string_view text);

struct JsonField {
  std::string name;
  std::string value;  // of text what it says, else as it stands
};
/// The fields of an object of texts and whole numbers, in JSON by anybody; those in base64, as
/// append_json_bytes() writes them, are decoded and lose the end of their name. Nothing when it is
/// something else.
std::optional<std::vector<JsonField>> parse_flat_json(std::string_view line);

/// "2026-11-25T22:36:04.123456789Z" from nanoseconds since 1970 UTC.
std::string utc_text(int64_t wall_ns);

}  // namespace wallaroo::base
