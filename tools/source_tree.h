// What the checks of the tree share: its files, and their text without comments and literals.
#pragma once

#include <filesystem>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace wallaroo::tools {

struct SourceFile {
  std::string path;  // from the root of the tree, with '/'
  std::vector<std::string> lines;

  bool is_header() const { return path.ends_with(".h"); }
  bool is_test() const {
    return path.ends_with("_test.cc") || path.ends_with("_test.h") || path.ends_with("_contract.h");
  }
  /// foo_impl.h holds the templates of foo.h, which includes it at its end: a source in all but
  /// name.
  bool is_template_source() const { return path.ends_with("_impl.h"); }
  bool is_interface() const { return is_header() && !is_test() && !is_template_source(); }
  /// The first part of the path, or the second one below src: "flow", "sim", "include".
  std::string module() const;
};

/// Every .h and .cc file under the given folders of `root`, sorted by path.
std::vector<SourceFile> read_tree(const std::filesystem::path& root,
                                  const std::vector<std::string>& folders);

/// The lines with comments and the insides of literals blanked, line numbers kept.
std::vector<std::string> code_of(const SourceFile& file);

/// Prints each finding on a line and a total; returns the exit status of the program.
int report(std::string_view check, const std::vector<std::string>& findings, size_t files);

}  // namespace wallaroo::tools
