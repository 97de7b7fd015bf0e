#include "os/receive.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <deque>
#include <map>
#include <vector>

#include "os/clock.h"
#include "os/descriptor.h"
#include "os/message_splitter.h"
#include "os/progress_timer.h"
#include "os/tls_net.h"

namespace wallaroo::os {
namespace {

using io::IoStatus;
using io::NetEventKind;

constexpr size_t kReadBytes = 256 * 1024;
constexpr size_t kFlushBytes = 256 * 1024;
constexpr size_t kDirectBytes = 32 * 1024;  // longer pieces are written without being copied
constexpr size_t kFailuresTold = 20;
constexpr int64_t kRemindNs = 60'000'000'000;
constexpr int64_t kLookNs = 100'000'000;  // how often the stop flag is looked at

bool is_protected(const io::Address& listen) { return listen.tls || io::is_loopback(listen); }

/// Gathers small pieces into large writes.
class FileSink final : public LineSink {
 public:
  explicit FileSink(int fd) : fd_(fd) {}

  void append(std::string_view bytes) override {
    if (bytes.size() >= kDirectBytes) {
      flush();
      return write_all(bytes);
    }
    buffer_.append(bytes);
    if (buffer_.size() >= kFlushBytes) flush();
  }
  void flush() {
    write_all(buffer_);
    buffer_.clear();
  }
  int error() const { return error_; }

 private:
  void write_all(std::string_view bytes) {
    while (!bytes.empty() && error_ == 0) {
      const ssize_t count = ::write(fd_, bytes.data(), bytes.size());
      if (count >= 0)
        bytes.remove_prefix(static_cast<size_t>(count));
      else if (errno != EINTR)
        error_ = errno;
    }
  }

  const int fd_;
  int error_ = 0;  // of the first write that failed
  std::string buffer_;
};

class Receiver {
 public:
  Receiver(const ReceiveOptions& options, SystemNet& net, int fd)
      : options_(options), net_(net), sink_(fd) {}

  Result<TransferSummary> run() {
    TRY(listener, net_.listen(options_.listen));
    if (options_.on_listening) options_.on_listening(net_.listen_address(listener));
    begin_ns_ = read_clock().mono_ns;
    while (true) {
      take_events();
      read_some();
      if (ready_.empty()) sink_.flush();
      if (sink_.error() != 0) return write_error();
      summary_.total.connections = streams_.size();
      timer_.tick(summary_.total);
      remind();
      if (const auto end = find_end()) return finish(*end);
      if (ready_.empty()) net_.wait(pause_ns());
    }
  }

 private:
  void take_events();
  void read_some();
  bool read_one(io::ConnectionId connection);
  void drop(io::ConnectionId connection);
  void remind();
  std::optional<TransferEnd> find_end() const;
  int64_t pause_ns() const;
  Result<TransferSummary> finish(TransferEnd end);
  tl::unexpected<Error> write_error() const;
  uint64_t messages_left() const {
    return options_.count ? *options_.count - summary_.total.messages : UINT64_MAX;
  }

