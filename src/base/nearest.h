// What a mistyped word may have meant.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace wallaroo::base {

/// The candidate fewest edits away from `word`, empty when none is near. A view of `candidates`.
std::string_view nearest(std::string_view word, const std::vector<std::string>& candidates);
std::string_view nearest(std::string_view word, std::vector<std::string>&& candidates) = delete;

}  // namespace wallaroo::base
