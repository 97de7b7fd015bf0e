// Every limit on a block gives the same messages in the same order.
#include "os/message_reader.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "base/bytes.h"
#include "base/rng.h"

namespace wallaroo::os {
namespace {

namespace fs = std::filesystem;
using Fill = MessageReader::Fill;

class MessageReaderTest : public testing::Test {
 protected:
  MessageReaderTest() { fs::create_directories(scratch_); }
  ~MessageReaderTest() override { fs::remove_all(scratch_); }

  std::string write(const std::string& name, std::string_view text) {
    const std::string path = scratch_ / name;
    std::ofstream(path, std::ios::binary) << text;
    return path;
  }

  fs::path scratch_ = fs::temp_directory_path() / ("message_reader." + std::to_string(getpid()));
};

struct Everything {
  std::string bytes;
  uint64_t messages = 0;
};

Everything read_all(MessageReader& reader, BlockLimit limit) {
  Everything all;
  Block block;
  while (true) {
    const auto state = reader.fill(block, limit);
    EXPECT_TRUE(state.has_value());
    if (!state || *state == Fill::ended) return all;
    EXPECT_GT(block.messages, 0u);
    EXPECT_LE(block.messages, limit.messages);
    EXPECT_TRUE(block.messages == 1 || block.bytes.size() <= limit.bytes);
    all.bytes += block.bytes;
    all.messages += block.messages;
  }
}

std::string as_frames(std::string_view lines) {
  std::string frames;
  while (!lines.empty()) {
    const size_t size = lines.find('\n');
    std::string header(4, ' ');
    base::store_u32_be(header.data(), static_cast<uint32_t>(size));
    frames.append(header).append(lines.substr(0, size));
    lines.remove_prefix(size + 1);
  }
  return frames;
}

TEST_F(MessageReaderTest, gives_every_line_once_within_any_limit) {
  base::Rng rng(3);
  std::string text;
  for (int i = 0; i < 3'000; ++i)
    text += std::string(rng.below(rng.chance(1, 50) ? 3'000 : 60), 'x') + '\n';
  const std::string path = write("text", text);
  for (const Framing framing : {Framing::lines, Framing::framed}) {
    MessageReader reader({path}, framing);
    for (const BlockLimit limit :
         {BlockLimit{.bytes = 1}, BlockLimit{.bytes = 100}, BlockLimit{.bytes = 4'096},
          BlockLimit{.bytes = 10 << 20}, BlockLimit{.bytes = 4'096, .messages = 1},
          BlockLimit{.bytes = 4'096, .messages = 7}}) {
      const Everything all = read_all(reader, limit);
      EXPECT_EQ(all.messages, 3'000u);
      EXPECT_EQ(all.bytes, framing == Framing::lines ? text : as_frames(text));
      reader.rewind();
    }
  }
}

TEST_F(MessageReaderTest, ends_each_file_with_a_newline_and_keeps_empty_lines) {
  MessageReader reader({write("a", "one\n\ntwo"), write("b", ""), write("c", "three")},
                       Framing::lines);
  const Everything all = read_all(reader, {.bytes = 1'000});
  EXPECT_EQ(all.bytes, "one\n\ntwo\nthree\n");
  EXPECT_EQ(all.messages, 4u);
}

TEST_F(MessageReaderTest, takes_lines_longer_than_its_buffer) {
  const std::string line(5 << 20, 'y');
  MessageReader reader({write("long", "a\n" + line + "\nb\n")}, Framing::framed);
  const Everything all = read_all(reader, {.bytes = 64});
  EXPECT_EQ(all.messages, 3u);
  EXPECT_EQ(all.bytes.size(), line.size() + 2 + 3 * 4);
}

TEST_F(MessageReaderTest, names_the_file_it_cannot_read) {
  Block block;
  MessageReader absent({(scratch_ / "absent").string()}, Framing::lines);
  const auto result = absent.fill(block, {.bytes = 10});
  ASSERT_FALSE(result.has_value());
  EXPECT_NE(result.error().message.find("absent"), std::string::npos);
  MessageReader folder({scratch_.string()}, Framing::lines);
  EXPECT_FALSE(folder.fill(block, {.bytes = 10}).has_value());
  const auto checked = folder.check();  // before anybody connects
  ASSERT_FALSE(checked.has_value());
  EXPECT_NE(checked.error().message.find("it is a directory"), std::string::npos);
}

}  // namespace
}  // namespace wallaroo::os
