// UDP source: each datagram is one message. Core 0 reads them all.
//
// Nothing asks a sender to wait: while the chain blocks, datagrams wait in the socket's buffer, and
// what finds no room there is lost and counted as far as the system tells.
#pragma once

#include <array>
#include <string>

#include "flow/connector.h"
#include "flow/options.h"
#include "wallaroo/graph.h"
#include "wire/batch.h"

namespace wallaroo::connect {

struct UdpSourceSetup {
  std::string name;
  io::Address address;
  UdpSourceSpec spec;
  const flow::Options& options;
};

class UdpSource final : public flow::SourceConnector {
 public:
  UdpSource(UdpSourceSetup setup, flow::CoreServices& core, flow::SourceOutput& output,
            flow::SourceCounters& counters);
  ~UdpSource() override;

  Result<void> start() override;
  io::Progress step(io::Now now, uint32_t batches) override;
  void drain() override;
  bool ended() const override { return draining_ && !open_ && record_at_ == record_count_; }
  void on_net(const io::NetEvent& event, io::Now now) override;

 private:
  void fill();
  bool take_one();
  void close();
  void warn(const std::string& what);

  const UdpSourceSetup setup_;
  flow::CoreServices& core_;
  flow::SourceOutput& output_;
  flow::SourceCounters& counters_;
  io::ConnectionId socket_;
  bool open_ = false;
  bool readable_ = false;  // no would_block since the last edge
  bool draining_ = false;
  uint64_t drain_bytes_left_ = 0;
  uint64_t lost_ = 0;  // as last told
  uint64_t messages_ = 0;
  uint64_t warnings_ = 0;

  Bytes buffer_;  // the payloads of records_
  std::array<Record, wire::kBatchRecordsMax> records_;
  size_t record_at_ = 0;
  size_t record_count_ = 0;
};

}  // namespace wallaroo::connect
