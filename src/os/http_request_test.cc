// One request from bytes alone; http_server_test.cc has the server around it.
#include "os/http_request.h"

#include <gtest/gtest.h>

namespace wallaroo::os {
namespace {

constexpr size_t kHeaderBytesMax = 256;

/// The status line's number when the bytes come `step` at a time; 0 while there is no answer.
int status(const std::string& bytes, size_t step) {
  const HttpServerOptions options{.header_bytes_max = kHeaderBytesMax};
  const HttpHandler handler = [](std::string_view, std::string_view) {
    return HttpResponse{.body = "body"};
  };
  HttpRequest request(options, handler);
  std::string unread;
  for (size_t at = 0; at < bytes.size() && !request.is_answered(); at += step) {
    unread += bytes.substr(at, step);
    unread.erase(0, request.take(unread));
  }
  return request.is_answered() ? std::stoi(request.reply().substr(sizeof "HTTP/1.1")) : 0;
}

/// A request whose header has so many bytes.
std::string request_of(size_t bytes) {
  const std::string begin = "GET / HTTP/1.1\r\nHost: localhost\r\nX: y\r\nPadding: ";
  return begin + std::string(bytes - begin.size() - 4, 'x') + "\r\n\r\n";
}

TEST(HttpRequest, answers_however_the_bytes_come) {
  const std::string bytes = request_of(100);
  for (size_t step = 1; step <= bytes.size(); ++step) {
    EXPECT_EQ(status(bytes, step), 200) << step;
    EXPECT_EQ(status(bytes.substr(0, bytes.size() - 1), step), 0) << step;
    EXPECT_EQ(status(bytes + "GET /more HTTP/1.1\r\n", step), 200) << step;
  }
}

TEST(HttpRequest, refuses_a_header_over_the_limit_however_its_bytes_come) {
  for (const size_t over : {size_t{1}, size_t{4}, size_t{32}, size_t{300}}) {
    const std::string bytes = request_of(kHeaderBytesMax + over);
    for (size_t step = 1; step <= bytes.size(); ++step) EXPECT_EQ(status(bytes, step), 431) << step;
  }
  for (size_t step = 1; step <= kHeaderBytesMax; ++step) {
    EXPECT_EQ(status(request_of(kHeaderBytesMax), step), 200) << "up to the limit " << step;
  }
}

}  // namespace
}  // namespace wallaroo::os
