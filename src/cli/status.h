// A worker's status as text for people.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace wallaroo::cli {

/// Lays out any JSON object: plain members as "name: value" lines, arrays of objects as tables with
/// a column for every member that occurs. New members of the status need no change here.
Result<std::string> format_status(std::string_view json);

}  // namespace wallaroo::cli
