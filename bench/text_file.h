#pragma once
// A made-up text in a file.
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "measure.h"
#include "yardstick/net.h"
#include "yardstick/text.h"

namespace wallaroo::bench {

/// The text as lines, in a file that goes with this object.
class TextFile {
 public:
  explicit TextFile(const Text& text)
      : path_(std::filesystem::temp_directory_path() /
              ("wallaroo-bench-" + std::to_string(getpid()))) {
    std::ofstream file(path_);
    for (size_t i = 0; i < text.messages(); ++i) {
      const size_t begin = text.offsets[i] + sizeof(uint32_t);
      file.write(text.frames.data() + begin, text.offsets[i + 1] - static_cast<long>(begin));
      file << '\n';
    }
    if (!file.flush()) die("cannot write " + path_.string());
  }
  ~TextFile() { std::filesystem::remove(path_); }
  TextFile(const TextFile&) = delete;
  TextFile& operator=(const TextFile&) = delete;
  std::string path() const { return path_.string(); }

 private:
  const std::filesystem::path path_;
};

}  // namespace wallaroo::bench
