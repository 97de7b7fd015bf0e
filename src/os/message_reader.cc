#include "os/message_reader.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/bytes.h"
#include "os/newlines.h"

namespace wallaroo::os {
namespace {

constexpr int kDryMs = 20;
constexpr size_t kHeader = 4;

tl::unexpected<Error> cannot_open(std::string_view name) {
  return fail(ErrorCode::io, fmt::format("cannot open {}: {}; check the name and its permissions",
                                         name, std::strerror(errno)));
}

/// False when a pipe or terminal has nothing to read yet.
bool is_readable(int fd) {
  pollfd watched{fd, POLLIN, 0};
  return ::poll(&watched, 1, kDryMs) != 0;
}

}  // namespace

void append_message(Block& block, Framing framing, std::string_view message) {
  if (framing == Framing::framed) {
    std::array<char, kHeader> header;
    base::store_u32_be(header.data(), static_cast<uint32_t>(message.size()));
    block.bytes.append(header.data(), header.size());
  }
  block.bytes.append(message);
  if (framing == Framing::lines) block.bytes += '\n';
  ++block.messages;
}

std::string_view MessageReader::source_name() const {
  return files_.empty() ? "standard input" : std::string_view(files_[next_file_ - 1]);
}

Result<void> MessageReader::check() const {
  for (const std::string& name : files_) {
    struct stat about {};
    if (::access(name.c_str(), R_OK) != 0 || ::stat(name.c_str(), &about) != 0)
      return cannot_open(name);
    if (!S_ISDIR(about.st_mode)) continue;
    return fail(ErrorCode::io,
                fmt::format("cannot send {}: it is a directory; name the files in it", name));
  }
  return {};
}

void MessageReader::rewind() {
  next_file_ = 0;
  file_.reset();
  begin_ = end_ = 0;
}

Result<MessageReader::Fill> MessageReader::fill(Block& block, BlockLimit limit) {
  block.bytes.clear();
  block.messages = 0;
  while (block.messages == 0) {
    if (framing_ == Framing::framed)
      take_frames(block, limit);
    else
      take_lines(block, limit);
    if (block.messages > 0) break;
    TRY(state, refill());
    if (state != Fill::filled) return state;
  }
  return Fill::filled;
}

/// Reads on; a last line without newline gets one. `ended` when there is no more of anything.
Result<MessageReader::Fill> MessageReader::refill() {
  if (!file_) {
    TRY(more, open_next());
    if (!more) return Fill::ended;
  }
  if (begin_ > 0) {
    std::memmove(input_.data(), input_.data() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  if (end_ == input_.size()) {
    if (input_.size() >= kMessageBytesMax) {
      return fail(ErrorCode::frame_over_limit,
                  fmt::format("cannot send {}: a line is longer than {} MiB; each line is one "
                              "message, so split it",
                              source_name(), kMessageBytesMax >> 20));
    }
    input_.resize(input_.size() * 2);
  }
  if (files_.empty() && !is_readable(file_.get())) return Fill::dry;
  const ssize_t count = ::read(file_.get(), input_.data() + end_, input_.size() - end_);
  if (count < 0 && errno == EINTR) return Fill::dry;
  if (count < 0) {
    return fail(ErrorCode::io, fmt::format("cannot read {}: {}; check that it is a readable file",
                                           source_name(), std::strerror(errno)));
  }
  end_ += static_cast<size_t>(count);
  if (count == 0) {
    file_.reset();
    if (begin_ != end_) input_[end_++] = '\n';
  }
  return Fill::filled;
}

Result<bool> MessageReader::open_next() {
  if (next_file_ >= std::max<size_t>(1, files_.size())) return false;
  ++next_file_;
  file_.reset(files_.empty() ? ::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0)
                             : ::open(files_[next_file_ - 1].c_str(), O_RDONLY | O_CLOEXEC));
  if (!file_) return cannot_open(source_name());
  return true;
}

void MessageReader::take_lines(Block& block, BlockLimit limit) {
  std::string_view text = available();
  if (text.size() > limit.bytes) {
    const size_t cut = text.substr(0, limit.bytes).rfind('\n');
    text = text.substr(0, cut != std::string_view::npos ? cut + 1 : text.find('\n') + 1);
  }
  size_t size = 0;
  if (limit.messages == UINT64_MAX) {
    size = text.rfind('\n') + 1;
    block.messages = count_newlines(text.substr(0, size));
  } else {
    for (size_t newline = 0; block.messages < limit.messages; ++block.messages) {
      newline = text.find('\n', size);
      if (newline == std::string_view::npos) break;
      size = newline + 1;
    }
  }
  block.bytes.assign(text.substr(0, size));
  begin_ += size;
}

void MessageReader::take_frames(Block& block, BlockLimit limit) {
  const std::string_view text = available();
  size_t at = 0;
  while (block.messages < limit.messages) {
    const size_t newline = text.find('\n', at);
    if (newline == std::string_view::npos) break;
    const size_t size = newline - at;
    if (block.messages > 0 && block.bytes.size() + kHeader + size > limit.bytes) break;
    append_message(block, Framing::framed, text.substr(at, size));
    at = newline + 1;
  }
  begin_ += at;
}

}  // namespace wallaroo::os
