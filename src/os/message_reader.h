// Turns text files or standard input into blocks of encoded messages; each line is one message.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "os/descriptor.h"
#include "os/transfer.h"

namespace wallaroo::os {

struct Block {
  std::string bytes;  // whole messages
  uint64_t messages = 0;
};

/// Encodes one message more; one that is sent as a line must hold no newline.
void append_message(Block& block, Framing framing, std::string_view message);

struct BlockLimit {
  size_t bytes = 0;  // passed over only by a single longer message
  uint64_t messages = UINT64_MAX;
};

class MessageReader {
 public:
  static constexpr size_t kBufferBytes = 1 << 20;

  /// No files means standard input, which can be read only once. `buffer_bytes`, at least 1, is
  /// what there is room for at first; a longer line makes it grow.
  MessageReader(std::vector<std::string> files, Framing framing, size_t buffer_bytes = kBufferBytes)
      : files_(std::move(files)), framing_(framing), input_(buffer_bytes) {}

  /// Whether the files are there and may be read: better said before anything is sent.
  Result<void> check() const;

  enum class Fill : uint8_t {
    filled,
    dry,  // standard input had nothing to give for a short while
    ended,
  };
  /// Replaces `block` by the messages that come next, at least one when `filled`.
  Result<Fill> fill(Block& block, BlockLimit limit);
  /// Begins again with the first file.
  void rewind();

 private:
  Result<Fill> refill();
  Result<bool> open_next();
  void take_lines(Block& block, BlockLimit limit);
  void take_frames(Block& block, BlockLimit limit);
  std::string_view available() const { return {input_.data() + begin_, end_ - begin_}; }
  std::string_view source_name() const;

  const std::vector<std::string> files_;
  const Framing framing_;
  size_t next_file_ = 0;
  Descriptor file_;
  std::vector<char> input_;
  size_t begin_ = 0;  // input_[begin_, end_) has been read and not yet taken
  size_t end_ = 0;
};

}  // namespace wallaroo::os
