#include "connect/tcp/tcp_sink.h"

#include <algorithm>
#include <array>
#include <span>

#include "base/assert.h"
#include "base/mutant.h"

namespace wallaroo::connect {
namespace {

constexpr size_t kPartsPerWrite = 16;
constexpr size_t kSpareChunks = 64;
constexpr size_t kDiscardBytes = 4096;
constexpr int kDiscardReads = 16;  // in one step

}  // namespace

TcpSink::TcpSink(TcpSinkSetup setup, flow::CoreServices& core, flow::SinkCounters& counters)
    : setup_(std::move(setup)), core_(core), counters_(counters) {}

TcpSink::~TcpSink() {
  const bool open = state_ != State::waiting && state_ != State::ended;
  if (open) core_.net().close(connection_);
}

void TcpSink::commit(size_t) {
  if (gathering_.size() >= setup_.options.sink_chunk_bytes) close_chunk();
}

void TcpSink::close_chunk() {
  if (gathering_.size() == 0) return;
  waiting_bytes_ += gathering_.size();
  chunks_.push_back(std::move(gathering_));
  gathering_ = Bytes();
  if (spare_.empty()) return;
  gathering_ = std::move(spare_.back());
  spare_.pop_back();
}

io::Progress TcpSink::step(io::Now now) {
  if (state_ == State::ended) return io::Progress::none;
  if (state_ == State::closing) {
    return await_receiver(now) ? io::Progress::some : io::Progress::none;
  }
  bool worked = false;
  const bool written = waiting_bytes_ == 0 && gathering_.size() == 0;
  if (finishing_ && written &&
      (state_ != State::connected || core_.net().unsent_bytes(connection_) == 0)) {
    end(now);
    return io::Progress::some;
  }
  if (state_ == State::waiting && now.mono_ns >= wake_at_ns_) {
    connect(now);
    worked = true;
  }
  if (state_ == State::connected && readable_) worked |= discard_input(now);
  if (state_ == State::connected && writable_ && (gathering_.size() != 0 || !chunks_.empty())) {
    worked |= write(now);
  }
  counters_.buffered_bytes.set(waiting_bytes_ + gathering_.size());
  return worked ? io::Progress::some : io::Progress::none;
}

void TcpSink::connect(io::Now now) {
  auto connection = core_.net().connect(setup_.address);
  if (!connection) {
    lose(now, connection.error().message.c_str());
    return;
  }
  connection_ = *connection;
  core_.watch(connection_, *this);
  state_ = State::connecting;
}

void TcpSink::on_net(const io::NetEvent& event, io::Now now) {
  if (event.connection != connection_ || state_ == State::waiting || state_ == State::ended) return;
  switch (event.kind) {
    case io::NetEventKind::connected:
      state_ = State::connected;
      writable_ = true;
      connected_at_ns_ = now.mono_ns;
      counters_.connects.add(1);
      if (told_) {
        say(io::LogLevel::info,
            "is connected to " + to_text(setup_.address) + (was_connected_ ? " again" : ""));
      }
      told_ = false;
      was_connected_ = true;
      break;
    case io::NetEventKind::writable:
      writable_ = true;
      break;
    case io::NetEventKind::readable:
      readable_ = true;
      break;
    case io::NetEventKind::closed:
      if (state_ == State::closing) return close_connection();
      lose(now, "the connection was refused or reset");
      break;
    case io::NetEventKind::accepted:
    case io::NetEventKind::accept_failed:
    case io::NetEventKind::listener_ended:
      break;
  }
}

/// Nobody reads what a receiver sends to a sink; its end, however, means that it has gone. A
/// receiver that never stops sending gets a part of each step, not all of it.
bool TcpSink::discard_input(io::Now now) {
  std::array<char, kDiscardBytes> bin;
  for (int reads = 0; reads < kDiscardReads; ++reads) {
    const io::IoResult got = core_.net().read(connection_, bin);
    if (got.status == io::IoStatus::would_block) {
      readable_ = false;
      return reads != 0;
    }
    if (got.status != io::IoStatus::ok) {
      lose(now, "the receiver closed the connection");
      return true;
    }
  }
  return true;
}

/// The connection is gone or never came: try again after a while, from the start of the first
/// chunk.
void TcpSink::lose(io::Now now, const char* why) {
  const bool was_connected = state_ == State::connected;
  std::string reason = why;
  if (was_connected || state_ == State::connecting) {
    if (std::string told = core_.net().close_reason(connection_); !told.empty()) {
      counters_.tls_failures.add(1);
      reason = std::move(told);
    }
  }
  (was_connected ? counters_.disconnects : counters_.connect_failures).add(1);
  // A receiver that takes connections only to close them must not be asked all the time.
  if (was_connected && now.mono_ns - connected_at_ns_ >= setup_.options.reconnect_max_ns) {
    backoff_ns_ = 0;
  }
  if (was_connected || state_ == State::connecting) {
    core_.forget(connection_);
    core_.net().close(connection_);
  }
  state_ = State::waiting;
  writable_ = false;
  readable_ = false;
  waiting_bytes_ += front_written_;
  counters_.resent_bytes.add(front_written_);
  front_written_ = 0;
  backoff_ns_ =
      std::clamp(backoff_ns_ * 2, setup_.options.reconnect_min_ns, setup_.options.reconnect_max_ns);
  wake_at_ns_ = now.mono_ns + backoff_ns_;
  // An outage is told once, and of a receiver that comes and goes one in a while.
  if (told_ || (told_at_ns_ != 0 && now.mono_ns - told_at_ns_ < setup_.options.reconnect_max_ns)) {
    return;
  }
  told_ = true;
  told_at_ns_ = now.mono_ns;
  const char* lost = was_connected ? "what it had not read of what was sent is gone, the rest waits"
                                   : "messages wait";
  say(io::LogLevel::warning, "has no connection to " + to_text(setup_.address) + ": " + reason +
                                 "; " + lost + " and it tries again (is the receiver running?)");
}

void TcpSink::say(io::LogLevel level, const std::string& what) {
  core_.log().write(level, "sink '" + setup_.name + "' " + what);
}

bool TcpSink::write(io::Now now) {
  close_chunk();
  bool wrote = false;
  while (!chunks_.empty() && writable_) {
    std::array<std::span<const char>, kPartsPerWrite> parts;
    size_t count = 0;
    size_t offered = 0;
    for (; count < std::min(chunks_.size(), parts.size()); ++count) {
      const size_t skip = count == 0 ? front_written_ : 0;
      parts[count] = {chunks_[count].data() + skip, chunks_[count].size() - skip};
      offered += parts[count].size();
    }
    const io::IoResult result = core_.net().writev(connection_, {parts.data(), count});
    if (result.status == io::IoStatus::broken || result.status == io::IoStatus::eof) {
      lose(now, "the receiver closed or reset the connection");
      return true;
    }
    wrote |= result.bytes != 0;
    if (result.status == io::IoStatus::would_block) writable_ = false;
    advance(result.bytes, offered);
  }
  return wrote;
}

void TcpSink::advance(size_t written, size_t offered) {
  counters_.bytes.add(written);
  if (written < offered) {
    counters_.partial_writes.add(1);
    if (MUTANT(short_write_dropped) && written != 0) written = offered;
  }
  waiting_bytes_ -= written;
  front_written_ += written;
  while (!chunks_.empty() && front_written_ >= chunks_.front().size()) {
    front_written_ -= chunks_.front().size();
    Bytes written_out = chunks_.pop_front();
    written_out.clear();
    if (spare_.size() < kSpareChunks) spare_.push_back(std::move(written_out));
  }
}

/// Everything is handed to the operating system. Closing while something from the receiver is
/// unread would make it reset the connection and throw away what the receiver has not yet taken, so
/// the receiver gets a while to see the end and close first.
void TcpSink::end(io::Now now) {
  counters_.buffered_bytes.set(0);
  if (state_ == State::connected) {
    core_.net().shutdown_write(connection_);
    state_ = State::closing;
    wake_at_ns_ = now.mono_ns + setup_.options.sink_linger_ns;
    return;
  }
  if (state_ == State::connecting) close_connection();
  state_ = State::ended;
}

/// True when something was done.
bool TcpSink::await_receiver(io::Now now) {
  std::array<char, kDiscardBytes> bin;
  for (int reads = 0; readable_ && reads < kDiscardReads; ++reads) {
    const io::IoResult got = core_.net().read(connection_, bin);
    if (got.status == io::IoStatus::ok) continue;
    readable_ = false;
    if (got.status != io::IoStatus::would_block) close_connection();
  }
  if (state_ == State::closing && now.mono_ns >= wake_at_ns_) close_connection();
  return readable_ || state_ == State::ended;
}

void TcpSink::close_connection() {
  core_.forget(connection_);
  core_.net().close(connection_);
  state_ = State::ended;
}

}  // namespace wallaroo::connect