  const ReceiveOptions& options_;
  SystemNet& net_;
  FileSink sink_;
  std::map<uint64_t, MessageSplitter> streams_;  // by connection
  std::deque<io::ConnectionId> ready_;           // readable, each once
  std::vector<char> buffer_ = std::vector<char>(kReadBytes);
  size_t connections_seen_ = 0;
  size_t failures_ = 0;
  int64_t remind_at_ns_ = 0;
  int64_t begin_ns_ = 0;
  ProgressTimer timer_{options_.watch};
  TransferSummary summary_;
};

void Receiver::take_events() {
  std::array<io::NetEvent, 256> events;
  for (const auto& event : std::span(events).first(net_.poll(events))) {
    if (event.kind == NetEventKind::accepted) {
      streams_.emplace(event.connection.value, MessageSplitter(options_.framing));
      if (++connections_seen_ == 1) timer_.start();  // rates leave the waiting out
    }
    // A reset is seen by the read that follows what had still arrived.
    if (event.kind == NetEventKind::readable || event.kind == NetEventKind::closed) {
      if (std::find(ready_.begin(), ready_.end(), event.connection) == ready_.end())
        ready_.push_back(event.connection);
    }
  }
}

/// One read from each connection that has something, so that none waits for the others.
void Receiver::read_some() {
  for (size_t turns = ready_.size(); turns > 0 && messages_left() > 0; --turns) {
    const io::ConnectionId connection = ready_.front();
    ready_.pop_front();
    if (read_one(connection)) ready_.push_back(connection);
  }
}

/// True when there may be more to read.
bool Receiver::read_one(io::ConnectionId connection) {
  MessageSplitter& stream = streams_.at(connection.value);
  const io::IoResult result = net_.read(connection, buffer_);
  if (result.status == IoStatus::would_block) return false;
  if (result.status == IoStatus::ok) {
    const auto outcome = stream.split({buffer_.data(), result.bytes}, messages_left(), sink_);
    summary_.total.bytes += result.bytes;
    summary_.total.messages += outcome.messages;
    if (!outcome.over_limit) return true;
    ++summary_.broken_messages;
    drop(connection);
    return false;
  }
  if (result.status == IoStatus::eof) summary_.total.messages += stream.finish(sink_).messages;
  if (stream.is_inside_message()) ++summary_.broken_messages;
  drop(connection);
  return false;
}

void Receiver::drop(io::ConnectionId connection) {
  const std::string why = net_.close_reason(connection);
  if (!why.empty() && options_.on_warning && ++failures_ <= kFailuresTold) {
    const io::Address peer = net_.peer_address(connection);
    options_.on_warning((peer.host.empty() ? "a peer" : "peer " + to_text(peer)) +
                        " lost its connection: " + why);
  }
  net_.close(connection);
  streams_.erase(connection.value);
}

void Receiver::remind() {
  if (is_protected(options_.listen) || !options_.on_warning) return;
  const int64_t now = read_clock().mono_ns;
  if (now < remind_at_ns_) return;
  remind_at_ns_ = now + kRemindNs;
  options_.on_warning("--insecure: anybody who can reach this machine can send to " +
                      to_text(options_.listen) + ", without encryption or a password");
}

std::optional<TransferEnd> Receiver::find_end() const {
  if (messages_left() == 0) return TransferEnd::complete;
  if (options_.until_closed && streams_.empty() && connections_seen_ >= options_.connections_min)
    return TransferEnd::complete;
  if (options_.watch.stop != nullptr && *options_.watch.stop) return TransferEnd::interrupted;
  if (options_.timeout_ns && read_clock().mono_ns - begin_ns_ >= *options_.timeout_ns)
    return TransferEnd::timed_out;
  return std::nullopt;
}

int64_t Receiver::pause_ns() const {
  if (!options_.timeout_ns) return kLookNs;
  const int64_t left = begin_ns_ + *options_.timeout_ns - read_clock().mono_ns;
  return std::clamp<int64_t>(left, 0, kLookNs);
}

Result<TransferSummary> Receiver::finish(TransferEnd end) {
  sink_.flush();
  if (sink_.error() != 0) return write_error();
  summary_.end = end;
  summary_.total.connections = connections_seen_;
  summary_.total.seconds = timer_.seconds();
  return summary_;
}

tl::unexpected<Error> Receiver::write_error() const {
  const std::string where = options_.file.empty() ? "standard output" : options_.file;
  if (sink_.error() == EPIPE) {
    return fail(ErrorCode::io,
                fmt::format("cannot write to {}: the program that read it has ended; keep it "
                            "running, or stop after some messages with --count",
                            where));
  }
  return fail(ErrorCode::io,
              fmt::format("cannot write to {}: {}; make room or choose another file with --file",
                          where, std::strerror(sink_.error())));
}

}  // namespace

Result<TransferSummary> receive(const ReceiveOptions& options) {
  if (!options.insecure && !is_protected(options.listen)) {
    return fail(ErrorCode::bad_option,
                fmt::format("cannot listen on {} without TLS, where other machines can connect; "
                            "listen on tls:// or 127.0.0.1, or accept that with --insecure",
                            to_text(options.listen)));
  }
  Descriptor file(options.file.empty()
                      ? ::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0)
                      : ::open(options.file.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0666));
  if (!file) {
    return fail(
        ErrorCode::bad_option,
        fmt::format("cannot open {} for writing: {}; check the folder and its permissions",
                    options.file.empty() ? "standard output" : options.file, std::strerror(errno)));
  }
  std::shared_ptr<const TlsContext> tls;
  if (options.listen.tls) {
    TRY(context, TlsContext::make(options.tls));
    tls = context;
  }
  TRY(net, make_net(std::move(tls)));
  ReceiveOptions listening = options;
  bool emptied = true;
  listening.on_listening = [&](const io::Address& at) {
    // Not before: a second receiver on one port must not empty the file of the first. A device
    // cannot be emptied and need not be.
    emptied = options.file.empty() || ::ftruncate(file.get(), 0) == 0 || errno == EINVAL;
    if (options.on_listening) options.on_listening(at);
  };
  auto summary = Receiver(listening, *net, file.get()).run();
  if (emptied) return summary;
  return fail(ErrorCode::io, fmt::format("cannot empty {}, so what it held before may stand behind "
                                         "what came; remove it and receive again",
                                         options.file));
}

}  // namespace wallaroo::os
