#include "connect/tcp/tcp_source.h"

#include <algorithm>

#include "base/assert.h"
#include "connect/frames.h"

namespace wallaroo::connect {
namespace {

constexpr uint64_t kWarningsMax = 20;  // lines on one source; everything is counted
constexpr size_t kAsideKeptBytes = 4096;
constexpr int64_t kLookNs = 1'000'000'000;  // between two looks for idle connections

/// The first record of a TLS handshake, of any version.
bool looks_like_tls(const Bytes& bytes) {
  return bytes.size() > 2 && bytes.data()[0] == 0x16 && bytes.data()[1] == 0x03;
}

std::string shown(const io::Address& peer) {
  return peer.host.empty() ? "a peer" : "peer " + to_text(peer);
}

}  // namespace

TcpSource::TcpSource(TcpSourceSetup setup, flow::CoreServices& core, flow::SourceOutput& output,
                     flow::SourceCounters& counters)
    : setup_(std::move(setup)), core_(core), output_(output), counters_(counters) {}

TcpSource::~TcpSource() {
  for (auto& [id, connection] : connections_) core_.net().close(connection->id);
}

Result<void> TcpSource::start() {
  if (core_.core() != 0) return {};
  auto listener = core_.net().listen(setup_.address);
  if (!listener) {
    return fail(listener.error().code,
                "source '" + setup_.name + "' cannot listen: " + listener.error().message);
  }
  listener_ = *listener;
  core_.watch(listener_, *this);
  core_.log().write(io::LogLevel::info, "source '" + setup_.name + "' listens on " +
                                            to_text(core_.net().listen_address(listener_)));
  return {};
}

void TcpSource::on_net(const io::NetEvent& event, io::Now now) {
  now_ns_ = now.mono_ns;
  if (event.kind == io::NetEventKind::accept_failed) {
    counters_.connections_refused.add(1);
    warn(
        "a connection cannot be accepted: out of file descriptors; raise the "
        "limit (ulimit -n) or lower connections_max");
    return;
  }
  if (event.kind == io::NetEventKind::accepted) {
    const uint32_t to = next_core_;
    next_core_ = (next_core_ + 1) % core_.cores();
    if (to == core_.core()) return take(event.connection);
    return core_.send_connection(to, setup_.stage, core_.net().detach(event.connection));
  }
  if (event.kind == io::NetEventKind::listener_ended) {
    // Behind the connections dealt to them, because a ring keeps the order.
    for (uint32_t core = 1; core < core_.cores(); ++core) {
      core_.send_no_more_connections(core, setup_.stage);
    }
    return no_more_connections();
  }
  const auto found = connections_.find(event.connection.value);
  if (found == connections_.end()) return;
  Connection& connection = *found->second;
  if (event.kind == io::NetEventKind::closed) {
    // What it had sent may still be there to read; reading tells.
    note_break(connection);
  }
  connection.readable = true;
  make_ready(connection);
}

void TcpSource::adopt(io::DetachedConnection connection, io::Now now) {
  now_ns_ = now.mono_ns;
  counters_.connections_adopted.add(1);
  take(core_.net().adopt(connection));
}

void TcpSource::take(io::ConnectionId id) {
  io::Address peer = core_.net().peer_address(id);
  const TcpSourceSpec& spec = setup_.spec;
  if (connections_.size() >= share(spec.connections_max)) {
    return refuse(id, peer,
                  "connections_max (" + std::to_string(spec.connections_max) + ") are open");
  }
  uint32_t& of_host = by_host_[peer.host];
  if (!peer.host.empty() && of_host >= share(spec.connections_per_peer_max)) {
    return refuse(id, peer,
                  "connections_per_peer_max (" + std::to_string(spec.connections_per_peer_max) +
                      ") of its address are open");
  }
  ++of_host;
  auto connection = std::make_unique<Connection>();
  connection->id = id;
  connection->peer = std::move(peer);
  connection->heard_ns = now_ns_;
  connection->origin = next_origin_++;
  connection->drain_bytes_left = draining_ ? setup_.options.drain_bytes_max : 0;
  Connection& taken = *connection;
  connections_.emplace(id.value, std::move(connection));
  core_.watch(id, *this);
  counters_.connections_total.add(1);
  counters_.connections_open.set(connections_.size());
  make_ready(taken);
}

void TcpSource::refuse(io::ConnectionId id, const io::Address& peer, const std::string& why) {
  counters_.connections_refused.add(1);
  core_.net().close(id);
  warn(shown(peer) + " is refused: " + why);
}

void TcpSource::make_ready(Connection& connection) {
  if (connection.queued || active_ == &connection) return;
  connection.queued = true;
  ready_.push_back(connection.id.value);
}

io::Progress TcpSource::step(io::Now now, uint32_t batches) {
  io::Progress progress = io::Progress::none;
  now_ns_ = now.mono_ns;
  if (setup_.spec.idle_ns_max != 0 && now_ns_ >= look_at_ns_) close_idle();
  for (uint32_t i = 0; i < batches; ++i) {
    if (output_.blocked()) break;
    if (active_ == nullptr && !activate()) break;
    progress = io::Progress::some;
    if (record_at_ == record_count_) next_frames();
    if (record_count_ == 0) {
      release();
      continue;
    }
    for (size_t k = record_at_; k < record_count_; ++k) records_[k].event_time_ns = now.wall_ns;
    record_at_ = output_.run(records_.data(), record_at_, record_count_, now,
                             {active_->origin, active_->messages - record_count_ + 1});
  }
  return progress;
}

/// Reads from the next connection in turn. False when none is ready.
bool TcpSource::activate() {
  while (!ready_.empty()) {
    const auto found = connections_.find(ready_.pop_front());
    if (found == connections_.end()) continue;
    active_ = found->second.get();
    active_->queued = false;
    fill(*active_);
    return true;
  }
  return false;
}

/// One read, behind what the connection has aside; into the shared buffer when that is large
/// enough.
void TcpSource::fill(Connection& connection) {
  const size_t room = std::max<size_t>(setup_.options.receive_bytes, 1);
  const size_t held = connection.aside.size();
  region_at_ = 0;
  record_at_ = 0;
  record_count_ = 0;
  if (held * 2 > room) {
    const io::IoResult got = read_into(connection, connection.aside.prepare(room), room);
    connection.aside.commit(got.bytes);
    region_ = connection.aside.data();
    region_bytes_ = connection.aside.size();
    return;
  }
  buffer_.clear();
  buffer_.append(connection.aside.data(), held);
  const io::IoResult got = read_into(connection, buffer_.prepare(room), room);
  buffer_.commit(got.bytes);
  connection.aside.clear();
  region_ = buffer_.data();
  region_bytes_ = buffer_.size();
}

io::IoResult TcpSource::read_into(Connection& connection, char* to, size_t room) {
  if (draining_) room = std::min<uint64_t>(room, connection.drain_bytes_left);
  if (!connection.readable || room == 0) return {0, io::IoStatus::would_block};
  io::IoResult got = core_.net().read(connection.id, {to, room});
  // The last look: there may be bytes whose edge has not been polled yet.
  if (draining_ && got.status == io::IoStatus::would_block)
    got = core_.net().read(connection.id, {to, room});
  counters_.bytes.add(got.bytes);
  if (got.bytes != 0) connection.heard_ns = now_ns_;
  connection.drain_bytes_left -= draining_ ? got.bytes : 0;
  if (got.status != io::IoStatus::ok) connection.readable = false;
  if (got.status == io::IoStatus::eof) connection.ended = true;
  if (got.status == io::IoStatus::broken) note_break(connection);
  return got;
}

void TcpSource::note_break(Connection& connection) {
  if (connection.broken) return;
  connection.broken = true;
  counters_.connections_reset.add(1);
  const std::string why = core_.net().close_reason(connection.id);
  if (why.empty()) return;
  counters_.tls_failures.add(1);
  warn(shown(connection.peer) + " lost its connection: " + why);
}

void TcpSource::next_frames() {
  const Frames frames =
      find_frames(setup_.spec.framing, setup_.spec.frame_bytes_max, region_ + region_at_,
                  region_bytes_ - region_at_, records_.data(), records_.size());
  record_at_ = 0;
  record_count_ = frames.count;
  region_at_ += frames.consumed;
  over_limit_ = frames.over_limit && frames.count < records_.size();
  senseless_ = frames.senseless && frames.count < records_.size();
  if (frames.count == 0) last_line();
  active_->messages += record_count_;
  counters_.messages.add(record_count_);
}

/// A last line that the peer ended without a newline is a message all the same.
void TcpSource::last_line() {
  const size_t left = region_bytes_ - region_at_;
  if (setup_.spec.framing.kind != Framing::Kind::lines || !active_->ended || over_limit_ ||
      left == 0)
    return;
  records_[0].payload = region_ + region_at_;
  records_[0].payload_bytes = static_cast<uint32_t>(left);
  record_count_ = 1;
  region_at_ = region_bytes_;
}

/// Moves the incomplete message at the end of the region to where it waits for its rest.
void TcpSource::keep_aside(Connection& connection) {
  const size_t left = region_bytes_ - region_at_;
  if (region_ != connection.aside.data()) {
    connection.aside.clear();
    connection.aside.append(region_ + region_at_, left);
  } else if (region_at_ != 0) {
    Bytes rest;
    rest.append(region_ + region_at_, left);
    connection.aside = std::move(rest);
  }
  if (left == 0 && connection.aside.capacity() > kAsideKeptBytes) connection.aside = Bytes();
}

/// Everything complete in the region is run: keep the rest aside and look at the connection again.
void TcpSource::release() {
  Connection& connection = *active_;
  active_ = nullptr;
  unfinished_bytes_ -= connection.counted_bytes;
  keep_aside(connection);
  connection.counted_bytes = connection.aside.size();
  unfinished_bytes_ += connection.counted_bytes;
  if (over_limit_ || senseless_) return refuse_frame(connection);
  if (unfinished_bytes_ > setup_.options.unfinished_bytes_max) return refuse_unfinished(connection);
  const bool drained = draining_ && connection.drain_bytes_left == 0;
  const bool last = connection.ended || connection.broken || draining_;
  if (drained || (last && !connection.readable)) return finish_connection(connection);
  if (connection.readable) make_ready(connection);
}

/// What comes next on the connection cannot be a message, so nothing behind it can be found.
void TcpSource::refuse_frame(Connection& connection) {
  if (over_limit_) {
    counters_.frames_over_limit.add(1);
    warn(shown(connection.peer) + " sent a message longer than one may be (" +
         std::to_string(setup_.spec.frame_bytes_max) + " bytes); its connection is closed" +
         (looks_like_tls(connection.aside)
              ? " (it seems to speak TLS: listen on tls://, or connect without)"
              : ""));
  } else {
    counters_.frames_senseless.add(1);
    warn(shown(connection.peer) +
         " sent a header that the framing's function refused; its connection is closed");
  }
  over_limit_ = senseless_ = false;
  connection.aside.clear();
  core_.net().abort(connection.id);
  finish_connection(connection);
}

/// It has sent more than there is room for beside what the others have not finished either.
void TcpSource::refuse_unfinished(Connection& connection) {
  counters_.unfinished_over_limit.add(1);
  warn(shown(connection.peer) +
       " sent a part of a message for which there is no room: incomplete "
       "messages hold unfinished_bytes_max (" +
       std::to_string(setup_.options.unfinished_bytes_max) + " bytes); its connection is closed");
  connection.aside.clear();
  core_.net().abort(connection.id);
  finish_connection(connection);
}

/// A connection whose bytes wait for room downstream is not the one that is silent.
void TcpSource::close_idle() {
  look_at_ns_ = now_ns_ + kLookNs;
  const auto limit = static_cast<int64_t>(setup_.spec.idle_ns_max);
  for (auto next = connections_.begin(); next != connections_.end();) {
    Connection& connection = *(next++)->second;
    if (now_ns_ - connection.heard_ns < limit || connection.queued || active_ == &connection)
      continue;
    counters_.connections_idle.add(1);
    warn(shown(connection.peer) + " has been silent for longer than idle_ns_max (" +
         std::to_string(limit / 1'000'000) + " ms); its connection is closed");
    finish_connection(connection);
  }
}

void TcpSource::finish_connection(Connection& connection) {
  unfinished_bytes_ -= connection.counted_bytes;
  const auto of_host = by_host_.find(connection.peer.host);
  if (--of_host->second == 0) by_host_.erase(of_host);
  if (connection.aside.size() != 0) {
    counters_.frames_truncated.add(1);
    warn(shown(connection.peer) + " ended its connection inside a message; the " +
         std::to_string(connection.aside.size()) + " bytes of it are dropped");
  }
  output_.close_origin(connection.origin);
  core_.forget(connection.id);
  // A sender that waits for the end shall not take what was dropped for delivered.
  if (connection.aside.size() != 0) core_.net().abort(connection.id);
  core_.net().close(connection.id);
  connections_.erase(connection.id.value);
  counters_.connections_open.set(connections_.size());
}

/// Who waited at the listener before the drain has been accepted, as far as that peer can tell.
/// Each connection is read until it has nothing more at hand.
void TcpSource::drain() {
  if (draining_) return;
  draining_ = true;
  if (core_.core() == 0) core_.net().end_listener(listener_);
  for (auto& [id, connection] : connections_) {
    connection->drain_bytes_left = setup_.options.drain_bytes_max;
    connection->readable = true;  // an edge may be on its way; a read in vain costs nothing
    make_ready(*connection);
  }
}

void TcpSource::warn(const std::string& what) {
  if (++warnings_ > kWarningsMax) return;
  core_.log().write(
      io::LogLevel::warning,
      "source '" + setup_.name + "': " + what +
          (warnings_ == kWarningsMax ? "; from now on such things are only counted, see /status"
                                     : ""));
}

}  // namespace wallaroo::connect
