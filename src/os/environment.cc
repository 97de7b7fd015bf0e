#include "os/environment.h"

#include <unistd.h>

#include <algorithm>

namespace wallaroo::os {

std::vector<Variable> read_environment(std::string_view prefix) {
  std::vector<Variable> found;
  for (const char* const* entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    const size_t equals = text.find('=');
    if (equals == std::string_view::npos || !text.substr(0, equals).starts_with(prefix)) continue;
    found.push_back({std::string(text.substr(0, equals)), std::string(text.substr(equals + 1))});
  }
  std::sort(found.begin(), found.end(),
            [](const Variable& a, const Variable& b) { return a.name < b.name; });
  return found;
}

}  // namespace wallaroo::os
