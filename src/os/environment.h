// The variables of the environment that begin with a prefix.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace wallaroo::os {

struct Variable {
  std::string name;
  std::string value;
};

/// Those whose names begin with `prefix`, sorted by name. Only while no other thread changes them.
std::vector<Variable> read_environment(std::string_view prefix);

}  // namespace wallaroo::os
