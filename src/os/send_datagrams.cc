#include "os/send_datagrams.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/bytes.h"
#include "os/message_reader.h"
#include "os/progress_timer.h"
#include "os/socket_address.h"

namespace wallaroo::os {
namespace {

using Fill = MessageReader::Fill;

constexpr size_t kHeader = 4;  // of a message in a block
constexpr size_t kBlockBytes = 64 * 1024;
constexpr uint64_t kPacedMessages = 16;  // of a block while a rate is kept
constexpr int kLookMs = 50;              // how often the stop flag is looked at

class Sender {
 public:
  Sender(const SendOptions& options, Descriptor socket)
      : options_(options),
        socket_(std::move(socket)),
        reader_(options.files, Framing::framed),
        rounds_left_(options.repeat) {}

  Result<TransferSummary> run() {
    TRY_VOID(reader_.check());
    summary_.total.connections = 1;
    timer_.start();
    while (!is_stopped()) {
      Block block;
      TRY(state, reader_.fill(block, {.bytes = kBlockBytes,
                                      .messages = options_.messages_per_second > 0 ? kPacedMessages
                                                                                   : UINT64_MAX}));
      if (state == Fill::ended) {
        if (--rounds_left_ == 0) break;
        reader_.rewind();
      }
      if (state == Fill::filled) TRY_VOID(send_block(block.bytes));
      timer_.tick(summary_.total);
    }
    TRY_VOID(check_refused());
    if (is_stopped()) summary_.end = TransferEnd::interrupted;
    summary_.total.seconds = timer_.seconds();
    return summary_;
  }

 private:
  bool is_stopped() const { return options_.watch.stop != nullptr && *options_.watch.stop; }

  Result<void> send_block(std::string_view bytes) {
    while (!bytes.empty() && !is_stopped()) {
      wait_for_turn();
      const size_t size = base::load_u32_be(bytes.data());
      TRY_VOID(send_one(bytes.substr(kHeader, size)));
      bytes.remove_prefix(kHeader + size);
    }
    return {};
  }

  Result<void> send_one(std::string_view message) {
    while (::send(socket_.get(), message.data(), message.size(), MSG_NOSIGNAL) < 0) {
      if (errno == EINTR) continue;
      if (errno == ENOBUFS) {  // the device is full for a moment
        (void)::poll(nullptr, 0, 1);
        continue;
      }
      return failed(errno, message.size());
    }
    ++summary_.total.messages;
    summary_.total.bytes += message.size();
    return {};
  }

  void wait_for_turn() const {
    if (options_.messages_per_second == 0) return;
    const double due_s = double(summary_.total.messages) / options_.messages_per_second;
    for (double left_s = 1; !is_stopped();) {
      left_s = due_s - timer_.seconds();
      if (left_s <= 0) return;
      (void)::poll(nullptr, 0, std::clamp(static_cast<int>(left_s * 1000), 1, kLookMs));
    }
  }

  /// A refusal of the last datagram is told afterwards.
  Result<void> check_refused() {
    int error = 0;
    socklen_t length = sizeof error;
    (void)getsockopt(socket_.get(), SOL_SOCKET, SO_ERROR, &error, &length);
    if (error == 0) return {};
    return failed(error, 0);
  }

  tl::unexpected<Error> failed(int error, size_t bytes) const {
    const std::string what = fmt::format("cannot send datagrams to {}", to_text(options_.to));
    if (error == ECONNREFUSED) {
      return fail(ErrorCode::unreachable,
                  fmt::format("{}: nobody receives there; start the worker first, or check the "
                              "address ({} messages were sent)",
                              what, summary_.total.messages));
    }
    if (error == EMSGSIZE) {
      return fail(ErrorCode::bad_option,
                  fmt::format("{}: message {} has {} bytes, more than a datagram takes; make it "
                              "shorter, or send over TCP",
                              what, summary_.total.messages + 1, bytes));
    }
    return fail(ErrorCode::io, fmt::format("{}: {} after {} messages; check the address and the "
                                           "network set-up",
                                           what, std::strerror(error), summary_.total.messages));
  }

  const SendOptions& options_;
  const Descriptor socket_;
  MessageReader reader_;
  uint64_t rounds_left_;
  ProgressTimer timer_{options_.watch};
  TransferSummary summary_;
};

}  // namespace

Result<TransferSummary> send_datagrams(const SendOptions& options) {
  TRY(where, to_socket_address(options.to));
  Descriptor socket(::socket(where.family(), SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!socket || ::connect(socket.get(), where.get(), where.length) != 0) {
    return fail(ErrorCode::io,
                fmt::format("cannot send datagrams to {}: {}; check the address and the network "
                            "set-up",
                            to_text(options.to), std::strerror(errno)));
  }
  return Sender(options, std::move(socket)).run();
}

}  // namespace wallaroo::os
