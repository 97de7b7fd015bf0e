#include "sim/peer.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/assert.h"

namespace wallaroo::sim {

using io::ConnectionId;
using io::IoStatus;
using io::NetEvent;
using io::NetEventKind;

namespace {

constexpr size_t kSlowBytes = 8;  // a peer that moves no more at once is called slow
constexpr int64_t kRetryNs = 1'000'000;

}  // namespace

bool Peer::rest(int64_t now_ns) {
  next_ns_ = now_ns + 1 +
             static_cast<int64_t>(rng_.below(static_cast<uint64_t>(habits_.pause_max_ns) + 1));
  if (!rng_.chance(habits_.stalls, 1000)) return false;
  next_ns_ += static_cast<int64_t>(rng_.below(static_cast<uint64_t>(habits_.stall_max_ns) + 1));
  return true;
}

// ---- sender ------------------------------------------------------------------------------------

void Sender::step(int64_t now_ns) {
  if (datagrams_) return send_datagrams(now_ns);
  handle_events();
  if (finished_) {
    next_ns_ = io::kNever;
    return;
  }
  if (next_ns_ > now_ns) return;
  if (connection_.value == 0) {
    if (connect_no_more_ || (next_ == messages_.size() && !sessions_.empty())) {
      finished_ = true;
      next_ns_ = io::kNever;
      return;
    }
    connect();
  }
  next_ns_ = io::kNever;
  if (connected_ && !write_blocked_ && !ended_) send(now_ns);
  if (connection_.value == 0) next_ns_ = now_ns + kRetryNs;
}

void Sender::handle_events() {
  std::array<NetEvent, 8> events;
  const size_t count = net_.poll(events);
  for (size_t i = 0; i < count; ++i) {
    if (events[i].connection != connection_) continue;
    switch (events[i].kind) {
      case NetEventKind::connected:
        connected_ = true;
        next_ns_ = 0;
        sessions_.push_back({connection_, next_, 0});
        if (sessions_.size() > 1) reach_.hit(Row::sender_reconnected);
        break;
      case NetEventKind::writable:
        write_blocked_ = false;
        next_ns_ = std::min<int64_t>(next_ns_, 0);
        break;
      case NetEventKind::readable:
        read_eof();
        break;
      case NetEventKind::closed:
        broke();
        break;
      case NetEventKind::accepted:
      case NetEventKind::accept_failed:
      case NetEventKind::listener_ended:
        break;
    }
  }
}

void Sender::connect() {
  const auto connection = net_.connect(to_);
  ASSERT(connection.has_value(), "the virtual network never runs out of descriptors");
  connection_ = *connection;
}

void Sender::send(int64_t now_ns) {
  if (habits_.chunk_bytes_max <= kSlowBytes) reach_.hit(Row::slow_sender);
  size_t left = rng_.between(1, habits_.chunk_bytes_max);
  while (left > 0 && next_ < messages_.size()) {
    const std::string_view rest = std::string_view(messages_[next_]).substr(offset_, left);
    const std::span<const char> part(rest.data(), rest.size());
    const io::IoResult result = net_.writev(connection_, {&part, 1});
    if (result.status == IoStatus::broken) return;  // the event follows
    if (result.status == IoStatus::would_block) {
      write_blocked_ = true;
      return;
    }
    sessions_.back().bytes += result.bytes;
    left -= result.bytes;
    offset_ += result.bytes;
    if (offset_ == messages_[next_].size()) {
      ++next_;
      offset_ = 0;
    }
  }
  if (released_ && next_ == messages_.size()) {
    net_.shutdown_write(connection_);
    ended_ = true;
    read_eof();
  } else if (next_ < messages_.size() && rest(now_ns)) {
    reach_.hit(Row::stalled_sender);
  }
}

/// Nobody tells it whether they arrive, so it has finished when all are sent.
void Sender::send_datagrams(int64_t now_ns) {
  if (next_ns_ > now_ns) return;
  for (uint64_t some = rng_.between(1, 8); some > 0 && next_ < messages_.size(); --some) {
    net_.send_datagram(to_, messages_[next_++]);
  }
  finished_ = next_ == messages_.size();
  if (finished_) {
    next_ns_ = io::kNever;
  } else if (rest(now_ns)) {
    reach_.hit(Row::stalled_sender);
  }
}

void Sender::release() {
  released_ = true;
  next_ns_ = 0;
}

void Sender::broke() {
  net_.close(connection_);
  connection_ = {};
  if (connected_ && offset_ > 0) ++next_;  // it was cut in two: it is lost
  offset_ = 0;
  if (ended_ || (connected_ && next_ == messages_.size())) finished_ = true;
  connected_ = write_blocked_ = false;
  next_ns_ = 0;
}

void Sender::read_eof() {
  std::array<char, 64> buffer;
  for (;;) {
    const io::IoResult result = net_.read(connection_, buffer);
    if (result.status == IoStatus::ok) continue;
    if (result.status == IoStatus::eof) {  // the worker wants no more
      net_.close(connection_);
      connection_ = {};
      finished_ = true;
    }
    return;
  }
}

// ---- receiver ----------------------------------------------------------------------------------

void Receiver::step(int64_t now_ns) {
  if (!listening_ && now_ns >= away_until_ns_) {
    const auto listener = net_.listen(at_);
    ASSERT(listener.has_value(), "two receivers listen on one address");
    listener_ = *listener;
    listening_ = true;
  }
  handle_events();
  if (next_ns_ <= now_ns) read(now_ns);
  if (!listening_) next_ns_ = std::min(next_ns_, away_until_ns_);
}

void Receiver::handle_events() {
  std::array<NetEvent, 8> events;
  const size_t count = net_.poll(events);
  for (size_t i = 0; i < count; ++i) {
    const ConnectionId connection = events[i].connection;
    const auto stream = std::ranges::find(streams_, connection, &Stream::connection);
    if (events[i].kind == NetEventKind::accepted) {
      streams_.push_back({connection, {}, true, true});
      next_ns_ = 0;
    } else if (stream == streams_.end() || !stream->open) {
      continue;
    } else if (events[i].kind == NetEventKind::readable) {
      stream->readable = true;
      if (next_ns_ == io::kNever) next_ns_ = 0;
    } else if (events[i].kind == NetEventKind::closed) {
      net_.close(connection);
      stream->open = false;
    }
  }
}

void Receiver::read(int64_t now_ns) {
  if (habits_.chunk_bytes_max <= kSlowBytes) reach_.hit(Row::slow_receiver);
  next_ns_ = io::kNever;
  std::string buffer;
  bool more = false;
  for (Stream& stream : streams_) {
    if (!stream.open || !stream.readable) continue;
    buffer.resize(rng_.between(1, habits_.chunk_bytes_max));
    const io::IoResult result = net_.read(stream.connection, buffer);
    if (result.status == IoStatus::ok) {
      stream.read.append(buffer.data(), result.bytes);
      more = true;
    } else if (result.status == IoStatus::eof) {
      net_.close(stream.connection);
      stream.open = false;
    } else {
      stream.readable = false;
    }
  }
  if (more && rest(now_ns)) reach_.hit(Row::stalled_receiver);
}

void Receiver::leave(int64_t until_ns) {
  reach_.hit(Row::absent_receiver);
  if (listening_) net_.close_listener(listener_);
  listening_ = false;
  away_until_ns_ = until_ns;
  for (Stream& stream : streams_) {
    if (stream.open) net_.close(stream.connection);
    stream.open = false;
  }
  next_ns_ = until_ns;
}

void Receiver::heal() {
  Peer::heal();
  away_until_ns_ = 0;
  next_ns_ = 0;
}

}  // namespace wallaroo::sim
