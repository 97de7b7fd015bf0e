// TCP source on one core. Core 0 listens and deals the connections it accepts to all cores in turn;
// every core reads its own.
//
// One receive buffer serves all connections of the core: only the incomplete message at the end of
// what a connection sent is copied aside. A message longer than the buffer grows aside as it
// arrives, up to the limit; nothing is allocated because a peer announced it.
#pragma once

#include <array>
#include <map>
#include <memory>
#include <string>

#include "base/fifo.h"
#include "flow/connector.h"
#include "flow/options.h"
#include "wallaroo/graph.h"
#include "wire/batch.h"

namespace wallaroo::connect {

struct TcpSourceSetup {
  std::string name;
  uint32_t stage;
  io::Address address;
  TcpSourceSpec spec;
  const flow::Options& options;
};

class TcpSource final : public flow::SourceConnector {
 public:
  TcpSource(TcpSourceSetup setup, flow::CoreServices& core, flow::SourceOutput& output,
            flow::SourceCounters& counters);
  ~TcpSource() override;

  Result<void> start() override;
  io::Progress step(io::Now now, uint32_t batches) override;
  void drain() override;
  bool ended() const override { return draining_ && no_more_ && connections_.empty(); }
  void adopt(io::DetachedConnection connection, io::Now now) override;
  void no_more_connections() override { no_more_ = true; }
  int64_t deadline_ns() const override {
    return setup_.spec.idle_ns_max == 0 || connections_.empty() ? io::kNever : look_at_ns_;
  }
  void on_net(const io::NetEvent& event, io::Now now) override;

 private:
  struct Connection {
    io::ConnectionId id;
    uint64_t origin = 0;
    io::Address peer;
    uint64_t messages = 0;  // told apart so far
    Bytes aside;            // start of an incomplete message
    bool readable = true;   // no would_block since the last edge
    bool queued = false;    // in ready_
    bool ended = false;     // eof: nothing more will be read
    bool broken = false;
    uint64_t drain_bytes_left = 0;
    size_t counted_bytes = 0;  // of aside, in unfinished_bytes_
    int64_t heard_ns = 0;      // when something came last
  };

  void take(io::ConnectionId id);
  void make_ready(Connection& connection);
  bool activate();
  void fill(Connection& connection);
  io::IoResult read_into(Connection& connection, char* to, size_t room);
  void next_frames();
  void last_line();
  void keep_aside(Connection& connection);
  void release();
  void finish_connection(Connection& connection);
  void refuse(io::ConnectionId id, const io::Address& peer, const std::string& why);
  uint32_t share(uint32_t limit) const { return (limit + core_.cores() - 1) / core_.cores(); }
  void close_idle();
  void refuse_unfinished(Connection& connection);
  void note_break(Connection& connection);
  void refuse_frame(Connection& connection);
  void warn(const std::string& what);

  const TcpSourceSetup setup_;
  flow::CoreServices& core_;
  flow::SourceOutput& output_;
  flow::SourceCounters& counters_;
  io::ListenerId listener_;
  uint32_t next_core_ = 0;
  uint64_t next_origin_ = 1;
  uint64_t warnings_ = 0;
  std::map<uint64_t, std::unique_ptr<Connection>> connections_;
  std::map<std::string, uint32_t> by_host_;  // connections of each peer's address
  base::Fifo<uint64_t> ready_;
  uint64_t unfinished_bytes_ = 0;  // aside, of all connections
  int64_t now_ns_ = 0;             // of the step or event under way
  int64_t look_at_ns_ = 0;         // when to look for idle connections

  // The connection being read, what it sent and how far that is worked through.
  Connection* active_ = nullptr;
  Bytes buffer_;
  const char* region_ = nullptr;
  size_t region_bytes_ = 0;
  size_t region_at_ = 0;
  std::array<Record, wire::kBatchRecordsMax> records_;
  size_t record_at_ = 0;
  size_t record_count_ = 0;
  bool over_limit_ = false;
  bool senseless_ = false;
  bool draining_ = false;
  bool no_more_ = false;  // no further connection will come
};

}  // namespace wallaroo::connect
