// All of Asio stands in this file, the parser of HTTP in http_request.cc: both are slow to compile.
#include "os/http_server.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <optional>
#include <thread>

#include "os/http_request.h"
#include "os/socket_address.h"

namespace wallaroo::os {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
using asio::ip::tcp;
using beast::error_code;

constexpr std::chrono::milliseconds kAcceptPause{100};  // after an error such as no descriptors
constexpr std::chrono::milliseconds kLingerTime{1'000};
constexpr size_t kLingerBytes = 256 * 1024;
constexpr size_t kReadBytes = 64 * 1024;
class Server;

/// One connection. Lives as long as one of its operations is under way.
class Session : public std::enable_shared_from_this<Session> {
 public:
  Session(tcp::socket socket, Server& server);
  ~Session();

  void read_request();

 private:
  void wait_for_request();
  void read_header();
  void respond();
  void linger();
  void discard(size_t bytes_max);

  Server& server_;
  beast::tcp_stream stream_;
  beast::flat_buffer buffer_;
  std::optional<HttpRequest> request_;
};

class Server final : public HttpServer {
 public:
  Server(HttpHandler handler, HttpServerOptions options)
      : handler_(std::move(handler)), options_(std::move(options)) {}
  ~Server() override {
    io_.stop();
    if (thread_.joinable()) thread_.join();
  }

  Result<void> listen(const io::Address& address);
  void run() {
    accept();
    thread_ = std::thread([this] { io_.run(); });
  }
  io::Address address() const override { return address_; }

 private:
  friend class Session;

  void accept();
  void admit(tcp::socket socket);

  const HttpHandler handler_;
  const HttpServerOptions options_;
  size_t sessions_ = 0;
  io::Address address_;
  asio::io_context io_{1};  // destroyed before what the sessions in it refer to
  tcp::acceptor acceptor_{io_};
  asio::steady_timer pause_{io_};
  std::thread thread_;
};

Session::Session(tcp::socket socket, Server& server)
    : server_(server), stream_(std::move(socket)), buffer_(2 * server.options_.header_bytes_max) {
  ++server_.sessions_;
}

Session::~Session() { --server_.sessions_; }

void Session::wait_for_request() {
  if (buffer_.size() > 0) return read_request();
  stream_.expires_after(server_.options_.idle_timeout);
  stream_.async_read_some(buffer_.prepare(1024),
                          [self = shared_from_this()](error_code error, size_t bytes) {
                            if (error) return;
                            self->buffer_.commit(bytes);
                            self->read_request();
                          });
}

void Session::read_request() {
  request_.emplace(server_.options_, server_.handler_);
  stream_.expires_after(server_.options_.header_timeout);
  read_header();
}

void Session::read_header() {
  const auto unread = buffer_.cdata();
  buffer_.consume(request_->take({static_cast<const char*>(unread.data()), unread.size()}));
  if (request_->is_answered()) return respond();
  const size_t room = buffer_.max_size() - buffer_.size();  // > 0: the limit is half of it
  stream_.async_read_some(buffer_.prepare(std::min(room, kReadBytes)),
                          [self = shared_from_this()](error_code error, size_t bytes) {
                            if (error) return;  // ended, timed out or reset
                            self->buffer_.commit(bytes);
                            self->read_header();
                          });
}

void Session::respond() {
  stream_.expires_after(server_.options_.write_timeout);
  asio::async_write(stream_, asio::buffer(request_->reply()),
                    [self = shared_from_this()](error_code error, size_t) {
                      if (error) return;
                      if (self->request_->keep_alive()) return self->wait_for_request();
                      self->linger();
                    });
}

/// Closing with unread input resets the connection, and the peer may lose the answer.
void Session::linger() {
  error_code ignored;
  stream_.socket().shutdown(tcp::socket::shutdown_send, ignored);
  stream_.expires_after(kLingerTime);
  discard(kLingerBytes);
}

/// Bounded in bytes too: while input never runs dry the stream's timer is not looked at.
void Session::discard(size_t bytes_max) {
  buffer_.clear();
  stream_.async_read_some(buffer_.prepare(4096),
                          [self = shared_from_this(), bytes_max](error_code error, size_t bytes) {
                            if (!error && bytes < bytes_max) self->discard(bytes_max - bytes);
                          });
}

Result<void> Server::listen(const io::Address& address) {
  error_code error;
  const auto ip = asio::ip::make_address(address.host, error);
  if (error) {
    return fail(
        ErrorCode::bad_option,
        fmt::format("'{}' is not a numeric address; write it like 127.0.0.1 or ::1", address.host));
  }
  const tcp::endpoint endpoint(ip, address.port);
  acceptor_.open(endpoint.protocol(), error);
  if (!error) acceptor_.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error) acceptor_.bind(endpoint, error);
  if (!error) acceptor_.listen(128, error);
  if (!error) address_ = {address.host, acceptor_.local_endpoint(error).port()};
  if (!error) return {};
  if (error == asio::error::address_in_use) {
    return fail(ErrorCode::address_in_use,
                "another program listens there; stop it, or choose another port (0 picks a free "
                "one)");
  }
  return fail(ErrorCode::bad_option,
              error.message() +
                  "; use an address of this machine, such as 127.0.0.1, and a port "
                  "above 1023");
}

void Server::accept() {
  acceptor_.async_accept([this](error_code error, tcp::socket socket) {
    if (error == asio::error::operation_aborted) return;
    if (!error) {
      admit(std::move(socket));
      return accept();
    }
    pause_.expires_after(kAcceptPause);
    pause_.async_wait([this](error_code stopped) {
      if (!stopped) accept();
    });
  });
}

void Server::admit(tcp::socket socket) {
  error_code ignored;
  socket.set_option(tcp::no_delay(true), ignored);
  if (sessions_ < options_.connections_max) {
    std::make_shared<Session>(std::move(socket), *this)->read_request();
    return;
  }
  const std::string text = http_refusal(503, "too many connections; close some and retry");
  socket.non_blocking(true, ignored);
  socket.write_some(asio::buffer(text), ignored);  // a fresh socket has room for it
  socket.shutdown(tcp::socket::shutdown_send, ignored);
}

}  // namespace

Result<std::unique_ptr<HttpServer>> HttpServer::start(const io::Address& address,
                                                      HttpHandler handler,
                                                      HttpServerOptions options) {
  try {
    auto server = std::make_unique<Server>(std::move(handler), std::move(options));
    TRY_VOID(server->listen(address));
    server->run();
    return server;
  } catch (const std::exception& error) {  // Asio could not open its epoll instance or thread
    return fail(ErrorCode::out_of_descriptors,
                fmt::format("{}; raise the limits of open files and threads (ulimit -n, -u)",
                            error.what()));
  }
}

}  // namespace wallaroo::os
