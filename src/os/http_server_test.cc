// The HTTP server over real sockets, with hostile and clumsy clients.
#include "os/http_server.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <thread>

#include "os/clock.h"
#include "os/descriptor.h"
#include "os/socket_address.h"

namespace wallaroo::os {
namespace {

HttpResponse echo(std::string_view method, std::string_view path) {
  if (path == "/missing") return {404, "text/plain; charset=utf-8", "no such page\n"};
  return {.body = std::string(method) + " " + std::string(path)};
}

std::unique_ptr<HttpServer> start(HttpServerOptions options = {}) {
  return std::move(*HttpServer::start({"127.0.0.1", 0}, echo, std::move(options)));
}

/// A blocking client that gives up after ten seconds.
class Client {
 public:
  explicit Client(const HttpServer& server) {
    const SocketAddress to = *to_socket_address(server.address());
    socket_.reset(::socket(to.family(), SOCK_STREAM | SOCK_CLOEXEC, 0));
    const timeval limit{.tv_sec = 10, .tv_usec = 0};
    setsockopt(socket_.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    EXPECT_EQ(::connect(socket_.get(), to.get(), to.length), 0);
  }
  bool send(std::string_view text) {
    return ::send(socket_.get(), text.data(), text.size(), MSG_NOSIGNAL) == ssize_t(text.size());
  }
  std::string read_to_end() {
    std::string all;
    std::array<char, 4096> buffer;
    ssize_t count = 0;
    while ((count = ::recv(socket_.get(), buffer.data(), buffer.size(), 0)) > 0)
      all.append(buffer.data(), size_t(count));
    EXPECT_TRUE(count == 0 || errno == ECONNRESET) << "the server did not close: " << all;
    return all;
  }
  std::string read_until(std::string_view end) {
    std::string all;
    char byte = 0;
    while (all.find(end) == std::string::npos && ::recv(socket_.get(), &byte, 1, 0) == 1)
      all += byte;
    return all;
  }
  void finish() { ::shutdown(socket_.get(), SHUT_WR); }

 private:
  Descriptor socket_;
};

std::string ask(const HttpServer& server, std::string_view request) {
  Client client(server);
  client.send(request);
  client.finish();
  return client.read_to_end();
}

int status_of(std::string_view answer) {
  return answer.starts_with("HTTP/1.1 ") ? std::stoi(std::string(answer.substr(9, 3))) : 0;
}

TEST(HttpServer, answers_get_and_head_with_safe_headers) {
  const auto server = start();
  const std::string get = ask(*server, "GET /status?x=1 HTTP/1.1\r\nHost: localhost:1\r\n\r\n");
  EXPECT_EQ(status_of(get), 200);
  EXPECT_TRUE(get.ends_with("\r\n\r\nGET /status")) << get;
  EXPECT_NE(get.find("Content-Type: application/json\r\n"), std::string::npos);
  EXPECT_NE(get.find("X-Content-Type-Options: nosniff\r\n"), std::string::npos);
  const std::string head = ask(*server, "HEAD /status HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
  EXPECT_EQ(status_of(head), 200);
  EXPECT_NE(head.find("Content-Length: 12\r\n"), std::string::npos) << head;
  EXPECT_TRUE(head.ends_with("\r\n\r\n"));
  EXPECT_EQ(status_of(ask(*server, "GET /missing HTTP/1.1\r\nHost: [::1]:5\r\n\r\n")), 404);
  EXPECT_EQ(status_of(ask(*server, "GET / HTTP/1.0\r\n\r\n")), 200);
}

TEST(HttpServer, keeps_a_connection_and_answers_pipelined_requests_in_order) {
  const auto server = start();
  Client client(*server);
  client.send(
      "GET /a HTTP/1.1\r\nHost: localhost\r\n\r\nGET /b HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_TRUE(client.read_until("GET /a").ends_with("GET /a"));
  EXPECT_TRUE(client.read_until("GET /b").ends_with("GET /b"));
  client.send("GET /c HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  EXPECT_TRUE(client.read_to_end().ends_with("GET /c"));
}

TEST(HttpServer, refuses_what_it_does_not_do) {
  const auto server = start();
  EXPECT_EQ(status_of(ask(*server, "DELETE / HTTP/1.1\r\nHost: localhost\r\n\r\n")), 405);
  EXPECT_EQ(status_of(ask(*server, "BREW / HTTP/1.1\r\nHost: localhost\r\n\r\n")), 405);
  EXPECT_EQ(
      status_of(ask(*server, "GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n\r\nabc")),
      413);
  EXPECT_EQ(status_of(ask(*server,
                          "GET / HTTP/1.1\r\nHost: localhost\r\n"
                          "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n")),
            413);
  EXPECT_EQ(status_of(ask(*server, "GET / HTTP/1.1\r\n\r\n")), 400);
  EXPECT_EQ(status_of(ask(*server, "GET http://x/ HTTP/1.1\r\nHost: localhost\r\n\r\n")), 400);
}

TEST(HttpServer, refuses_host_names_that_are_not_its_own) {
  const auto server = start({.host_names = {"worker-1"}});
  const auto with_host = [&](std::string_view host) {
    return status_of(ask(*server, "GET / HTTP/1.1\r\nHost: " + std::string(host) + "\r\n\r\n"));
  };
  EXPECT_EQ(with_host("evil.example"), 421);
  EXPECT_EQ(with_host("localhost.evil.example:80"), 421);
  EXPECT_EQ(with_host("127.0.0.1.evil.example"), 421);
  EXPECT_EQ(with_host(""), 421);
  EXPECT_EQ(with_host("LocalHost"), 200);
  EXPECT_EQ(with_host("worker-1:8080"), 200);
  EXPECT_EQ(with_host("localhost\r\nHost: evil.example"), 400);
}

TEST(HttpServer, answers_garbage_with_an_error_and_lives) {
  const auto server = start();
  EXPECT_EQ(status_of(ask(*server, "\x16\x03\x01\x02\x00 what is this\r\n\r\n")), 400);
  Client pipelined(*server);
  pipelined.send("GET /a HTTP/1.1\r\nHost: localhost\r\n\r\n\x01\x02\x03 garbage\r\n\r\n");
  const std::string both = pipelined.read_to_end();
  EXPECT_EQ(status_of(both), 200);
  EXPECT_NE(both.find("HTTP/1.1 400"), std::string::npos) << both;
  Client endless(*server);
  const std::string megabyte(1 << 20, 'A');
  while (endless.send(megabyte)) {
  }
  EXPECT_EQ(status_of(ask(*server, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")), 200);
}

TEST(HttpServer, limits_the_header) {
  const auto server = start();
  const std::string request = "GET / HTTP/1.1\r\nHost: localhost\r\nX-Long: ";
  EXPECT_EQ(status_of(ask(*server, request + std::string(6'000, 'a') + "\r\n\r\n")), 200);
  EXPECT_EQ(status_of(ask(*server, request + std::string(9'000, 'a') + "\r\n\r\n")), 431);
  EXPECT_EQ(status_of(ask(*server, request + std::string(200'000, 'a') + "\r\n\r\n")), 431);
}

TEST(HttpServer, drops_a_client_that_sends_a_byte_now_and_then) {
  const auto server = start({.header_timeout = std::chrono::milliseconds(300)});
  Client slow(*server);
  const int64_t start_ns = read_clock().mono_ns;
  const std::string_view request = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";
  size_t sent = 0;
  while (sent < request.size() && slow.send(request.substr(sent, 1))) {
    ++sent;
    if (sent == 3) {
      EXPECT_EQ(status_of(ask(*server, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")), 200);
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  EXPECT_LT(sent, request.size());
  EXPECT_EQ(slow.read_to_end(), "");
  EXPECT_LT(read_clock().mono_ns - start_ns, 3'000'000'000);
  Client idle(*server);
  EXPECT_EQ(idle.read_to_end(), "");
}

TEST(HttpServer, serves_its_share_of_a_hundred_connections) {
  const auto server = start();
  std::vector<std::unique_ptr<Client>> served;
  for (int i = 0; i < 64; ++i) {
    served.push_back(std::make_unique<Client>(*server));
    served.back()->send("GET /kept HTTP/1.1\r\nHost: localhost\r\n\r\n");
    EXPECT_TRUE(served.back()->read_until("GET /kept").ends_with("GET /kept"));
  }
  for (int i = 0; i < 36; ++i) EXPECT_EQ(status_of(Client(*server).read_to_end()), 503);
  served.front()->send("GET /again HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  EXPECT_TRUE(served.front()->read_to_end().ends_with("GET /again"));
  served.clear();
  int status = 0;
  for (int tries = 0; tries < 1000 && status != 200; ++tries)  // until the server saw them go
    status = status_of(ask(*server, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"));
  EXPECT_EQ(status, 200);
}

TEST(HttpServer, says_what_to_do_when_it_cannot_listen) {
  const auto server = start();
  const auto second = HttpServer::start(server->address(), echo);
  ASSERT_FALSE(second.has_value());
  EXPECT_EQ(second.error().code, ErrorCode::address_in_use);
  EXPECT_NE(second.error().message.find("choose another port"), std::string::npos);
  EXPECT_EQ(HttpServer::start({"192.0.2.1", 0}, echo).error().code, ErrorCode::bad_option);
  EXPECT_EQ(HttpServer::start({"name", 0}, echo).error().code, ErrorCode::bad_option);
}

TEST(HttpServer, stops_with_connections_open) {
  auto server = start();
  Client half(*server);
  half.send("GET / HT");
  Client idle(*server);
  server.reset();
  EXPECT_EQ(half.read_to_end(), "");
}

}  // namespace
}  // namespace wallaroo::os
