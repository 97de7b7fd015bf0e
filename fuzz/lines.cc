// Files that `wallaroo send` reads, a message a line, cut into blocks of every size.
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "base/bytes.h"
#include "fuzz/targets.h"
#include "os/message_reader.h"

namespace wallaroo::fuzz {
namespace {

namespace fs = std::filesystem;

/// Two files in a folder of their own, gone with it; in memory where there is such a place, because
/// opening them is most of the work.
class Files {
 public:
  Files() {
    const fs::path memory = "/dev/shm";
    const fs::path place = fs::is_directory(memory) ? memory : fs::temp_directory_path();
    std::string name = (place / "wallaroo_fuzz.XXXXXX").string();
    ASSERT(::mkdtemp(name.data()) != nullptr, "there is a folder for temporary files");
    folder_ = name;
  }
  ~Files() { fs::remove_all(folder_); }
  Files(const Files&) = delete;
  Files& operator=(const Files&) = delete;

  std::vector<std::string> names() const {
    return {(folder_ / "first").string(), (folder_ / "second").string()};
  }

 private:
  fs::path folder_;
};

struct Everything {
  std::string bytes;
  uint64_t messages = 0;
  bool operator==(const Everything&) const = default;
};

/// What a file holds, told one line after the other.
void add_lines(std::string_view text, os::Framing framing, Everything& all) {
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    if (framing == os::Framing::framed) {
      char header[4];
      base::store_u32_be(header, static_cast<uint32_t>(line.size()));
      all.bytes.append(header, sizeof header);
    }
    all.bytes += line;
    if (framing == os::Framing::lines) all.bytes += '\n';
    ++all.messages;
    text.remove_prefix(std::min(line.size() + 1, text.size()));
  }
}

Everything read_all(os::MessageReader& reader, os::BlockLimit limit) {
  Everything all;
  os::Block block;
  for (;;) {
    const auto state = reader.fill(block, limit);
    ASSERT(state.has_value() && *state != os::MessageReader::Fill::dry, "files can be read");
    if (*state == os::MessageReader::Fill::ended) break;
    ASSERT(block.messages > 0 && block.messages <= limit.messages,
           "a block has messages, and no more than asked for");
    ASSERT(block.messages == 1 || block.bytes.size() <= limit.bytes,
           "only a single message is longer than a block may be");
    all.bytes += block.bytes;
    all.messages += block.messages;
  }
  const auto after = reader.fill(block, limit);
  ASSERT(after.has_value() && *after == os::MessageReader::Fill::ended && block.messages == 0,
         "the end stays the end");
  return all;
}

}  // namespace

void fuzz_lines(const uint8_t* data, size_t bytes) {
  static const Files files;
  static const std::vector<std::string> names = files.names();
  Input input(data, bytes);
  const uint8_t choices = input.byte();
  const os::Framing framing = choices % 2 == 0 ? os::Framing::lines : os::Framing::framed;
  const size_t buffer_bytes = 1 + choices / 2;
  const uint8_t messages_max = input.byte();
  os::BlockLimit limit{.bytes = input.byte()};
  if (messages_max != 0) limit.messages = messages_max;
  const size_t cut = input.byte();

  const std::string_view text = input.rest();
  const std::string_view parts[] = {text.substr(0, cut), text.substr(std::min(cut, text.size()))};
  Everything expected;
  for (size_t i = 0; i < names.size(); ++i) {
    std::ofstream(names[i], std::ios::binary) << parts[i];
    add_lines(parts[i], framing, expected);
  }
  const MemoryLimit memory(64 * 1024 + 64 * bytes);
  os::MessageReader reader(names, framing, buffer_bytes);
  ASSERT(read_all(reader, limit) == expected, "every line is read once and in order");
  reader.rewind();
  ASSERT(read_all(reader, limit) == expected, "from its beginning it reads the same again");
}

std::vector<std::string> lines_seeds() {
  using namespace std::string_literals;
  return {"\x20\x00\xff\x04"s + "one\n\ntwo\r\nrest", "\x05\x01\x08\x06"s + "a\nbcd\nefghijkl\n",
          "\x00\x02\x03\xff"s + "\n\n\nno newline", "\xff\x00\x00\x00"s + "x\ny\n"};
}

}  // namespace wallaroo::fuzz
