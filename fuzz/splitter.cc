// What `wallaroo receive` cuts into messages, and how it counts lines.
#include "os/message_splitter.h"

#include <algorithm>

#include "fuzz/targets.h"
#include "os/newlines.h"

namespace wallaroo::fuzz {
namespace {

class Gathered final : public os::LineSink {
 public:
  void append(std::string_view bytes) override { text += bytes; }
  std::string text;
};

struct Result {
  std::string text;
  uint64_t messages = 0;
  bool over_limit = false;
  bool inside = false;
  bool operator==(const Result&) const = default;
};

}  // namespace

void fuzz_splitter(const uint8_t* data, size_t bytes) {
  Input input(data, bytes);
  const auto framing = static_cast<os::Framing>(input.byte() % 3);
  const uint8_t wanted = input.byte();
  const uint64_t messages_max = wanted < 128 ? wanted : UINT64_MAX;
  const std::string_view stream = input.rest();

  const auto split = [&](auto feed) {
    os::MessageSplitter splitter(framing);
    Gathered sink;
    Result result;
    feed([&](std::string_view piece) {
      const auto outcome = splitter.split(piece, messages_max - result.messages, sink);
      result.messages += outcome.messages;
      result.over_limit = outcome.over_limit;
      return !result.over_limit && result.messages < messages_max;
    });
    ASSERT(result.messages <= messages_max, "no more messages than asked for");
    if (!result.over_limit && result.messages < messages_max) {
      result.messages += splitter.finish(sink).messages;
      result.inside = splitter.is_inside_message();
    }
    result.text = sink.text;
    return result;
  };
  const Result whole = split([&](auto take) { take(stream); });
  const Result pieces = split([&](auto take) { in_pieces(stream, take); });
  ASSERT(whole.text.size() <= stream.size() + whole.messages, "nothing is made up");
  ASSERT(whole == pieces || framing == os::Framing::raw, "it does not matter how the bytes came");

  const size_t lines = os::count_newlines(stream);
  ASSERT(lines == static_cast<size_t>(std::count(stream.begin(), stream.end(), '\n')),
         "lines are counted as one by one");
  const size_t some = lines == 0 ? 0 : wanted % (lines + 1);
  const size_t length = os::length_of_lines(stream, some);
  ASSERT(os::count_newlines(stream.substr(0, length)) == some &&
             (length == 0 || stream[length - 1] == '\n'),
         "so many lines are as long as they are");
}

std::vector<std::string> splitter_seeds() {
  using namespace std::string_literals;
  return {"\x00\xff"s + "one\n\ntwo\r\nrest", "\x01\xff"s + "\0\0\0\3abc\0\0\0\0\0\0\0\2de"s,
          "\x01\x02"s + "\0\0\0\1a\0\0\0\1b\0\0\0\1c"s, "\x00\x02"s + "a\nb\nc\n",
          "\x02\xff"s + "raw"};
}

}  // namespace wallaroo::fuzz
