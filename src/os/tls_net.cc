#include "os/tls_net.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/assert.h"
#include "os/clock.h"
#include "os/epoll_net.h"

namespace wallaroo::os {
namespace {

using io::IoStatus;
using io::NetEventKind;
using Phase = TlsSession::Phase;

/// Signing takes up to a millisecond, and a core has other work.
constexpr int kHandshakesPerPoll = 4;
constexpr uint64_t kTlsMark = uint64_t{1} << 63;  // of a detached connection; no pointer has it

size_t index_of(io::ConnectionId connection) { return static_cast<uint32_t>(connection.value); }

}  // namespace

TlsNet::TlsNet(std::unique_ptr<SystemNet> below, std::shared_ptr<const TlsContext> context,
               const TlsNetOptions& options)
    : below_(std::move(below)), context_(std::move(context)), options_(options) {}

TlsNet::~TlsNet() = default;

Result<io::ListenerId> TlsNet::listen(const io::Address& address) {
  if (address.tls && context_->server() == nullptr) return no_certificate_error(to_text(address));
  TRY(listener, below_->listen(address));
  if (address.tls) listeners_.push_back(listener);
  return listener;
}

io::Address TlsNet::listen_address(io::ListenerId listener) const {
  io::Address address = below_->listen_address(listener);
  address.tls = is_tls(listener);
  return address;
}

void TlsNet::close_listener(io::ListenerId listener) {
  std::erase(listeners_, listener);
  below_->close_listener(listener);
}

Result<io::ConnectionId> TlsNet::connect(const io::Address& address) {
  TRY(connection, below_->connect(address));
  if (address.tls) {
    const std::string& name = address.name.empty() ? address.host : address.name;
    add(connection, std::make_unique<TlsSession>(context_, &name));
  }
  return connection;
}

size_t TlsNet::poll(std::span<io::NetEvent> events) {
  if (!told_.empty()) return take_told(events);
  const size_t below = below_->poll(events);
  size_t count = 0;
  for (size_t i = 0; i < below; ++i) {
    if (passes(events[i])) events[count++] = events[i];
  }
  advance_some();
  expire();
  return count + take_told(events.subspan(count));
}

/// False for an event of a TLS connection: what comes of it is told in its own time.
bool TlsNet::passes(const io::NetEvent& event) {
  switch (event.kind) {
    case NetEventKind::accepted:
      if (!is_tls(event.listener)) return true;
      set_deadline(add(event.connection, std::make_unique<TlsSession>(context_, nullptr)),
                   read_clock().mono_ns + options_.handshake_ns);
      return true;
    case NetEventKind::listener_ended:
      std::erase(listeners_, event.listener);
      return true;
    case NetEventKind::accept_failed:
      return true;
    default:
      if (TlsSession* session = find(event.connection)) {
        handle(*session, event.kind);
        return false;
      }
      return true;
  }
}

void TlsNet::handle(TlsSession& session, NetEventKind kind) {
  if (kind == NetEventKind::connected) {
    session.begin();
    set_deadline(session, read_clock().mono_ns + options_.handshake_ns);
    return queue(session);
  }
  if (kind == NetEventKind::writable) {
    const bool empty = session.flush();
    if (!empty || !session.writable_wanted || session.phase() != Phase::open) return;
    session.writable_wanted = false;
    return tell(session, kind);
  }
  if (session.phase() == Phase::failed) return;  // which has been told
  if (kind == NetEventKind::closed) {
    const Phase before = session.phase();
    if (before == Phase::handshaking || before == Phase::confirming) session.advance();
    session.break_off();
    if (session.phase() == Phase::open) return tell(session, kind);
    return settle(session, before);
  }
  if (session.phase() == Phase::open) return tell(session, kind);
  queue(session);
}

void TlsNet::queue(TlsSession& session) {
  if (std::exchange(session.queued, true)) return;
  advancing_.push_back(session.id().value);
}

void TlsNet::advance_some() {
  for (int i = 0; i < kHandshakesPerPoll && !advancing_.empty(); ++i) {
    TlsSession* session = find(io::ConnectionId(advancing_.front()));
    advancing_.pop_front();
    if (session == nullptr) continue;
    session->queued = false;
    advance(*session);
  }
}

void TlsNet::advance(TlsSession& session) {
  const Phase before = session.phase();
  session.advance();
  settle(session, before);
}

/// Tells what has become of a handshake.
void TlsNet::settle(TlsSession& session, Phase before) {
  const Phase phase = session.phase();
  if (phase == before) return;
  if (phase == Phase::confirming)
    return set_deadline(session, read_clock().mono_ns + options_.confirm_ns);
  set_deadline(session, 0);
  if (phase == Phase::failed)
    return tell(session, session.ended() ? NetEventKind::readable : NetEventKind::closed);
  if (session.is_client()) tell(session, NetEventKind::connected);
  // What came with the end of the handshake has no edge of its own.
  tell(session, NetEventKind::readable);
  if (!session.is_client() && std::exchange(session.writable_wanted, false))
    tell(session, NetEventKind::writable);
}

void TlsNet::expire() {
  if (deadlines_.empty()) return;
  const int64_t now = read_clock().mono_ns;
  while (!deadlines_.empty() && deadlines_.begin()->first <= now) {
    TlsSession* session = find(io::ConnectionId(deadlines_.begin()->second));
    ASSERT(session != nullptr, "a deadline of nobody");
    const Phase before = session->phase();
    set_deadline(*session, 0);
    session->expire(fmt::format("it did not finish the TLS handshake within {:g} s",
                                static_cast<double>(options_.handshake_ns) / 1e9));
    settle(*session, before);
  }
}

/// 0: none any more.
void TlsNet::set_deadline(TlsSession& session, int64_t deadline_ns) {
  if (session.deadline_ns != 0) deadlines_.erase({session.deadline_ns, session.id().value});
  session.deadline_ns = deadline_ns;
  if (deadline_ns != 0) deadlines_.insert({deadline_ns, session.id().value});
}

io::IoResult TlsNet::read(io::ConnectionId connection, std::span<char> into) {
  TlsSession* session = find(connection);
  if (session == nullptr) return below_->read(connection, into);
  ASSERT(!into.empty(), "read into no room");
  return session->read(into);
}

io::IoResult TlsNet::writev(io::ConnectionId connection,
                            std::span<const std::span<const char>> parts) {
  TlsSession* session = find(connection);
  return session == nullptr ? below_->writev(connection, parts) : session->writev(parts);
}

size_t TlsNet::unsent_bytes(io::ConnectionId connection) const {
  const TlsSession* session = find(connection);
  return session == nullptr ? below_->unsent_bytes(connection) : session->unsent_bytes();
}

void TlsNet::shutdown_write(io::ConnectionId connection) {
  TlsSession* session = find(connection);
  if (session == nullptr) return below_->shutdown_write(connection);
  session->finish_writing();
}

std::string TlsNet::close_reason(io::ConnectionId connection) const {
  const TlsSession* session = find(connection);
  return session == nullptr ? below_->close_reason(connection) : session->reason();
}

void TlsNet::close(io::ConnectionId connection) {
  const auto session = remove(connection);
  if (session != nullptr && !session->say_goodbye()) return below_->abort(connection);
  below_->close(connection);
}

void TlsNet::abort(io::ConnectionId connection) {
  (void)remove(connection);
  below_->abort(connection);
}

io::DetachedConnection TlsNet::detach(io::ConnectionId connection) {
  auto session = remove(connection);
  const io::DetachedConnection socket = below_->detach(connection);
  if (session == nullptr) return socket;
  const auto* detached = new Detached{socket, std::move(session)};
  return {reinterpret_cast<uint64_t>(detached) | kTlsMark};
}

io::ConnectionId TlsNet::adopt(io::DetachedConnection connection) {
  if ((connection.value & kTlsMark) == 0) return below_->adopt(connection);
  const std::unique_ptr<Detached> detached(
      reinterpret_cast<Detached*>(connection.value & ~kTlsMark));
  const io::ConnectionId id = below_->adopt(detached->socket);
  const int64_t deadline_ns = std::exchange(detached->session->deadline_ns, 0);
  TlsSession& session = add(id, std::move(detached->session));
  set_deadline(session, deadline_ns);
  if (session.phase() == Phase::open || session.phase() == Phase::failed) {
    tell(session, session.phase() == Phase::open ? NetEventKind::readable : NetEventKind::closed);
  } else {
    queue(session);
  }
  return id;
}

void TlsNet::wait(int64_t timeout_ns) {
  if (!told_.empty() || !advancing_.empty()) return;
  if (!deadlines_.empty()) {
    const int64_t left = std::max<int64_t>(0, deadlines_.begin()->first - read_clock().mono_ns);
    timeout_ns = timeout_ns < 0 ? left : std::min(timeout_ns, left);
  }
  below_->wait(timeout_ns);
}

TlsSession* TlsNet::find(io::ConnectionId connection) const {
  const size_t index = index_of(connection);
  if (index >= sessions_.size()) return nullptr;
  TlsSession* session = sessions_[index].get();
  return session != nullptr && session->id() == connection ? session : nullptr;
}

TlsSession& TlsNet::add(io::ConnectionId connection, std::unique_ptr<TlsSession> session) {
  const size_t index = index_of(connection);
  if (index >= sessions_.size()) sessions_.resize(index + 1);
  session->attach(*below_, connection);
  sessions_[index] = std::move(session);
  return *sessions_[index];
}

std::unique_ptr<TlsSession> TlsNet::remove(io::ConnectionId connection) {
  TlsSession* session = find(connection);
  if (session == nullptr) return nullptr;
  const int64_t deadline_ns = session->deadline_ns;
  set_deadline(*session, 0);
  session->deadline_ns = deadline_ns;  // for who adopts it
  session->queued = false;
  return std::move(sessions_[index_of(connection)]);
}

bool TlsNet::is_tls(io::ListenerId listener) const {
  return std::find(listeners_.begin(), listeners_.end(), listener) != listeners_.end();
}

void TlsNet::tell(const TlsSession& session, NetEventKind kind) {
  told_.push_back({kind, session.id(), {}});
}

Result<std::unique_ptr<SystemNet>> make_net(std::shared_ptr<const TlsContext> context) {
  TRY(plain, EpollNet::make());
  if (context == nullptr) return std::move(plain);
  return std::make_unique<TlsNet>(std::move(plain), std::move(context));
}

size_t TlsNet::take_told(std::span<io::NetEvent> events) {
  size_t count = 0;
  while (count < events.size() && !told_.empty()) {
    if (find(told_.front().connection) != nullptr) events[count++] = told_.front();
    told_.pop_front();
  }
  return count;
}

}  // namespace wallaroo::os
