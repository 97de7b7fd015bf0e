// A strict reader of the Prometheus text format, version 0.0.4, as far as a worker uses it.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace wallaroo::e2e {

struct Exposition {
  std::map<std::string, double> samples;  // name with labels as written -> value
  std::vector<std::string> mistakes;      // what a careful scraper or its linter would refuse
};

Exposition read_exposition(std::string_view text);

}  // namespace wallaroo::e2e
