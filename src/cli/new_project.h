// `wallaroo new LANGUAGE DIR`: a project of one small program that builds and runs as it is.
#pragma once

#include <string>

#include "base/result.h"

namespace wallaroo::cli {

/// Writes the project for `language` (cpp or go) into `directory`, which must be absent or empty.
/// The last part of the path becomes the project's name.
Result<void> new_project(const std::string& language, const std::string& directory);

}  // namespace wallaroo::cli
