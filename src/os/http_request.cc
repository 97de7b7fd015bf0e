// All of Beast's HTTP stands in this file: it is slow to compile.
#include "os/http_request.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>

namespace wallaroo::os {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using beast::error_code;

constexpr std::string_view kText = "text/plain; charset=utf-8";

HttpResponse refusal(http::status status, std::string why) {
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

}  // namespace

struct HttpRequest::Parser {
  http::request_parser<http::empty_body> parser;
};

HttpRequest::HttpRequest(const HttpServerOptions& options, const HttpHandler& handler)
    : options_(options), handler_(handler), parser_(std::make_unique<Parser>()) {
  // Whether it holds to the byte depends on how the bytes come, so take() counts itself.
  parser_->parser.header_limit(static_cast<uint32_t>(2 * options.header_bytes_max));
}

HttpRequest::~HttpRequest() = default;

size_t HttpRequest::take(std::string_view bytes) {
  if (bytes.empty()) return 0;
  error_code error;
  const size_t taken = parser_->parser.put(asio::const_buffer(bytes.data(), bytes.size()), error);
  taken_ += taken;
  const bool complete = !error && parser_->parser.is_header_done();
  const size_t header_bytes = complete ? taken_ : taken_ + bytes.size() - taken;
  const bool sound = !error || error == http::error::need_more;
  if (error == http::error::header_limit || (sound && header_bytes > options_.header_bytes_max)) {
    refuse(431,
           fmt::format("the request's header is longer than {} bytes", options_.header_bytes_max));
  } else if (error && error != http::error::need_more) {
    refuse(400, fmt::format("this is not an HTTP request: {}", error.message()));
  } else if (complete) {
    answer();
  }
  return taken;
}

void HttpRequest::refuse(int status, std::string why) {
  reply_ = http_refusal(status, std::move(why));
}

void HttpRequest::answer() {
  const auto& request = parser_->parser.get();
  const bool has_body =
      parser_->parser.chunked() || parser_->parser.content_length().value_or(0) > 0;
  const HttpResponse response =
      has_body ? refusal(http::status::payload_too_large, "requests here have no body") : respond();
  keep_alive_ = request.keep_alive() && !has_body && response.status < 400;
  reply_ = serialise(
      response, {.head_only = request.method() == http::verb::head, .keep_alive = keep_alive_});
}

HttpResponse HttpRequest::respond() const {
  const auto& request = parser_->parser.get();
  const auto hosts = request.count(http::field::host);
  if (hosts > 1 || (hosts == 0 && request.version() >= 11))
    return refusal(http::status::bad_request, "a request names its host exactly once");
  const std::string_view host(request[http::field::host]);
  if (hosts == 1 && !is_allowed_host(host, options_)) {
    return refusal(http::status::misdirected_request,
                   "this server does not answer to that host name; use its numeric address or "
                   "localhost");
  }
  if (request.method() != http::verb::get && request.method() != http::verb::head)
    return refusal(http::status::method_not_allowed, "only GET and HEAD are answered here");
  const std::string_view target(request.target());
  if (target.empty() || target.front() != '/')
    return refusal(http::status::bad_request, "the request's path does not begin with '/'");
  return handler_(std::string_view(request.method_string()), target.substr(0, target.find('?')));
}

std::string http_refusal(int status, std::string why) {
  return serialise(refusal(http::int_to_status(static_cast<unsigned>(status)), std::move(why)), {});
}

}  // namespace wallaroo::os
