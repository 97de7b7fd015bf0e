// The network port, readiness style: poll() tells what became possible, read() and writev() do it
// at once and may be short. One Net belongs to one core; nothing in it blocks.
//
// Readiness is edge-triggered. After `readable`, the owner may read until the result is
// would_block; only then can another `readable` arrive. `writable` likewise arrives once after a
// writev that ended in would_block. `closed` is the last event of a connection; the owner must
// still close() it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "base/id.h"
#include "base/result.h"
#include "io/address.h"

namespace wallaroo::io {

using base::ConnectionId;
using base::ListenerId;

enum class NetEventKind : uint8_t {
  accepted,        // `connection` is new, from `listener`
  accept_failed,   // a peer could not be accepted (descriptors exhausted); accepting goes on
  listener_ended,  // after end_listener(), behind everybody it accepted
  connected,       // a connect() succeeded; writable
  readable,
  writable,
  closed,  // connect failed, reset, or the socket broke
};

struct NetEvent {
  NetEventKind kind;
  ConnectionId connection;
  ListenerId listener;
};

enum class IoStatus : uint8_t {
  ok,           // `bytes` were moved; call again for more
  would_block,  // wait for the next edge (`bytes` is 0)
  eof,          // read only: the peer has finished sending
  broken,       // reset or any other failure: close it
};

struct IoResult {
  size_t bytes = 0;
  IoStatus status = IoStatus::ok;
};

/// What read_datagram() found.
struct Datagram {
  size_t bytes = 0;                // in the reader's room
  bool truncated = false;          // it was longer than that; the rest is gone
  uint64_t lost = 0;               // found no room since the socket is open, as far as is known
  IoStatus status = IoStatus::ok;  // never eof
};

/// What travels when a connection moves to another core's Net. Only Net looks inside.
struct DetachedConnection {
  uint64_t value = 0;
};

class Net {
 public:
  virtual ~Net() = default;

  virtual Result<ListenerId> listen(const Address& address) = 0;
  /// Where a listener really is (its port when 0 was asked for).
  virtual Address listen_address(ListenerId listener) const = 0;
  virtual void close_listener(ListenerId listener) = 0;
  /// Closes it once those who wait at it already have been accepted; `listener_ended` tells.
  virtual void end_listener(ListenerId listener) = 0;

  /// Begins to connect; the outcome arrives as `connected` or `closed`. An error only when it
  /// cannot even begin (descriptors exhausted, malformed address).
  virtual Result<ConnectionId> connect(const Address& address) = 0;

  /// Receives the datagrams that are sent to `address`. `buffer_bytes` asks for so much room where
  /// they wait to be read (0: the system's choice); what finds none is lost. The socket is a
  /// connection that tells `readable` and is given up by close().
  virtual Result<ConnectionId> listen_datagrams(const Address& address, size_t buffer_bytes) = 0;
  /// Where it really is.
  virtual Address datagram_address(ConnectionId socket) const = 0;
  /// The next datagram, which may be empty.
  virtual Datagram read_datagram(ConnectionId socket, std::span<char> into) = 0;

  /// Fills `events` with what became possible since the last call; returns how many.
  virtual size_t poll(std::span<NetEvent> events) = 0;

  /// After a short read it may answer would_block from memory; the read after that looks.
  virtual IoResult read(ConnectionId connection, std::span<char> into) = 0;
  virtual IoResult writev(ConnectionId connection,
                          std::span<const std::span<const char>> parts) = 0;
  /// What writev() took and has not yet handed to the operating system.
  virtual size_t unsent_bytes(ConnectionId) const { return 0; }
  /// No more will be written; the peer sees eof after what was sent.
  virtual void shutdown_write(ConnectionId connection) = 0;
  /// Who is at the other end; an empty host when that cannot be told (any more).
  virtual Address peer_address(ConnectionId) const { return {}; }
  /// Once a connection is `closed` or `broken`: why, as a half-sentence about the peer ("its
  /// certificate has expired; ..."). Empty when all that is known is that it broke.
  virtual std::string close_reason(ConnectionId) const { return {}; }
  /// Gives the connection up. The id is not used again. Unknown ids are ignored.
  virtual void close(ConnectionId connection) = 0;

  /// The same at once and with a reset, so that the peer learns that what it sent was refused.
  virtual void abort(ConnectionId connection) = 0;

  /// Hands an accepted connection to another core: detach here, adopt there. After adopt a
  /// `readable` edge is delivered if anything can be read.
  virtual DetachedConnection detach(ConnectionId connection) = 0;
  virtual ConnectionId adopt(DetachedConnection connection) = 0;
};

/// Wakes a core that may be asleep. Called at the end of a step, once for each core that was sent
/// something; cheap when that core is awake.
class Wakeup {
 public:
  virtual ~Wakeup() = default;
  virtual void notify(base::CoreId core) = 0;
};

}  // namespace wallaroo::io
