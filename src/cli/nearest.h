// What a mistyped word may have meant.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace wallaroo::cli {

/// The candidate fewest edits away from `word`, empty when none is near.
std::string_view nearest(std::string_view word, const std::vector<std::string>& candidates);

}  // namespace wallaroo::cli
