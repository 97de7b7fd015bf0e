// A virtual network: every core of the worker and every outside program has a SimNet (a host) on
// it. Time, latency, short transfers, resets and lost peers come from one seed. It promises exactly
// what io/net.h promises and no more: an edge that the contract does not owe is not delivered,
// except for spurious ones.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <queue>
#include <string>
#include <vector>

#include "base/rng.h"
#include "io/net.h"
#include "sim/reach.h"

namespace wallaroo::sim {

/// How the network behaves. Chances are per mille.
struct NetConditions {
  int64_t latency_min_ns = 1'000;
  int64_t latency_max_ns = 200'000;
  size_t buffer_bytes_min = 4'096;  // of one direction of a connection, bytes in flight included
  size_t buffer_bytes_max = 65'536;
  size_t transfer_bytes_max = 65'536;  // most that one read or writev moves
  uint32_t short_transfers = 0;
  uint32_t spurious_edges = 0;
  uint32_t refused_connects = 0;
  uint32_t failed_accepts = 0;
  uint32_t lost_datagrams = 0;
  uint32_t doubled_datagrams = 0;
  uint32_t overtaking_datagrams = 0;   // others arrive in the order of sending
  size_t datagrams_waiting_max = 256;  // in a socket
};

class SimNet;

class SimNetwork {
 public:
  SimNetwork(uint64_t seed, const NetConditions& conditions, Reach& reach);
  ~SimNetwork();

  SimNet& add_host();
  /// When something will happen by itself; io::kNever if nothing will.
  int64_t next_ns() const;
  /// Moves time forward and lets everything happen that is due.
  void advance(int64_t now_ns);

  /// Breaks a connection: both ends learn of it, what was on its way is lost.
  void reset(io::ConnectionId either_end);
  /// The other end falls silent: nothing arrives any more, no one is told.
  void vanish(io::ConnectionId either_end);
  /// From now on only `conditions`; silent connections end in a reset, as keep-alive would do.
  void heal(const NetConditions& conditions);
  bool is_open(io::ConnectionId connection) const;

  /// Every connection that was ever made to `address`, oldest first; the connecting end's ids.
  std::vector<io::ConnectionId> made_to(const io::Address& address) const;
  /// The host that made it: 0 for the first one added.
  size_t maker(io::ConnectionId connection) const;
  /// Everything this end of `connection` ever wrote, delivered or not.
  const std::string& written(io::ConnectionId connection) const;
  /// How many bytes the other end has read of it.
  size_t read_by_peer(io::ConnectionId connection) const;
  /// Not this end ended the connection: it was reset, or the other end closed it first.
  bool was_cut(io::ConnectionId connection) const;

  /// What was read whole at `address` since the beginning, in order.
  std::vector<std::string> datagrams_read_at(const io::Address& address) const;
  /// How many arrived there, found room, and were never read.
  size_t datagrams_left_at(const io::Address& address) const;

 private:
  friend class SimNet;
  using Index = size_t;  // of an endpoint; its peer is index ^ 1

  struct Endpoint {
    io::ConnectionId id;
    io::Address to;          // of the connecting end
    size_t maker = 0;        // host, of the connecting end
    SimNet* host = nullptr;  // null: not accepted yet, between two cores, or given up
    bool connected = false;  // once
    bool open = false;       // connected and not given up by its owner
    bool given_up = false;
    bool broken = false;
    bool silent = false;
    bool left_alone = false;  // the other end was given up first
    bool eof = false;         // arrived here
    bool finished = false;    // this side will write no more
    bool read_armed = true;
    bool write_blocked = false;
    std::string received;
    size_t in_flight = 0;  // bytes on their way here
    size_t capacity = 0;   // received + in_flight never exceed it
    int64_t last_arrival_ns = 0;
    std::string written;  // by this end
    size_t taken = 0;     // bytes this end has read
  };
  /// A socket for datagrams; its endpoint has no peer and only gives it an id.
  struct DatagramSocket {
    Index endpoint;
    io::Address address;
    bool open = true;
    uint64_t lost = 0;
    int64_t last_arrival_ns = 0;
    std::deque<std::string> waiting{};
    std::vector<std::string> read{};  // whole
  };
  struct Listener {
    io::ListenerId id;
    SimNet* host;
    io::Address address;
    bool open = true;
  };
  struct Timed {
    int64_t at_ns;
    uint64_t order;
    std::function<void()> run;
    bool operator<(const Timed& other) const {
      return at_ns != other.at_ns ? at_ns > other.at_ns : order > other.order;
    }
  };

