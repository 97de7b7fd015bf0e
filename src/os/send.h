// Sends text lines as messages over one or more TCP connections: what `wallaroo send` does.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "io/net.h"
#include "os/tls_context.h"
#include "os/transfer.h"

namespace wallaroo::os {

struct SendOptions {
  io::Address to;
  std::vector<std::string> files{};     // none means standard input
  std::vector<std::string> messages{};  // instead of files, when there are any
  Framing framing = Framing::lines;
  uint64_t repeat = 1;  // how often all files are sent; 1 for standard input
  size_t connections = 1;
  size_t write_bytes = 256 * 1024;
  double messages_per_second = 0;  // 0 is as fast as the peer takes them
  int64_t connect_timeout_ns = 10'000'000'000;
  /// How long to wait, at the end, for the peer to close after it has seen the end of the stream.
  int64_t close_timeout_ns = 10'000'000'000;
  TlsFiles tls{};  // used when the address says TLS
  TransferWatch watch{};
};

/// Blocks are dealt to the connections in turn. Tries to connect until the time-out, so that the
/// peer may be started later. `timed_out` in the summary: all was sent, but the peer kept a
/// connection open.
Result<TransferSummary> send(const SendOptions& options);

}  // namespace wallaroo::os
