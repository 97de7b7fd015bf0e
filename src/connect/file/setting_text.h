// How a setting is named in an error about its value.
#pragma once

#include <string>

#include "wallaroo/graph.h"

namespace wallaroo::connect {

inline std::string flag_of(const Setting& setting) {
  return setting.flag.empty() ? std::string(" in the program") : " by --" + setting.flag;
}

}  // namespace wallaroo::connect
