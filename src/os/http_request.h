// One HTTP request without its connection: takes the bytes of its header and makes the reply. Knows
// neither sockets nor clocks, so that it can be tested with bytes alone.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "os/http_server.h"

namespace wallaroo::os {

class HttpRequest {
 public:
  /// Both must outlive the request.
  HttpRequest(const HttpServerOptions& options, const HttpHandler& handler);
  ~HttpRequest();

  /// Takes what it can use from the front of `bytes` and returns how much that is. The rest must be
  /// given again, with what came after it.
  size_t take(std::string_view bytes);
  bool is_answered() const { return !reply_.empty(); }
  /// Everything to send back.
  const std::string& reply() const { return reply_; }
  /// Whether another request may follow.
  bool keep_alive() const { return keep_alive_; }

 private:
  struct Parser;
  void answer();
  HttpResponse respond() const;
  void refuse(int status, std::string why);

  const HttpServerOptions& options_;
  const HttpHandler& handler_;
  std::unique_ptr<Parser> parser_;
  size_t taken_ = 0;  // of all bytes so far
  std::string reply_;
  bool keep_alive_ = false;
};

/// A whole reply that refuses and ends the connection.
std::string http_refusal(int status, std::string why);

}  // namespace wallaroo::os
