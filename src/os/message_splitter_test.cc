// Streams cut into random pieces give what the whole stream gives.
#include "os/message_splitter.h"

#include <gtest/gtest.h>

#include <vector>

#include "base/bytes.h"
#include "base/rng.h"

namespace wallaroo::os {
namespace {

struct TextSink final : LineSink {
  void append(std::string_view bytes) override { text += bytes; }
  std::string text;
};

std::string frame(std::string_view message) {
  std::string header(4, ' ');
  base::store_u32_be(header.data(), static_cast<uint32_t>(message.size()));
  return header.append(message);
}

std::string encode(const std::vector<std::string>& messages, Framing framing) {
  std::string stream;
  for (const std::string& message : messages)
    stream += framing == Framing::framed ? frame(message) : message + '\n';
  return stream;
}

TEST(MessageSplitter, does_not_depend_on_how_the_stream_is_cut) {
  base::Rng rng(11);
  for (int round = 0; round < 2'000; ++round) {
    const Framing framing = round % 2 == 0 ? Framing::lines : Framing::framed;
    std::vector<std::string> messages(rng.below(20));
    for (auto& message : messages) message.assign(rng.below(rng.chance(1, 8) ? 3'000 : 12), 'm');
    const std::string stream = encode(messages, framing);
    const size_t count_max = rng.chance(1, 3) ? rng.below(messages.size() + 1) : messages.size();
    MessageSplitter splitter(framing);
    TextSink sink;
    uint64_t count = 0;
    for (std::string_view rest = stream; !rest.empty();) {
      const size_t piece = std::min<size_t>(rest.size(), rng.between(1, 1 + rng.below(2'000)));
      const auto outcome = splitter.split(rest.substr(0, piece), count_max - count, sink);
      ASSERT_FALSE(outcome.over_limit);
      count += outcome.messages;
      rest.remove_prefix(piece);
    }
    ASSERT_EQ(count, count_max);
    std::string expected;
    for (size_t i = 0; i < count_max; ++i) expected += messages[i] + '\n';
    ASSERT_EQ(sink.text, expected);
  }
}

TEST(MessageSplitter, an_unterminated_line_counts_and_a_cut_frame_does_not) {
  TextSink sink;
  MessageSplitter lines(Framing::lines);
  EXPECT_EQ(lines.split("one\ntw", 9, sink).messages, 1u);
  EXPECT_TRUE(lines.is_inside_message());
  EXPECT_EQ(lines.finish(sink).messages, 1u);
  EXPECT_EQ(sink.text, "one\ntw\n");
  EXPECT_FALSE(lines.is_inside_message());

  MessageSplitter frames(Framing::framed);
  TextSink framed;
  const std::string stream = frame("whole") + frame("cut");
  EXPECT_EQ(frames.split(std::string_view(stream).substr(0, stream.size() - 1), 9, framed).messages,
            1u);
  EXPECT_EQ(frames.finish(framed).messages, 0u);
  EXPECT_TRUE(frames.is_inside_message());
  EXPECT_EQ(framed.text, "whole\n");
}

TEST(MessageSplitter, gives_up_on_a_message_over_the_limit) {
  TextSink sink;
  MessageSplitter frames(Framing::framed);
  EXPECT_TRUE(frames.split("\xff\xff\xff\xff", 9, sink).over_limit);
  MessageSplitter slow(Framing::framed);
  for (const char c : {'\x7f', '\x00', '\x00'})
    EXPECT_FALSE(slow.split({&c, 1}, 9, sink).over_limit);
  EXPECT_TRUE(slow.split("x", 9, sink).over_limit);

  MessageSplitter lines(Framing::lines);
  const std::string megabyte(1 << 20, 'x');
  bool over = false;
  for (int i = 0; i < 65; ++i) over = over || lines.split(megabyte, 9, sink).over_limit;
  EXPECT_TRUE(over);
  EXPECT_EQ(sink.text, "");
}

TEST(MessageSplitter, passes_raw_bytes_through) {
  TextSink sink;
  MessageSplitter raw(Framing::raw);
  EXPECT_EQ(raw.split(std::string_view("a\n\0b", 4), 9, sink).messages, 0u);
  EXPECT_EQ(sink.text, std::string_view("a\n\0b", 4));
}

}  // namespace
}  // namespace wallaroo::os
