#include "os/epoll_net.h"

#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "base/assert.h"
#include "os/clock.h"
#include "os/net_errors.h"
#include "os/peer_liveness.h"
#include "os/socket_address.h"

namespace wallaroo::os {
namespace {

using io::IoStatus;
using io::NetEventKind;

constexpr uint32_t kBacklog = 1024;     // the kernel cuts it to net.core.somaxconn
constexpr size_t kAcceptsPerPoll = 64;  // so that a flood of peers cannot starve the others
constexpr size_t kPartsPerCall = 64;
constexpr size_t kReservedDescriptors = 32;
constexpr int64_t kAcceptPauseNs = 100'000'000;
constexpr int64_t kWaitMaxNs = 1'000'000'000;   // so that silent peers are noticed while asleep
constexpr int64_t kCheckNs = 100'000'000;       // between two looks at some of the peers
constexpr int64_t kCheckAllNs = 5'000'000'000;  // until every peer has been looked at
constexpr uint64_t kWaker = 0;                  // no slot has this id: generations begin with 1
constexpr uint32_t kReadMask = EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR;

uint64_t make_id(uint32_t index, uint32_t generation) { return uint64_t{generation} << 32 | index; }
uint32_t index_of(uint64_t id) { return static_cast<uint32_t>(id); }
uint32_t generation_of(uint64_t id) { return static_cast<uint32_t>(id >> 32); }

void set_option(int fd, int level, int name, int value) {
  // A refused option costs latency or late detection of a dead peer, never data.
  (void)setsockopt(fd, level, name, &value, sizeof value);
}

/// Accepted sockets inherit these from their listener.
void tune(int fd) {
  set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
  set_option(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
  set_option(fd, IPPROTO_TCP, TCP_KEEPIDLE, 15);
  set_option(fd, IPPROTO_TCP, TCP_KEEPINTVL, 5);
  set_option(fd, IPPROTO_TCP, TCP_KEEPCNT, 3);
}

/// The last descriptors are not for whoever connects: sinks and the status server need some too.
bool is_reserved(int fd) {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return false;
  const rlim_t kept = std::min<rlim_t>(kReservedDescriptors, limit.rlim_cur / 8);
  return static_cast<rlim_t>(fd) >= limit.rlim_cur - kept;
}

Descriptor open_spare() { return Descriptor(::epoll_create1(EPOLL_CLOEXEC)); }

/// A connect to a free port of the ephemeral range can meet itself (simultaneous open): nobody
/// listens there, though the kernel calls it connected.
bool is_connected_to_itself(int fd) {
  const SocketAddress own = local_address(fd);
  SocketAddress peer;
  peer.length = sizeof peer.storage;
  if (getpeername(fd, reinterpret_cast<sockaddr*>(&peer.storage), &peer.length) != 0) return true;
  return own.length == peer.length && std::memcmp(&own.storage, &peer.storage, own.length) == 0;
}

int pending_error(int fd) {
  int error = 0;
  socklen_t length = sizeof error;
  (void)getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length);
  return error;
}

}  // namespace

Result<std::unique_ptr<EpollNet>> EpollNet::make(const EpollNetOptions& options) {
  Descriptor epoll(::epoll_create1(EPOLL_CLOEXEC));
  Descriptor waker(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  Descriptor spare = open_spare();
  if (!epoll || !waker || !spare) return descriptors_error("cannot open an epoll instance", errno);
  // Edge-triggered, the eventfd need never be read: every write is an edge.
  epoll_event event{.events = EPOLLIN | EPOLLET, .data = {.u64 = kWaker}};
  if (::epoll_ctl(epoll.get(), EPOLL_CTL_ADD, waker.get(), &event) != 0)
    return descriptors_error("cannot watch an eventfd", errno);
  return std::unique_ptr<EpollNet>(
      new EpollNet(options, std::move(epoll), std::move(waker), std::move(spare)));
}

EpollNet::EpollNet(const EpollNetOptions& options, Descriptor epoll, Descriptor waker,
                   Descriptor spare)
    : options_(options),
      epoll_(std::move(epoll)),
      waker_(std::move(waker)),
      spare_(std::move(spare)),
      last_check_ns_(read_clock().mono_ns) {}

EpollNet::~EpollNet() {
  for (const Slot& slot : slots_)
    if (slot.kind != Kind::unused) ::close(slot.fd);
}

Result<io::ListenerId> EpollNet::listen(const io::Address& address) {
  TRY(where, to_socket_address(address));
  Descriptor socket(::socket(where.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket) return listen_error(address, errno);
  set_option(socket.get(), SOL_SOCKET, SO_REUSEADDR, 1);
  tune(socket.get());
  if (::bind(socket.get(), where.get(), where.length) != 0 ||
      ::listen(socket.get(), static_cast<int>(kBacklog)) != 0) {
    return listen_error(address, errno);
  }
  const uint64_t id = take_slot(std::move(socket), Kind::listener);
  if (!watch(id)) {
    const int error = errno;
    release(id);
    return listen_error(address, error);
  }
  return io::ListenerId(id);
}

io::Address EpollNet::listen_address(io::ListenerId listener) const {
  const uint32_t index = index_of(listener.value);
  ASSERT(index < slots_.size() && slots_[index].kind == Kind::listener &&
             slots_[index].generation == generation_of(listener.value),
         "listen_address of an unknown listener");
  return to_address(local_address(slots_[index].fd));
}

void EpollNet::close_listener(io::ListenerId listener) {
  if (find(listener.value) == nullptr) return;
  release(listener.value);
  std::erase(accepting_, listener.value);
}

void EpollNet::end_listener(io::ListenerId listener) {
  Slot* slot = find(listener.value);
  ASSERT(slot != nullptr && slot->kind == Kind::listener, "end_listener of an unknown listener");
  slot->ending = true;
  if (std::find(accepting_.begin(), accepting_.end(), listener.value) == accepting_.end())
    accepting_.push_back(listener.value);
}

Result<io::ConnectionId> EpollNet::connect(const io::Address& address) {
  TRY(where, to_socket_address(address));
  Descriptor socket(::socket(where.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket) return descriptors_error("cannot connect to " + to_text(address), errno);
  tune(socket.get());
  const int status = ::connect(socket.get(), where.get(), where.length);
  // Interrupted, the attempt goes on in the background like one in progress.
  const bool begun = status == 0 || errno == EINPROGRESS || errno == EINTR;
  const uint64_t id = take_slot(std::move(socket), Kind::connecting);
  if (!begun || !watch(id)) tell(NetEventKind::closed, id);
  return io::ConnectionId(id);
}

size_t EpollNet::poll(std::span<io::NetEvent> events) {
  if (told_.empty()) {
    if (raw_count_ == 0) fetch(0);
    for (size_t i = 0; i < raw_count_; ++i) translate(raw_[i]);
    raw_count_ = 0;
    if (!accepting_.empty()) accept_all();
    check_peers();
  }
  size_t count = 0;
  while (count < events.size() && !told_.empty()) {
    if (is_current(told_.front())) events[count++] = told_.front();
    told_.pop_front();
  }
  return count;
}

void EpollNet::wait(int64_t timeout_ns) {
  if (!told_.empty() || raw_count_ != 0) return;
  if (slots_.size() > unused_.size() && (timeout_ns < 0 || timeout_ns > kWaitMaxNs))
    timeout_ns = kWaitMaxNs;
  if (!accepting_.empty()) {
    const int64_t pause = std::max<int64_t>(0, accept_again_ns_ - read_clock().mono_ns);
    timeout_ns = timeout_ns < 0 ? pause : std::min(timeout_ns, pause);
  }
  fetch(timeout_ns);
}

void EpollNet::wake() {
  const uint64_t one = 1;
  while (::write(waker_.get(), &one, sizeof one) < 0 && errno == EINTR) {
  }
}

void EpollNet::fetch(int64_t timeout_ns) {
  timespec timeout{};
  if (timeout_ns > 0) {
    timeout.tv_sec = timeout_ns / 1'000'000'000;
    timeout.tv_nsec = timeout_ns % 1'000'000'000;
  }
  const int room = static_cast<int>(raw_.size());
  int count =
      ::epoll_pwait2(epoll_.get(), raw_.data(), room, timeout_ns < 0 ? nullptr : &timeout, nullptr);
  if (count < 0 && errno == ENOSYS) {  // a kernel before 5.11, or a sandbox that knows no better
    const int64_t ms = std::min<int64_t>((timeout_ns + 999'999) / 1'000'000, 3'600'000);
    count =
        ::epoll_wait(epoll_.get(), raw_.data(), room, timeout_ns < 0 ? -1 : static_cast<int>(ms));
  }
  ASSERT(count >= 0 || errno == EINTR, "epoll_wait failed");
  const bool only_woken = count == 1 && raw_[0].data.u64 == kWaker;
  raw_count_ = count > 0 && !only_woken ? static_cast<size_t>(count) : 0;
}

void EpollNet::translate(const epoll_event& event) {
  const uint64_t id = event.data.u64;
  Slot* slot = find(id);
  if (slot == nullptr) return;
  if (slot->kind == Kind::listener) {
    if (std::find(accepting_.begin(), accepting_.end(), id) == accepting_.end())
      accepting_.push_back(id);
    return;
  }
  if (slot->closed_told) return;
  if (slot->kind == Kind::connecting) {
    finish_connect(id, *slot);
    if (slot->kind == Kind::connecting) return;
  }
  slot->drained = false;
  // Urgent data makes reads short without emptying the socket, as an end of stream does.
  if (event.events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR | EPOLLPRI)) slot->short_reads_end = false;
  if (event.events & kReadMask && !slot->readable_told) {
    slot->readable_told = true;
    tell(NetEventKind::readable, id);
  }
  if (event.events & EPOLLOUT && slot->writable_wanted) {
    slot->writable_wanted = false;
    tell(NetEventKind::writable, id);
  }
  if (event.events & EPOLLERR) {
    slot->broken = true;
    slot->closed_told = true;
    tell(NetEventKind::closed, id);
  }
}

void EpollNet::finish_connect(uint64_t id, Slot& slot) {
  if (pending_error(slot.fd) != 0 || is_connected_to_itself(slot.fd)) {
    slot.broken = true;
    slot.closed_told = true;
    tell(NetEventKind::closed, id);
    return;
  }
  slot.kind = Kind::connected;
  tell(NetEventKind::connected, id);
}

/// A few connections at a time, so that ten thousand of them never cost a noticeable pause.
void EpollNet::check_peers() {
  const int64_t now = read_clock().mono_ns;
  const int64_t elapsed = std::min(now - last_check_ns_, kCheckAllNs);
  if (elapsed < kCheckNs) return;
  last_check_ns_ = now;
  const auto all = static_cast<int64_t>(slots_.size());
  for (int64_t turns = (all * elapsed + kCheckAllNs - 1) / kCheckAllNs; turns > 0; --turns) {
    if (next_check_ >= slots_.size()) next_check_ = 0;
    const auto index = static_cast<uint32_t>(next_check_++);
    Slot& slot = slots_[index];
    if (slot.kind != Kind::connected || slot.closed_told) continue;
    if (!has_peer_vanished(slot.fd, options_.peer_silence_ns)) continue;
    slot.broken = true;
    slot.closed_told = true;
    tell(NetEventKind::closed, make_id(index, slot.generation));
  }
}

void EpollNet::accept_all() {
  const bool paused = accept_again_ns_ != 0 && read_clock().mono_ns < accept_again_ns_;
  if (!paused) accept_again_ns_ = 0;
  std::erase_if(accepting_, [this, paused](uint64_t listener) {
    if (find(listener)->ending) return accept_last(listener);
    return !paused && accept_some(listener);
  });
}

/// True when the listener has ended: nobody waits, nobody can be accepted, or as many came late as
/// can have waited when the end was asked for.
bool EpollNet::accept_last(uint64_t listener) {
  const size_t told_before = told_.size();
  const bool empty = accept_some(listener);
  Slot& slot = *find(listener);
  slot.late_accepts += static_cast<uint32_t>(told_.size() - told_before);
  if (!empty && accept_again_ns_ == 0 && slot.late_accepts < kBacklog) return false;
  release(listener);
  tell(NetEventKind::listener_ended, 0, listener);
  return true;
}

/// True when nobody is left to accept.
bool EpollNet::accept_some(uint64_t listener) {
  const int listener_fd = find(listener)->fd;
  for (size_t i = 0; i < kAcceptsPerPoll; ++i) {
    Descriptor socket(::accept4(listener_fd, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (socket && is_reserved(socket.get())) {
      tell(NetEventKind::accept_failed, 0, listener);
      continue;
    }
    if (socket) {
      const uint64_t id = take_slot(std::move(socket), Kind::connected);
      tell(NetEventKind::accepted, id, listener);
      if (!watch(id)) {
        find(id)->closed_told = true;
        tell(NetEventKind::closed, id);
      }
      continue;
    }
    if (errno == EAGAIN) return true;
    if (!out_of_resources(errno)) continue;  // that peer has gone, or a signal came
    const int error = shed_one(listener_fd);
    if (error == EAGAIN) return true;  // accept4 complains before it looks whether anybody waits
    tell(NetEventKind::accept_failed, 0, listener);
    if (error != 0) {
      accept_again_ns_ = read_clock().mono_ns + kAcceptPauseNs;
      return false;
    }
  }
  return false;
}

/// Tells one waiting peer that there is no room, by accepting and closing it. Returns the errno.
int EpollNet::shed_one(int listener_fd) {
  if (!spare_) spare_ = open_spare();
  if (!spare_) return EMFILE;
  spare_.reset();
  Descriptor peer(::accept4(listener_fd, nullptr, nullptr, SOCK_CLOEXEC));
  const int error = peer ? 0 : errno;
  peer.reset();
  spare_ = open_spare();
  return error;
}

io::IoResult EpollNet::read(io::ConnectionId connection, std::span<char> into) {
  ASSERT(!into.empty(), "read into no room");
  Slot* slot = find(connection.value);
  if (slot == nullptr) return {0, IoStatus::broken};
  if (slot->drained) {
    slot->drained = false;
    slot->readable_told = false;
    return {0, IoStatus::would_block};
  }
  ssize_t count = 0;
  do {
    count = ::recv(slot->fd, into.data(), into.size(), 0);
  } while (count < 0 && errno == EINTR);
  if (count > 0) {
    const auto bytes = static_cast<size_t>(count);
    slot->drained = bytes < into.size() && slot->short_reads_end;
    return {bytes, IoStatus::ok};
  }
  if (count == 0) return {0, slot->broken ? IoStatus::broken : IoStatus::eof};
  if (errno == EAGAIN) {
    slot->readable_told = false;
    return {0, IoStatus::would_block};
  }
  slot->broken = true;
  return {0, IoStatus::broken};
}

io::IoResult EpollNet::writev(io::ConnectionId connection,
                              std::span<const std::span<const char>> parts) {
  Slot* slot = find(connection.value);
  if (slot == nullptr) return {0, IoStatus::broken};
  size_t written = 0;
  while (!parts.empty()) {
    std::array<iovec, kPartsPerCall> vector;
    const auto some = parts.first(std::min(parts.size(), kPartsPerCall));
    size_t wanted = 0;
    for (size_t i = 0; i < some.size(); ++i) {
      vector[i] = {const_cast<char*>(some[i].data()), some[i].size()};
      wanted += some[i].size();
    }
    msghdr message{};
    message.msg_iov = vector.data();
    message.msg_iovlen = some.size();
    const ssize_t count = wanted == 0 ? 0 : ::sendmsg(slot->fd, &message, MSG_NOSIGNAL);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && errno == EAGAIN && written > 0) break;
    if (count < 0 && errno == EAGAIN) {
      slot->writable_wanted = true;
      return {0, IoStatus::would_block};
    }
    if (count < 0) {
      slot->broken = true;
      return {written, IoStatus::broken};
    }
    written += static_cast<size_t>(count);
    if (static_cast<size_t>(count) < wanted) break;
    parts = parts.subspan(some.size());
  }
  return {written, IoStatus::ok};
}

void EpollNet::shutdown_write(io::ConnectionId connection) {
  if (const Slot* slot = find(connection.value)) (void)::shutdown(slot->fd, SHUT_WR);
}

io::Address EpollNet::peer_address(io::ConnectionId connection) const {
  const Slot* slot = find(connection.value);
  SocketAddress peer;
  peer.length = sizeof peer.storage;
  if (slot == nullptr ||
      getpeername(slot->fd, reinterpret_cast<sockaddr*>(&peer.storage), &peer.length) != 0) {
    return {};
  }
  return to_address(peer);
}

void EpollNet::close(io::ConnectionId connection) {
  if (find(connection.value) != nullptr) release(connection.value);
}

void EpollNet::abort(io::ConnectionId connection) {
  const Slot* slot = find(connection.value);
  if (slot == nullptr) return;
  const linger at_once{.l_onoff = 1, .l_linger = 0};
  // Refused, the peer sees an end instead of a reset.
  (void)setsockopt(slot->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  release(connection.value);
}

io::DetachedConnection EpollNet::detach(io::ConnectionId connection) {
  Slot* slot = find(connection.value);
  ASSERT(slot != nullptr && slot->kind == Kind::connected, "detach of an unknown connection");
  const int fd = std::exchange(slot->fd, -1);
  (void)::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr);
  release(connection.value);
  return {static_cast<uint64_t>(fd)};
}

io::ConnectionId EpollNet::adopt(io::DetachedConnection connection) {
  const uint64_t id = take_slot(Descriptor(static_cast<int>(connection.value)), Kind::connected);
  if (!watch(id)) {
    find(id)->closed_told = true;
    tell(NetEventKind::closed, id);
  }
  return io::ConnectionId(id);
}

EpollNet::Slot* EpollNet::find(uint64_t id) {
  return const_cast<Slot*>(std::as_const(*this).find(id));
}

const EpollNet::Slot* EpollNet::find(uint64_t id) const {
  const uint32_t index = index_of(id);
  if (index >= slots_.size()) return nullptr;
  const Slot& slot = slots_[index];
  if (slot.kind == Kind::unused || slot.generation != generation_of(id)) return nullptr;
  return &slot;
}

uint64_t EpollNet::take_slot(Descriptor socket, Kind kind) {
  if (unused_.empty()) {
    unused_.push_back(static_cast<uint32_t>(slots_.size()));
    slots_.emplace_back();
  }
  const uint32_t index = unused_.back();
  unused_.pop_back();
  Slot& slot = slots_[index];
  slot = Slot{.fd = socket.release(), .generation = slot.generation, .kind = kind};
  return make_id(index, slot.generation);
}

bool EpollNet::watch(uint64_t id) {
  const Slot* slot = find(id);
  epoll_event event{.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLPRI | EPOLLET,
                    .data = {.u64 = id}};
  if (slot->kind == Kind::listener || slot->kind == Kind::datagrams)
    event.events = EPOLLIN | EPOLLET;
  return ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, slot->fd, &event) == 0;
}

void EpollNet::release(uint64_t id) {
  Slot& slot = slots_[index_of(id)];
  Descriptor(slot.fd).reset();
  slot.kind = Kind::unused;
  if (++slot.generation == 0) slot.generation = 1;
  unused_.push_back(index_of(id));
}

void EpollNet::tell(NetEventKind kind, uint64_t connection, uint64_t listener) {
  told_.push_back({kind, io::ConnectionId(connection), io::ListenerId(listener)});
}

bool EpollNet::is_current(const io::NetEvent& event) {
  if (event.kind == NetEventKind::listener_ended) return true;
  if (event.kind == NetEventKind::accept_failed) return find(event.listener.value) != nullptr;
  return find(event.connection.value) != nullptr;
}

}  // namespace wallaroo::os
