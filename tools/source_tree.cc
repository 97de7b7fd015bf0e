#include "tools/source_tree.h"

#include <algorithm>
#include <cstdio>
#include <fstream>

namespace wallaroo::tools {

namespace fs = std::filesystem;

std::string SourceFile::module() const {
  const size_t first = path.find('/');
  const std::string top = path.substr(0, first);
  if (top != "src") return top;
  return path.substr(first + 1, path.find('/', first + 1) - first - 1);
}

static SourceFile read_file(const fs::path& root, const fs::path& path) {
  SourceFile file{fs::relative(path, root).generic_string(), {}};
  std::ifstream in(path);
  for (std::string line; std::getline(in, line);) file.lines.push_back(line);
  return file;
}

std::vector<SourceFile> read_tree(const fs::path& root, const std::vector<std::string>& folders) {
  std::vector<SourceFile> files;
  for (const std::string& folder : folders) {
    if (!fs::exists(root / folder)) continue;
    for (const auto& entry : fs::recursive_directory_iterator(root / folder)) {
      const fs::path& path = entry.path();
      if (path.extension() == ".h" || path.extension() == ".cc")
        files.push_back(read_file(root, path));
    }
  }
  std::sort(files.begin(), files.end(), [](auto& a, auto& b) { return a.path < b.path; });
  return files;
}

namespace {

enum class Inside { code, block_comment, string, character, raw_string };

// One line at a time, because that keeps the numbering; only block comments and raw strings last.
class Blanker {
 public:
  std::string line(const std::string& text) {
    std::string out(text.size(), ' ');
    for (size_t i = 0; i < text.size(); ++i) i = step(text, i, out);
    if (inside_ == Inside::string || inside_ == Inside::character) inside_ = Inside::code;
    return out;
  }

 private:
  // Handles the character at `i`; returns the last index it consumed.
  size_t step(const std::string& text, size_t i, std::string& out) {
    const std::string_view rest = std::string_view(text).substr(i);
    switch (inside_) {
      case Inside::block_comment:
        if (!rest.starts_with("*/")) return i;
        inside_ = Inside::code;
        return i + 1;
      case Inside::raw_string:
        if (!rest.starts_with(raw_end_)) return i;
        inside_ = Inside::code;
        return i + raw_end_.size() - 1;
      case Inside::string:
      case Inside::character:
        if (rest[0] == '\\') return i + 1;
        if (rest[0] != (inside_ == Inside::string ? '"' : '\'')) return i;
        out[i] = rest[0];
        inside_ = Inside::code;
        return i;
      case Inside::code:
        return code(text, i, out);
    }
    return i;
  }

  size_t code(const std::string& text, size_t i, std::string& out) {
    const std::string_view rest = std::string_view(text).substr(i);
    if (rest.starts_with("//")) return text.size();
    if (rest.starts_with("/*")) {
      inside_ = Inside::block_comment;
      return i + 1;
    }
    if (rest.starts_with("R\"")) {
      const size_t open = rest.find('(');
      if (open != std::string_view::npos) {
        raw_end_ = ")" + std::string(rest.substr(2, open - 2)) + "\"";
        inside_ = Inside::raw_string;
        return i + open;
      }
    }
    out[i] = rest[0];
    if (rest[0] == '"') inside_ = Inside::string;
    // A quote between digits separates thousands.
    const bool separator = i > 0 && std::isxdigit(static_cast<unsigned char>(text[i - 1]));
    if (rest[0] == '\'' && !separator) inside_ = Inside::character;
    return i;
  }

  Inside inside_ = Inside::code;
  std::string raw_end_;
};

}  // namespace

std::vector<std::string> code_of(const SourceFile& file) {
  Blanker blanker;
  std::vector<std::string> code;
  for (const std::string& line : file.lines) code.push_back(blanker.line(line));
  return code;
}

int report(std::string_view check, const std::vector<std::string>& findings, size_t files) {
  for (const std::string& finding : findings) std::printf("%s\n", finding.c_str());
  std::printf("%.*s: %zu files, %zu findings\n", static_cast<int>(check.size()), check.data(),
              files, findings.size());
  return findings.empty() ? 0 : 1;
}

}  // namespace wallaroo::tools
