#include "os/send.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <memory>
#include <string_view>

#include "base/assert.h"
#include "os/clock.h"
#include "os/message_reader.h"
#include "os/progress_timer.h"
#include "os/tls_net.h"

namespace wallaroo::os {
namespace {

using io::IoStatus;
using io::NetEventKind;
using Fill = MessageReader::Fill;

constexpr int64_t kRetryNs = 50'000'000;
constexpr int64_t kLookNs = 100'000'000;  // how often the stop flag is looked at
constexpr int kTurnsMax = 32;  // writes to one connection before the others have their turn
constexpr size_t kRepeatCacheBytes = 64 << 20;
constexpr size_t kEventsMax = 64;  // taken from the network at once
constexpr std::string_view kRefused = "the peer went away or refused them";
constexpr std::string_view kClosedEarly =
    "the peer closed it before everything was sent, so it is ending or refused them";

/// Blocks as they come from the files; with `repeat`, encoded only once where they fit in memory.
class BlockSource {
 public:
  explicit BlockSource(const SendOptions& options)
      : reader_(options.files, options.framing),
        messages_(options.messages),
        framing_(options.framing),
        rounds_left_(options.repeat) {
    caching_ = options.repeat > 1 && options.messages_per_second == 0;
  }

  Result<void> check() const { return reader_.check(); }

  Result<Fill> next(std::shared_ptr<const Block>& block, BlockLimit limit) {
    while (true) {
      if (replaying_ && next_cached_ < cache_.size()) {
        block = cache_[next_cached_++];
        return Fill::filled;
      }
      if (!replaying_) {
        TRY(state, read(block, limit));
        if (state != Fill::ended) return state;
      }
      if (--rounds_left_ == 0) return Fill::ended;
      next_cached_ = 0;
      replaying_ = caching_;
      if (!replaying_) reader_.rewind();
    }
  }

 private:
  Result<Fill> read(std::shared_ptr<const Block>& block, BlockLimit limit) {
    auto fresh = std::make_shared<Block>();
    if (!messages_.empty()) {
      take_messages(*fresh, limit);
      if (fresh->messages == 0) return Fill::ended;
      block = std::move(fresh);
      return Fill::filled;
    }
    TRY(state, reader_.fill(*fresh, limit));
    if (state != Fill::filled) return state;
    cached_bytes_ += fresh->bytes.size();
    if (cached_bytes_ > kRepeatCacheBytes) caching_ = false;
    if (caching_)
      cache_.push_back(fresh);
    else
      cache_.clear();
    block = std::move(fresh);
    return Fill::filled;
  }

  void take_messages(Block& block, BlockLimit limit) {
    while (next_message_ < messages_.size() && block.bytes.size() < limit.bytes &&
           block.messages < limit.messages) {
      append_message(block, framing_, messages_[next_message_++]);
    }
  }

  MessageReader reader_;
  const std::vector<std::string>& messages_;
  const Framing framing_;
  size_t next_message_ = 0;
  uint64_t rounds_left_;
  bool caching_ = false;
  bool replaying_ = false;
  std::vector<std::shared_ptr<const Block>> cache_;
  size_t cached_bytes_ = 0;
  size_t next_cached_ = 0;
};

class Sender {
 public:
  Sender(const SendOptions& options, SystemNet& net)
      : options_(options), net_(net), source_(options), links_(options.connections) {}

  Result<TransferSummary> run() {
    TRY_VOID(source_.check());
    TRY_VOID(connect_all());
    if (!is_stopped()) TRY_VOID(send_all());
    if (!is_stopped()) TRY_VOID(close_all());
    if (is_stopped()) summary_.end = TransferEnd::interrupted;
    summary_.total.seconds = timer_.seconds();
    return summary_;
  }

 private:
  struct Link {
    io::ConnectionId connection;
    bool up = false;
    bool writable = true;
    bool finished = false;  // the peer has closed
    int64_t retry_ns = 0;
    std::shared_ptr<const Block> block;  // being written, from `written` on
    size_t written = 0;
  };

