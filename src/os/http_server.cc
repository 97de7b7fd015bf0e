// All of Asio and Beast stands in this file: both are slow to compile.
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
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <optional>
#include <thread>

#include "os/socket_address.h"

namespace wallaroo::os {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using asio::ip::tcp;
using beast::error_code;

constexpr std::chrono::milliseconds kAcceptPause{100};  // after an error such as no descriptors
constexpr std::chrono::milliseconds kLingerTime{1'000};
constexpr size_t kLingerBytes = 256 * 1024;
constexpr std::string_view kText = "text/plain; charset=utf-8";

HttpResponse refuse(http::status status, std::string why) {
  return {static_cast<int>(status), std::string(kText), std::move(why) + '\n'};
}

struct Outgoing {
  bool head_only = false;
  bool keep_alive = false;
};

std::string serialise(const HttpResponse& response, Outgoing how) {
  const std::string_view reason =
      http::obsolete_reason(http::int_to_status(static_cast<unsigned>(response.status)));
  return fmt::format(
      "HTTP/1.1 {} {}\r\n"
      "Content-Type: {}\r\n"
      "Content-Length: {}\r\n"
      "Connection: {}\r\n"
      "{}"
      "Cache-Control: no-store\r\n"
      "X-Content-Type-Options: nosniff\r\n"
      "X-Frame-Options: DENY\r\n"
      "Content-Security-Policy: default-src 'none'; frame-ancestors 'none'\r\n"
      "Cross-Origin-Resource-Policy: same-origin\r\n"
      "Referrer-Policy: no-referrer\r\n"
      "\r\n"
      "{}",
      response.status, reason, response.content_type, response.body.size(),
      how.keep_alive ? "keep-alive" : "close", response.status == 405 ? "Allow: GET, HEAD\r\n" : "",
      how.head_only ? std::string_view() : std::string_view(response.body));
}

/// "name:port", "[::1]:port" or either without port, to its name.
std::string_view host_name(std::string_view host) {
  if (!host.empty() && host.front() == '[') {
    const size_t end = host.find(']');
    return end == std::string_view::npos ? std::string_view() : host.substr(1, end - 1);
  }
  return host.substr(0, host.rfind(':'));
}

bool is_allowed_host(std::string_view host, const HttpServerOptions& options) {
  const std::string_view name = host_name(host);
  if (beast::iequals({name.data(), name.size()}, "localhost")) return true;
  error_code error;
  (void)asio::ip::make_address(std::string(name), error);
  if (!error) return true;  // a browser never looks a number up, so it cannot be rebound
  return std::any_of(options.host_names.begin(), options.host_names.end(), [&](const auto& known) {
    return beast::iequals({name.data(), name.size()}, known);
  });
}

class Server;

/// One connection. Lives as long as one of its operations is under way.
class Session : public std::enable_shared_from_this<Session> {
 public:
  Session(tcp::socket socket, Server& server);
  ~Session();

  void read_request();

 private:
  using Parser = http::request_parser<http::empty_body>;

  void wait_for_request();
  void on_header(error_code error);
  HttpResponse answer(const Parser::value_type& request);
  void respond(const HttpResponse& response, Outgoing how);
  void linger();
  void discard(size_t bytes_max);

  Server& server_;
  beast::tcp_stream stream_;
  beast::flat_buffer buffer_;
  std::optional<Parser> parser_;
  std::string outgoing_;
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
  parser_.emplace();
  parser_->header_limit(static_cast<uint32_t>(server_.options_.header_bytes_max));
  stream_.expires_after(server_.options_.header_timeout);
  http::async_read_header(
      stream_, buffer_, *parser_,
      [self = shared_from_this()](error_code error, size_t) { self->on_header(error); });
}

void Session::on_header(error_code error) {
  if (error == http::error::header_limit || error == http::error::buffer_overflow) {
    return respond(refuse(http::status::request_header_fields_too_large,
                          fmt::format("the request's header is longer than {} bytes",
                                      server_.options_.header_bytes_max)),
                   {});
  }
  if (error == http::error::end_of_stream || error == http::error::partial_message) return;
  if (error.category() == http::make_error_code(http::error::bad_method).category()) {
    return respond(refuse(http::status::bad_request,
                          fmt::format("this is not an HTTP request: {}", error.message())),
                   {});
  }
  if (error) return;  // timed out or reset
  const auto& request = parser_->get();
  const bool has_body = parser_->chunked() || parser_->content_length().value_or(0) > 0;
  const HttpResponse response =
      has_body ? refuse(http::status::payload_too_large, "requests here have no body")
               : answer(request);
  respond(response, {.head_only = request.method() == http::verb::head,
                     .keep_alive = request.keep_alive() && !has_body && response.status < 400});
}

HttpResponse Session::answer(const Parser::value_type& request) {
  const auto hosts = request.count(http::field::host);
  if (hosts > 1 || (hosts == 0 && request.version() >= 11))
    return refuse(http::status::bad_request, "a request names its host exactly once");
  const std::string_view host(request[http::field::host]);
  if (hosts == 1 && !is_allowed_host(host, server_.options_)) {
    return refuse(http::status::misdirected_request,
                  "this server does not answer to that host name; use its numeric address or "
                  "localhost");
  }
  if (request.method() != http::verb::get && request.method() != http::verb::head)
    return refuse(http::status::method_not_allowed, "only GET and HEAD are answered here");
  const std::string_view target(request.target());
  if (target.empty() || target.front() != '/')
    return refuse(http::status::bad_request, "the request's path does not begin with '/'");
  return server_.handler_(std::string_view(request.method_string()),
                          target.substr(0, target.find('?')));
}

void Session::respond(const HttpResponse& response, Outgoing how) {
  outgoing_ = serialise(response, how);
  stream_.expires_after(server_.options_.write_timeout);
  asio::async_write(stream_, asio::buffer(outgoing_),
                    [self = shared_from_this(), how](error_code error, size_t) {
                      if (error) return;
                      if (how.keep_alive) return self->wait_for_request();
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
  const std::string what = "cannot serve HTTP on " + to_text(address);
  if (error == asio::error::address_in_use) {
    return fail(ErrorCode::address_in_use,
                what +
                    ": another program listens there; stop it, or choose another port (0 picks "
                    "a free one)");
  }
  return fail(ErrorCode::bad_option,
              fmt::format("{}: {}; use an address of this machine, such as 127.0.0.1, and a port "
                          "above 1023",
                          what, error.message()));
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
  const std::string text = serialise(
      refuse(http::status::service_unavailable, "too many connections; close some and retry"), {});
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
                fmt::format("cannot serve HTTP on {}: {}; raise the limits of open files and "
                            "threads (ulimit -n, -u)",
                            to_text(address), error.what()));
  }
}

}  // namespace wallaroo::os
