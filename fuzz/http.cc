// Requests to the worker's HTTP server.
#include "fuzz/targets.h"
#include "os/http_request.h"

namespace wallaroo::fuzz {
namespace {

constexpr size_t kHeaderBytesMax = 256;

/// What a connection would send back, and how much of its bytes it took until then.
struct Exchange {
  std::string reply;
  bool keep_alive = false;
  bool operator==(const Exchange&) const = default;
};

}  // namespace

void fuzz_http(const uint8_t* data, size_t bytes) {
  static const os::HttpServerOptions kOptions{.header_bytes_max = kHeaderBytesMax,
                                              .host_names = {"worker.example"}};
  static const os::HttpHandler kHandler = [](std::string_view method, std::string_view path) {
    ASSERT(method == "GET" || method == "HEAD", "only these reach the handler");
    ASSERT(path.starts_with('/') && path.find('?') == std::string_view::npos,
           "the path comes without its query");
    return os::HttpResponse{.status = path == "/missing" ? 404 : 200, .body = "body"};
  };
  const std::string_view stream(reinterpret_cast<const char*>(data), bytes);
  const auto exchange = [&](auto feed) {
    os::HttpRequest request(kOptions, kHandler);
    std::string unread;
    feed([&](std::string_view piece) {
      unread += piece;
      const size_t taken = request.take(unread);
      ASSERT(taken <= unread.size(), "no more is taken than there is");
      unread.erase(0, taken);
      ASSERT(request.is_answered() || unread.size() <= kHeaderBytesMax,
             "what is kept of an unfinished header is bounded");
      return !request.is_answered();
    });
    return Exchange{request.reply(), request.keep_alive()};
  };
  const MemoryLimit limit(64 * 1024 + 64 * bytes);
  const Exchange whole = exchange([&](auto take) { take(stream); });
  const Exchange pieces = exchange([&](auto take) { in_pieces(stream, take); });
  ASSERT(whole.reply.empty() || whole.reply.starts_with("HTTP/1.1 "), "a reply is one of HTTP");
  ASSERT(!whole.keep_alive || whole.reply.starts_with("HTTP/1.1 200"), "a refusal ends it");
  // The parser notices a mistake at once, or not before the header's end, as the bytes come.
  const auto refused = [](const Exchange& one) {
    return one.reply.empty() || one.reply.starts_with("HTTP/1.1 400") ||
           one.reply.starts_with("HTTP/1.1 431");
  };
  ASSERT(whole == pieces || (refused(whole) && refused(pieces)),
         "it does not matter how the bytes came");
}

std::vector<std::string> http_seeds() {
  return {"GET /metrics?x=1 HTTP/1.1\r\nHost: localhost:80\r\n\r\n",
          "HEAD / HTTP/1.1\r\nHost: [::1]:80\r\nConnection: close\r\n\r\n",
          "GET /missing HTTP/1.0\r\n\r\nGET / HTTP/1.1\r\n",
          "POST / HTTP/1.1\r\nHost: worker.example\r\nContent-Length: 2\r\n\r\nab",
          "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"};
}

}  // namespace wallaroo::fuzz
