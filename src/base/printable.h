// Bytes from outside as text that is safe in one line of a log.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace wallaroo::base {

/// The first `bytes_max` bytes, with everything but printable ASCII as \xNN, and "..." when there
/// were more.
std::string printable(std::string_view bytes, size_t bytes_max);

}  // namespace wallaroo::base
