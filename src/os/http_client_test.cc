#include "os/http_client.h"

#include <gtest/gtest.h>

#include "os/epoll_net.h"
#include "os/http_server.h"

namespace wallaroo::os {
namespace {

TEST(HttpClient, gets_a_document_of_any_length) {
  const std::string large(3'000'000, 'x');
  const auto server =
      std::move(*HttpServer::start({"127.0.0.1", 0}, [&](std::string_view, std::string_view path) {
        return path == "/large" ? HttpResponse{.body = large} : HttpResponse{.status = 404};
      }));
  const auto answer = http_get(server->address(), "/large");
  ASSERT_TRUE(answer.has_value()) << answer.error().message;
  EXPECT_EQ(answer->status, 200);
  EXPECT_EQ(answer->body, large);
  EXPECT_EQ(http_get(server->address(), "/other")->status, 404);
}

TEST(HttpClient, says_that_nobody_answers) {
  auto net = std::move(*EpollNet::make());
  const io::ListenerId listener = *net->listen({"127.0.0.1", 0});
  const io::Address address = net->listen_address(listener);
  const auto silent = http_get(address, "/", 50'000'000);
  ASSERT_FALSE(silent.has_value());
  EXPECT_NE(silent.error().message.find("no answer"), std::string::npos);
  net->close_listener(listener);
  const auto refused = http_get(address, "/");
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, ErrorCode::unreachable);
  EXPECT_NE(refused.error().message.find("start the worker"), std::string::npos);
}

}  // namespace
}  // namespace wallaroo::os
