// The network port on Linux: non-blocking TCP and UDP sockets behind one edge-triggered epoll
// instance. One EpollNet belongs to one core and one thread; only wake() may be called from others.
#pragma once

#include <sys/epoll.h>

#include <array>
#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

#include "io/net.h"
#include "os/descriptor.h"
#include "os/system_net.h"

namespace wallaroo::os {

struct EpollNetOptions {
  /// A peer that owes an answer is given up after so long without any sign of life.
  int64_t peer_silence_ns = 20'000'000'000;
};

class EpollNet final : public SystemNet {
 public:
  static Result<std::unique_ptr<EpollNet>> make(const EpollNetOptions& options = {});
  ~EpollNet() override;
  EpollNet(const EpollNet&) = delete;
  EpollNet& operator=(const EpollNet&) = delete;

  Result<io::ListenerId> listen(const io::Address& address) override;
  io::Address listen_address(io::ListenerId listener) const override;
  void close_listener(io::ListenerId listener) override;
  void end_listener(io::ListenerId listener) override;
  Result<io::ConnectionId> connect(const io::Address& address) override;
  Result<io::ConnectionId> listen_datagrams(const io::Address& address,
                                            size_t buffer_bytes) override;
  io::Address datagram_address(io::ConnectionId socket) const override;
  io::Datagram read_datagram(io::ConnectionId socket, std::span<char> into) override;
  size_t poll(std::span<io::NetEvent> events) override;
  io::IoResult read(io::ConnectionId connection, std::span<char> into) override;
  io::IoResult writev(io::ConnectionId connection,
                      std::span<const std::span<const char>> parts) override;
  void shutdown_write(io::ConnectionId connection) override;
  io::Address peer_address(io::ConnectionId connection) const override;
  void close(io::ConnectionId connection) override;
  void abort(io::ConnectionId connection) override;
  io::DetachedConnection detach(io::ConnectionId connection) override;
  io::ConnectionId adopt(io::DetachedConnection connection) override;

  void wait(int64_t timeout_ns) override;
  void wake() override;

 private:
  enum class Kind : uint8_t { unused, listener, connecting, connected, datagrams };

  /// A descriptor of this instance. Its id has the slot's index in the low half and the generation
  /// (never 0) in the high half. The generation goes up whenever the slot is freed, so that what is
  /// left of an old connection finds nobody.
  struct Slot {
    int fd = -1;
    uint32_t generation = 1;
    Kind kind = Kind::unused;
    bool readable_told = false;  // the owner has not yet read to would_block since
    bool writable_wanted = false;
    bool short_reads_end = true;  // nothing but emptiness can make a read short
    bool drained = false;         // a short read emptied the socket: one read need not ask
    bool broken = false;          // an eof from now on is not a clean end
    bool closed_told = false;
    bool ending = false;        // a listener that end_listener() was called for
    uint32_t late_accepts = 0;  // of an ending listener
    uint64_t datagrams_lost = 0;
  };

  EpollNet(const EpollNetOptions& options, Descriptor epoll, Descriptor waker, Descriptor spare);

  Slot* find(uint64_t id);
  const Slot* find(uint64_t id) const;
  uint64_t take_slot(Descriptor socket, Kind kind);
  bool watch(uint64_t id);
  void release(uint64_t id);
  void fetch(int64_t timeout_ns);
  void translate(const epoll_event& event);
  void finish_connect(uint64_t id, Slot& slot);
  void check_peers();
  void accept_all();
  bool accept_some(uint64_t listener);
  bool accept_last(uint64_t listener);
  int shed_one(int listener_fd);
  void tell(io::NetEventKind kind, uint64_t connection, uint64_t listener = 0);
  bool is_current(const io::NetEvent& event);

  const EpollNetOptions options_;
  const Descriptor epoll_;
  const Descriptor waker_;
  Descriptor spare_;  // given up for a moment to accept and close when no other is left
  std::vector<Slot> slots_;
  std::vector<uint32_t> unused_;
  std::deque<io::NetEvent> told_;       // translated, not yet polled
  std::vector<uint64_t> accepting_;     // listeners that may have more to accept
  int64_t accept_again_ns_ = 0;         // while nothing can be accepted: not before this
  int64_t last_check_ns_ = 0;           // of peers
  size_t next_check_ = 0;               // the slot that is checked next
  std::array<epoll_event, 256> raw_{};  // what the last fetch returned
  size_t raw_count_ = 0;
};

}  // namespace wallaroo::os
