#include "os/http_client.h"

#include <fmt/format.h>

#include <array>
#include <charconv>

#include "os/clock.h"
#include "os/epoll_net.h"
#include "os/socket_address.h"

namespace wallaroo::os {
namespace {

using io::IoStatus;
using io::NetEventKind;

constexpr size_t kAnswerBytesMax = 64 << 20;

tl::unexpected<Error> not_http(const io::Address& address) {
  return fail(ErrorCode::io,
              fmt::format("what listens on {} does not answer in HTTP; give the address of the "
                          "worker's --http",
                          to_text(address)));
}

/// Sends the request and reads to the end of the stream: HTTP/1.0 needs no chunks.
class Exchange {
 public:
  Exchange(EpollNet& net, const io::Address& address, std::string_view path)
      : net_(net),
        address_(address),
        request_(fmt::format("GET {} HTTP/1.0\r\nHost: {}\r\nConnection: close\r\n\r\n", path,
                             to_text(address))) {}

  Result<std::string> run(int64_t timeout_ns) {
    TRY(connection, net_.connect(address_));
    const int64_t end = read_clock().mono_ns + timeout_ns;
    io::NetEvent event{};
    while (true) {
      while (net_.poll({&event, 1}) > 0) {
        if (event.kind == NetEventKind::closed) return gone();
        if (event.kind == NetEventKind::connected || event.kind == NetEventKind::writable)
          write(connection);
        if (event.kind != NetEventKind::readable) continue;
        const IoStatus status = read(connection);
        if (status == IoStatus::eof) return std::move(answer_);
        if (status != IoStatus::would_block) return gone();
      }
      const int64_t left = end - read_clock().mono_ns;
      if (left <= 0) {
        return fail(ErrorCode::unreachable,
                    fmt::format("no answer from http://{} in {:g} s; is the worker stuck or "
                                "stopped?",
                                to_text(address_), double(timeout_ns) * 1e-9));
      }
      net_.wait(left);
    }
  }

 private:
  void write(io::ConnectionId connection) {
    const std::span<const char> rest = std::span<const char>(request_).subspan(written_);
    if (!rest.empty()) written_ += net_.writev(connection, {&rest, 1}).bytes;
  }

  /// `ok` means that the answer is too long.
  IoStatus read(io::ConnectionId connection) {
    std::array<char, 16 * 1024> buffer;
    while (answer_.size() < kAnswerBytesMax) {
      const io::IoResult result = net_.read(connection, buffer);
      if (result.status != IoStatus::ok) return result.status;
      answer_.append(buffer.data(), result.bytes);
    }
    return IoStatus::ok;
  }

  tl::unexpected<Error> gone() const {
    return fail(ErrorCode::unreachable,
                fmt::format("cannot reach http://{}: nobody answers there; start the worker with "
                            "--http {}, or check the address",
                            to_text(address_), to_text(address_)));
  }

  EpollNet& net_;
  const io::Address& address_;
  const std::string request_;
  size_t written_ = 0;
  std::string answer_;
};

}  // namespace

Result<HttpAnswer> http_get(const io::Address& address, std::string_view path, int64_t timeout_ns) {
  TRY(net, EpollNet::make());
  TRY(text, Exchange(*net, address, path).run(timeout_ns));
  const std::string_view all = text;
  const size_t head_end = all.find("\r\n\r\n");
  const size_t space = all.find(' ');
  HttpAnswer answer;
  if (!all.starts_with("HTTP/1.") || head_end == std::string_view::npos || space > head_end)
    return not_http(address);
  const char* number = all.data() + space + 1;
  if (std::from_chars(number, number + 3, answer.status).ec != std::errc{})
    return not_http(address);
  answer.body = all.substr(head_end + 4);
  return answer;
}

}  // namespace wallaroo::os
