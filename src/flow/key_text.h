// Keys for people.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace wallaroo::flow {

/// The digits of a key that is a number, boolean or enum: such keys have 8 bytes, whatever their
/// width. Nothing for any other key.
std::optional<std::string> key_number(std::string_view type, std::string_view key);

/// A key of a described type (docs/formats/values.md): digits for a number, text as it is,
/// {"fish", 7} for a struct, [1, 2] for a list or array. Of a type of which that is not known, and
/// when the bytes do not fit it, the bytes with \xNN for what is not printable. At most about
/// `bytes_max` bytes, with "..." when there are more.
std::string key_text(std::string_view type, std::string_view key, size_t bytes_max);

}  // namespace wallaroo::flow
