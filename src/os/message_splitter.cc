#include "os/message_splitter.h"

#include <algorithm>

#include "base/bytes.h"
#include "os/newlines.h"

namespace wallaroo::os {
namespace {

constexpr size_t kHeader = 4;

}  // namespace

MessageSplitter::Outcome MessageSplitter::split(std::string_view input, uint64_t messages_max,
                                                LineSink& sink) {
  switch (framing_) {
    case Framing::lines:
      return split_lines(input, messages_max, sink);
    case Framing::framed:
      return split_frames(input, messages_max, sink);
    case Framing::raw:
      sink.append(input);
  }
  return {};
}

MessageSplitter::Outcome MessageSplitter::finish(LineSink& sink) {
  if (framing_ != Framing::lines || rest_.empty()) return {};
  rest_ += '\n';
  sink.append(rest_);
  rest_.clear();
  return {.messages = 1};
}

MessageSplitter::Outcome MessageSplitter::split_lines(std::string_view input, uint64_t messages_max,
                                                      LineSink& sink) {
  std::string_view whole = input.substr(0, input.rfind('\n') + 1);
  input.remove_prefix(whole.size());
  uint64_t lines = count_newlines(whole);
  if (lines > messages_max) {
    lines = messages_max;
    whole = whole.substr(0, length_of_lines(whole, lines));
  }
  if (lines > 0) {
    if (!rest_.empty()) sink.append(rest_);
    rest_.clear();
    sink.append(whole);
  }
  if (rest_.size() + input.size() > kMessageBytesMax) return {lines, true};
  rest_.append(input);
  return {lines, false};
}

MessageSplitter::Outcome MessageSplitter::split_frames(std::string_view input,
                                                       uint64_t messages_max, LineSink& sink) {
  Outcome outcome;
  const auto give = [&](std::string_view message) {
    sink.append(message);
    sink.append("\n");
    ++outcome.messages;
  };
  if (!rest_.empty() && messages_max > 0) {
    if (!complete_rest(input, kHeader)) return outcome;
    const size_t size = base::load_u32_be(rest_.data());
    if (size > kMessageBytesMax) return {0, true};
    if (!complete_rest(input, kHeader + size)) return outcome;
    give(std::string_view(rest_).substr(kHeader));
    rest_.clear();
  }
  while (input.size() >= kHeader && outcome.messages < messages_max) {
    const size_t size = base::load_u32_be(input.data());
    if (size > kMessageBytesMax) {
      outcome.over_limit = true;
      return outcome;
    }
    if (input.size() - kHeader < size) break;
    give(input.substr(kHeader, size));
    input.remove_prefix(kHeader + size);
  }
  if (outcome.messages < messages_max) rest_.assign(input);
  return outcome;
}

/// Moves bytes from the input until rest_ holds `size` of them; false when there are too few.
bool MessageSplitter::complete_rest(std::string_view& input, size_t size) {
  const size_t missing = size - std::min(size, rest_.size());
  const size_t taken = std::min(missing, input.size());
  rest_.append(input.substr(0, taken));
  input.remove_prefix(taken);
  return taken == missing;
}

}  // namespace wallaroo::os
