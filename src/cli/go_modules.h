// Where the Go modules of Wallaroo are, beside the program that asks.
#pragma once

#include <string>

#include "base/result.h"

namespace wallaroo::cli {

/// Absolute paths.
struct GoModules {
  std::string module;      // wallaroo.example/wallaroo
  std::string compatible;  // wallarooapi, of the 2018 API
  std::string pkg_config;  // the folder of wallaroo-c.pc
};

/// Of the installation that `program` belongs to, or of the tree in which it was built.
Result<GoModules> find_go_modules(const std::string& program = "/proc/self/exe");

}  // namespace wallaroo::cli
