// The programs outside the worker: senders that feed its sources, receivers that stand behind its
// sinks. Each lives on a host of its own, acts when its time has come, and remembers what it did.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/rng.h"
#include "io/now.h"
#include "sim/sim_net.h"

namespace wallaroo::sim {

/// How an outside program behaves while faults are on; afterwards it hurries.
struct PeerHabits {
  size_t chunk_bytes_max = 4'096;  // most it reads or writes at once
  int64_t pause_max_ns = 100'000;  // between two actions
  uint32_t stalls = 0;             // per mille of its actions begin a stall
  int64_t stall_max_ns = 0;
};

/// What senders and receivers share: a rhythm.
class Peer {
 public:
  Peer(SimNet& net, const PeerHabits& habits, uint64_t seed)
      : net_(net), habits_(habits), rng_(seed) {}

  /// Something can be done now, or at next_ns() at the latest.
  bool ready(int64_t now_ns) const { return net_.has_events() || next_ns_ <= now_ns; }
  int64_t next_ns() const { return next_ns_; }
  void heal() { habits_ = {}; }

 protected:
  /// Sets the time of the next action; true when a stall begins.
  bool rest(int64_t now_ns);

  SimNet& net_;
  PeerHabits habits_;
  base::Rng rng_;
  int64_t next_ns_ = 0;
};

/// Sends messages in order over one connection; when that breaks, goes on with the next message
/// over a new one. Then keeps the connection open until it is released, ends its side, and waits
/// for the other end to end too.
class Sender : public Peer {
 public:
  struct Session {
    io::ConnectionId connection;
    size_t first = 0;  // message it begins with
    size_t bytes = 0;  // written
  };

  /// `messages` are framed already, or `datagrams`.
  Sender(SimNet& net, io::Address to, std::vector<std::string> messages, const PeerHabits& habits,
         uint64_t seed, Reach& reach, bool datagrams = false)
      : Peer(net, habits, seed),
        to_(std::move(to)),
        messages_(std::move(messages)),
        reach_(reach),
        datagrams_(datagrams) {}

  void step(int64_t now_ns);
  /// Everything that could be sent has been.
  bool sent() const { return finished_ || (connected_ && next_ == messages_.size()); }
  void release();
  /// When its connection ends, it is content.
  void connect_no_more() { connect_no_more_ = true; }
  bool finished() const { return finished_; }
  const std::vector<Session>& sessions() const { return sessions_; }
  const std::vector<std::string>& messages() const { return messages_; }

 private:
  void handle_events();
  void connect();
  void send(int64_t now_ns);
  void send_datagrams(int64_t now_ns);
  void broke();
  void read_eof();

  const io::Address to_;
  const std::vector<std::string> messages_;
  Reach& reach_;
  const bool datagrams_;
  std::vector<Session> sessions_;
  io::ConnectionId connection_;
  bool connected_ = false;
  bool write_blocked_ = false;
  bool ended_ = false;  // shutdown_write done
  bool released_ = false;
  bool connect_no_more_ = false;
  bool finished_ = false;
  size_t next_ = 0;    // message
  size_t offset_ = 0;  // into it
};

/// Listens and reads everything; may go away for a while.
class Receiver : public Peer {
 public:
  Receiver(SimNet& net, io::Address at, const PeerHabits& habits, uint64_t seed, Reach& reach)
      : Peer(net, habits, seed), at_(std::move(at)), reach_(reach) {}

  void step(int64_t now_ns);
  /// Stops listening and drops its connections until `until_ns`.
  void leave(int64_t until_ns);
  void heal();

  /// Every connection it ever accepted, oldest first.
  struct Stream {
    io::ConnectionId connection;
    std::string read;
    bool open = true;
    bool readable = false;
  };
  const std::vector<Stream>& streams() const { return streams_; }

 private:
  void handle_events();
  void read(int64_t now_ns);

  const io::Address at_;
  Reach& reach_;
  io::ListenerId listener_;
  bool listening_ = false;
  int64_t away_until_ns_ = 0;
  std::vector<Stream> streams_;
};

}  // namespace wallaroo::sim
