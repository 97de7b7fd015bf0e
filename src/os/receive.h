// Takes messages from any number of TCP connections into one file: what `wallaroo receive` does.
// Messages of different connections are never mixed.
#pragma once

#include <optional>
#include <string>

#include "base/result.h"
#include "io/net.h"
#include "os/tls_context.h"
#include "os/transfer.h"

namespace wallaroo::os {

struct ReceiveOptions {
  io::Address listen;
  std::string file{};  // empty means standard output
  /// `lines` and `framed` both write one line a message; `raw` writes what comes.
  Framing framing = Framing::lines;
  std::optional<uint64_t> count{};  // end after so many messages, and write no more
  bool until_closed = false;        // end when all connections have been closed ...
  size_t connections_min = 1;       // ... of which there were at least so many
  std::optional<int64_t> timeout_ns{};
  std::function<void(const io::Address&)> on_listening{};
  /// Listen without TLS also where other machines can connect; said again each minute.
  bool insecure = false;
  /// A sentence about a connection that TLS ended, at most 20 times, or about `insecure`.
  std::function<void(const std::string&)> on_warning{};
  TlsFiles tls{};  // used when the address says TLS
  TransferWatch watch{};
};

Result<TransferSummary> receive(const ReceiveOptions& options);

}  // namespace wallaroo::os