  bool is_stopped() const { return options_.watch.stop != nullptr && *options_.watch.stop; }
  Link* find(io::ConnectionId connection);
  Result<void> connect_all();
  Result<void> send_all();
  Result<void> close_all();
  Result<void> handle_events();
  Result<void> handle(const io::NetEvent& event);
  Result<bool> feed(Link& link);
  Result<bool> take_block(Link& link);
  uint64_t messages_due() const;
  int64_t pause_ns() const;
  tl::unexpected<Error> broken(const Link& link, std::string_view why) const;
  void tick();

  const SendOptions& options_;
  SystemNet& net_;
  BlockSource source_;
  std::vector<Link> links_;
  ProgressTimer timer_{options_.watch};
  TransferSummary summary_;
  uint64_t taken_ = 0;    // messages handed to links
  bool closing_ = false;  // everything is written: the peer may end, not before
  bool input_ended_ = false;
  bool input_dry_ = false;  // in this round; the reader has already waited a little
};

Sender::Link* Sender::find(io::ConnectionId connection) {
  const auto link = std::find_if(links_.begin(), links_.end(),
                                 [&](const Link& each) { return each.connection == connection; });
  ASSERT(link != links_.end(), "an event of an unknown connection");
  return &*link;
}

Result<void> Sender::connect_all() {
  const int64_t begin = read_clock().mono_ns;
  const auto is_up = [](const Link& link) { return link.up; };
  while (!is_stopped() && !std::all_of(links_.begin(), links_.end(), is_up)) {
    const int64_t now = read_clock().mono_ns;
    if (now - begin > options_.connect_timeout_ns) {
      return fail(ErrorCode::unreachable,
                  fmt::format("cannot connect to {} within {:g} s: nobody listens there; start the "
                              "worker first, or check the address",
                              to_text(options_.to), double(options_.connect_timeout_ns) * 1e-9));
    }
    for (Link& link : links_) {
      if (link.up || link.connection.value != 0 || now < link.retry_ns) continue;
      TRY(connection, net_.connect(options_.to));
      link.connection = connection;
    }
    net_.wait(kRetryNs);
    std::array<io::NetEvent, kEventsMax> events;
    for (const auto& event : std::span(events).first(net_.poll(events))) {
      Link& link = *find(event.connection);
      if (event.kind == NetEventKind::closed) {
        const std::string why = net_.close_reason(event.connection);
        if (!why.empty()) {  // to try again would not help
          return fail(ErrorCode::unreachable,
                      fmt::format("cannot connect to {}: {}", to_text(options_.to), why));
        }
        net_.close(event.connection);
        link = Link{};
        link.retry_ns = read_clock().mono_ns + kRetryNs;
        continue;
      }
      link.up = true;
      TRY_VOID(handle(event));
    }
  }
  timer_.start();
  return {};
}

Result<void> Sender::send_all() {
  while (!is_stopped()) {
    TRY_VOID(handle_events());
    bool moved = false;
    bool busy = false;
    input_dry_ = false;
    for (Link& link : links_) {
      TRY(fed, feed(link));
      moved |= fed;
      busy |= link.block != nullptr;
    }
    tick();
    if (input_ended_ && !busy) return {};
    if (!moved) net_.wait(pause_ns());
  }
  return {};
}

/// Half-closes, then waits for the peer to have read to the end: to leave earlier could reset the
/// connection and destroy what is still on its way.
Result<void> Sender::close_all() {
  // A peer that has already ended did not wait for this. Two events a connection are enough.
  for (size_t seen = 0; seen <= 2 * links_.size(); seen += kEventsMax) TRY_VOID(handle_events());
  closing_ = true;
  for (Link& link : links_) net_.shutdown_write(link.connection);
  const int64_t end = read_clock().mono_ns + options_.close_timeout_ns;
  const auto is_finished = [](const Link& link) { return link.finished; };
  while (!is_stopped() && !std::all_of(links_.begin(), links_.end(), is_finished)) {
    const int64_t left = end - read_clock().mono_ns;
    if (left <= 0) {
      summary_.end = TransferEnd::timed_out;
      return {};
    }
    net_.wait(std::min(left, kLookNs));
    TRY_VOID(handle_events());
    tick();
  }
  return {};
}

Result<void> Sender::handle_events() {
  std::array<io::NetEvent, kEventsMax> events;
  for (const auto& event : std::span(events).first(net_.poll(events))) TRY_VOID(handle(event));
  return {};
}

Result<void> Sender::handle(const io::NetEvent& event) {
  Link* link = find(event.connection);
  if (event.kind == NetEventKind::writable) link->writable = true;
  if (event.kind == NetEventKind::closed) return broken(*link, kRefused);
  if (event.kind != NetEventKind::readable) return {};
  std::array<char, 4096> unwanted;
  io::IoResult result;
  do {
    result = net_.read(link->connection, unwanted);
  } while (result.status == IoStatus::ok);
  if (result.status == IoStatus::broken) return broken(*link, kRefused);
  link->finished = result.status == IoStatus::eof;
  if (link->finished && !closing_) return broken(*link, kClosedEarly);
  return {};
}

/// Writes as much as the connection takes at once. True when anything moved.
Result<bool> Sender::feed(Link& link) {
  bool moved = false;
  for (int turns = 0; link.writable && turns < kTurnsMax; ++turns) {
    if (!link.block) {
      TRY(taken, take_block(link));
      if (!taken) break;
    }
    const std::span<const char> rest = std::span(link.block->bytes).subspan(link.written);
    const io::IoResult result = net_.writev(link.connection, {&rest, 1});
    if (result.status == IoStatus::broken) return broken(link, kRefused);
    link.writable = result.status == IoStatus::ok;
    link.written += result.bytes;
    summary_.total.bytes += result.bytes;
    moved |= result.bytes > 0;
    if (link.written < link.block->bytes.size()) continue;
    summary_.total.messages += link.block->messages;
    link.block.reset();
    if (links_.size() > 1 || options_.messages_per_second > 0) break;  // the next link's turn
  }
  return moved;
}

Result<bool> Sender::take_block(Link& link) {
  BlockLimit limit{.bytes = options_.write_bytes};
  if (options_.messages_per_second > 0) limit.messages = messages_due() - taken_;
  if (input_ended_ || input_dry_ || limit.messages == 0) return false;
  TRY(state, source_.next(link.block, limit));
  input_ended_ = state == Fill::ended;
  input_dry_ = state == Fill::dry;
  if (state != Fill::filled) return false;
  link.written = 0;
  taken_ += link.block->messages;
  return true;
}

uint64_t Sender::messages_due() const {
  return static_cast<uint64_t>(timer_.seconds() * options_.messages_per_second) + 1;
}

int64_t Sender::pause_ns() const {
  if (input_dry_) return 0;
  if (options_.messages_per_second == 0 || input_ended_) return kLookNs;
  const double due_s = double(taken_) / options_.messages_per_second;
  const double left_ns = (due_s - timer_.seconds()) * 1e9;
  return left_ns >= double(kLookNs) ? kLookNs : std::max<int64_t>(1, int64_t(left_ns));
}

tl::unexpected<Error> Sender::broken(const Link& link, std::string_view why) const {
  const std::string told = net_.close_reason(link.connection);
  if (!told.empty()) why = told;
  return fail(ErrorCode::io,
              fmt::format("the connection to {} broke after {} messages: {}; look at its log and "
                          "status, check that both mean the same by a message (--framed or "
                          "--lines) and that none is longer than it takes, then send again",
                          to_text(options_.to), summary_.total.messages, why));
}

void Sender::tick() {
  summary_.total.connections = links_.size();
  timer_.tick(summary_.total);
}

}  // namespace

Result<TransferSummary> send(const SendOptions& options) {
  std::shared_ptr<const TlsContext> tls;
  if (options.to.tls) {
    TRY(context, TlsContext::make(options.tls));
    tls = context;
  }
  TRY(net, make_net(std::move(tls)));
  return Sender(options, *net).run();
}

}  // namespace wallaroo::os
