// Counting lines at memory speed.
#pragma once

#include <cstddef>
#include <string_view>

namespace wallaroo::os {

size_t count_newlines(std::string_view text);

/// The length of the first `lines` lines of `text`, their newlines included; there must be so many.
size_t length_of_lines(std::string_view text, size_t lines);

}  // namespace wallaroo::os
