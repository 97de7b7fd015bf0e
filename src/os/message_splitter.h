// Cuts the byte stream of one connection into whole messages; keeps only the unfinished one.
#pragma once

#include <string>
#include <string_view>

#include "os/transfer.h"

namespace wallaroo::os {

/// Where whole messages go, one line each.
class LineSink {
 public:
  virtual ~LineSink() = default;
  virtual void append(std::string_view bytes) = 0;
};

class MessageSplitter {
 public:
  explicit MessageSplitter(Framing framing) : framing_(framing) {}

  struct Outcome {
    uint64_t messages = 0;
    bool over_limit = false;  // a message is longer than kMessageBytesMax: give the stream up
  };
  /// Appends at most `messages_max` messages to `sink`; drops what comes after them.
  Outcome split(std::string_view input, uint64_t messages_max, LineSink& sink);

  /// The stream has ended: an unterminated last line counts, a cut frame does not.
  Outcome finish(LineSink& sink);
  bool is_inside_message() const { return !rest_.empty(); }

 private:
  Outcome split_lines(std::string_view input, uint64_t messages_max, LineSink& sink);
  Outcome split_frames(std::string_view input, uint64_t messages_max, LineSink& sink);
  bool complete_rest(std::string_view& input, size_t size);

  Framing framing_;
  std::string rest_;  // the beginning of a message, with its header if framed
};

}  // namespace wallaroo::os
