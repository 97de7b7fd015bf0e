// TCP sink on one core: its own connection, opened again with back-off when it breaks.
//
// Messages gather in chunks. A chunk begins and ends between messages; after a break the chunk that
// was being written is sent again from its start on the new connection, so that the receiver never
// begins in the middle of a message. What the operating system had already taken from us when the
// connection broke is gone: a plain TCP sink cannot know.
#pragma once

#include <string>
#include <vector>

#include "base/fifo.h"
#include "flow/connector.h"
#include "flow/options.h"

namespace wallaroo::connect {

struct TcpSinkSetup {
  std::string name;
  io::Address address;
  const flow::Options& options;
};

class TcpSink final : public flow::SinkConnector {
 public:
  TcpSink(TcpSinkSetup setup, flow::CoreServices& core, flow::SinkCounters& counters);
  ~TcpSink() override;

  Bytes& buffer() override { return gathering_; }
  void commit(size_t messages) override;
  io::Progress step(io::Now now) override;
  bool full() const override {
    return waiting_bytes_ + gathering_.size() >= setup_.options.sink_buffer_bytes_max;
  }
  void finish() override { finishing_ = true; }
  bool ended() const override { return state_ == State::ended; }
  int64_t deadline_ns() const override {
    return state_ == State::waiting || state_ == State::closing ? wake_at_ns_ : io::kNever;
  }
  void on_net(const io::NetEvent& event, io::Now now) override;

 private:
  enum class State : uint8_t { waiting, connecting, connected, closing, ended };

  void close_chunk();
  void connect(io::Now now);
  void lose(io::Now now, const char* why);
  void say(io::LogLevel level, const std::string& what);
  bool write(io::Now now);
  void advance(size_t written, size_t offered);
  bool discard_input(io::Now now);
  void end(io::Now now);
  bool await_receiver(io::Now now);
  void close_connection();

  const TcpSinkSetup setup_;
  flow::CoreServices& core_;
  flow::SinkCounters& counters_;
  State state_ = State::waiting;
  io::ConnectionId connection_;
  bool writable_ = false;
  bool readable_ = false;
  int64_t wake_at_ns_ = 0;  // waiting: when to connect; closing: when to wait no longer
  int64_t backoff_ns_ = 0;
  int64_t connected_at_ns_ = 0;
  int64_t told_at_ns_ = 0;
  bool was_connected_ = false;
  bool told_ = false;  // the present outage has been logged
  Bytes gathering_;
  base::Fifo<Bytes> chunks_;
  std::vector<Bytes> spare_;
  size_t front_written_ = 0;    // of the first chunk, on this connection
  uint64_t waiting_bytes_ = 0;  // in chunks_, not written
  bool finishing_ = false;
};

}  // namespace wallaroo::connect