  Index find(io::ConnectionId id) const;
  io::ConnectionId name(Index endpoint);
  void later(int64_t at_ns, std::function<void()> run);
  int64_t latency();
  /// A time for something to arrive at `endpoint`, after everything sent there before.
  int64_t arrival(Index endpoint);
  size_t transfer(size_t possible, Row short_row);
  void begin_connect(Index client, const io::Address& address);
  void accept(Index client, Listener& listener);
  void arrive(Index endpoint, std::string bytes);
  void arrive_eof(Index endpoint);
  void break_end(Index endpoint);
  void edge_readable(Index endpoint);
  void give_room(Index reader);
  DatagramSocket& datagram_socket(Index endpoint);
  void send_datagram(const io::Address& to, const std::string& bytes);
  void arrive_datagram(const io::Address& to, const std::string& bytes);

  base::Rng rng_;
  NetConditions conditions_;
  Reach& reach_;
  int64_t now_ns_ = 0;
  uint64_t order_ = 0;
  std::vector<std::unique_ptr<SimNet>> hosts_;
  std::deque<Endpoint> endpoints_;
  std::vector<Index> endpoint_of_id_;  // by id - 1
  std::deque<Listener> listeners_;     // by id - 1
  std::deque<DatagramSocket> datagram_sockets_;
  std::priority_queue<Timed> timed_;
};

/// One host's view: the io::Net of a core, or of a simulated outside program.
class SimNet final : public io::Net {
 public:
  SimNet(SimNetwork& network, size_t number) : network_(network), number_(number) {}

  bool has_events() const { return !events_.empty(); }

  Result<io::ListenerId> listen(const io::Address& address) override;
  io::Address listen_address(io::ListenerId listener) const override;
  void close_listener(io::ListenerId listener) override;
  void end_listener(io::ListenerId listener) override;
  Result<io::ConnectionId> connect(const io::Address& address) override;
  Result<io::ConnectionId> listen_datagrams(const io::Address& address,
                                            size_t buffer_bytes) override;
  io::Address datagram_address(io::ConnectionId socket) const override;
  io::Datagram read_datagram(io::ConnectionId socket, std::span<char> into) override;
  /// What an outside program does.
  void send_datagram(const io::Address& to, const std::string& bytes) {
    network_.send_datagram(to, bytes);
  }
  size_t poll(std::span<io::NetEvent> events) override;
  io::IoResult read(io::ConnectionId connection, std::span<char> into) override;
  io::IoResult writev(io::ConnectionId connection,
                      std::span<const std::span<const char>> parts) override;
  void shutdown_write(io::ConnectionId connection) override;
  void close(io::ConnectionId connection) override;
  void abort(io::ConnectionId connection) override;
  io::DetachedConnection detach(io::ConnectionId connection) override;
  io::ConnectionId adopt(io::DetachedConnection connection) override;

 private:
  friend class SimNetwork;
  void push(io::NetEventKind kind, io::ConnectionId connection, io::ListenerId listener = {});
  void forget_events(io::ConnectionId connection);
  void maybe_spurious_edge();
  std::vector<io::NetEvent>::iterator last_accepted(std::vector<io::NetEvent>::iterator ended);

  SimNetwork& network_;
  const size_t number_;
  std::vector<io::NetEvent> events_;
};

}  // namespace wallaroo::sim
