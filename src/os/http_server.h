// A small HTTP/1.1 server for the worker's outside view: GET and HEAD of short answers, on a thread
// of its own. It is not for streaming, uploads or the open internet.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "io/net.h"

namespace wallaroo::os {

struct HttpResponse {
  int status = 200;
  std::string content_type = "application/json";
  std::string body{};
};

/// Called on the server's thread, one request at a time; `path` comes without its query.
using HttpHandler = std::function<HttpResponse(std::string_view method, std::string_view path)>;

struct HttpServerOptions {
  std::chrono::milliseconds header_timeout{5'000};  // from the first byte (or accept) to the last
  std::chrono::milliseconds idle_timeout{60'000};   // between requests of one connection
  std::chrono::milliseconds write_timeout{5'000};
  size_t header_bytes_max = 8 * 1024;
  size_t connections_max = 64;  // one more is answered 503
  /// Accepted in the Host header beside loopback names and numeric addresses. Any other name is
  /// refused: a web page that points its own name at this machine must not read the answers.
  std::vector<std::string> host_names{};
};

class HttpServer {
 public:
  /// Listens at once; port 0 chooses one.
  static Result<std::unique_ptr<HttpServer>> start(const io::Address& address, HttpHandler handler,
                                                   HttpServerOptions options = {});
  virtual ~HttpServer() = default;  // stops and joins the thread
  virtual io::Address address() const = 0;
};

}  // namespace wallaroo::os
