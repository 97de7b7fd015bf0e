#include "load.h"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

#include "measure.h"

namespace wallaroo::bench {
namespace {

constexpr int kStartMs = 10'000;
constexpr std::uint64_t kDrainNs = 30'000'000'000;
constexpr std::size_t kReceiveBytes = 256 * 1024;

std::vector<std::string> with_addresses(std::vector<std::string> command, std::uint16_t in,
                                        std::uint16_t out) {
  command.insert(command.end(), {"--in", loopback(in), "--out", loopback(out)});
  return command;
}

std::uint64_t count_lines(const char* p, std::size_t n) {
  return static_cast<std::uint64_t>(std::count(p, p + n, '\n'));
}

}  // namespace

// One connection's share of the text, sent round and round.
struct Load::Sender {
  const Text& text;
  std::size_t first, last;  // messages
  std::uint64_t rounds = 0;
  std::size_t at;  // byte in text.frames
  std::size_t stop_at = SIZE_MAX;

  Sender(const Text& all, std::size_t index, std::size_t of)
      : text(all),
        first(index * all.messages() / of),
        last((index + 1) * all.messages() / of),
        at(all.offsets[first]) {}

  std::size_t begin() const { return text.offsets[first]; }
  std::size_t end() const { return text.offsets[last]; }
  bool done() const { return at == stop_at; }

  // From now on only the message under way is finished.
  void stop() { stop_at = *std::lower_bound(text.offsets.begin(), text.offsets.end(), at); }

  // False when the service is gone.
  bool send_some(const Socket& socket, std::size_t bytes) {
    const std::size_t until = std::min({end(), stop_at, at + bytes});
    const ssize_t sent = ::send(socket.fd(), text.frames.data() + at, until - at, MSG_NOSIGNAL);
    if (sent < 0) return errno == EAGAIN || errno == EINTR;
    at += static_cast<std::size_t>(sent);
    if (at == end() && stop_at == SIZE_MAX) {
      at = begin();
      ++rounds;
    }
    return true;
  }

  // Only meaningful between two messages.
  std::uint64_t units_sent() const {
    const auto here = std::lower_bound(text.offsets.begin(), text.offsets.end(), at);
    const auto message = static_cast<std::size_t>(here - text.offsets.begin());
    return rounds * (text.units[last] - text.units[first]) + text.units[message] -
           text.units[first];
  }
};

Load::Load(std::vector<std::string> command, int core, int connections, int sinks)
    : child_(with_addresses(std::move(command), in_port_, port_of(listener_)), core),
      buffer_(kReceiveBytes) {
  for (int i = 0; i < sinks; ++i) {
    sinks_.push_back(accept_from(listener_, kStartMs));
    if (!sinks_.back().open()) die("the service under test does not connect to its sink");
  }
  for (int i = 0; i < connections; ++i) {
    sources_.push_back(connect_to(loopback(in_port_), kStartMs));
    if (!sources_.back().open()) die("the service under test does not listen");
  }
}

LoadResult Load::run(const LoadOptions& options) {
  received_ = 0;
  return options.rate > 0 ? run_open_loop(options) : run_fast(options);
}

std::uint64_t Load::receive_units(Unit unit) {
  std::uint64_t units = 0;
  for (const Socket& sink : sinks_) units += receive_units(sink, unit);
  return units;
}

bool Load::wait_for_output(int timeout_ms) const {
  std::vector<pollfd> waiting;
  for (const Socket& sink : sinks_) waiting.push_back({sink.fd(), POLLIN, 0});
  return poll(waiting.data(), waiting.size(), timeout_ms) > 0;
}

std::uint64_t Load::receive_units(const Socket& sink, Unit unit) {
  const long got = receive(sink, buffer_.data(), buffer_.size());
  sink_gone_ |= got < 0;
  if (got <= 0) return 0;
  const auto bytes = static_cast<std::size_t>(got);
  return unit == Unit::bytes ? bytes : count_lines(buffer_.data(), bytes);
}

std::string Load::drain(Unit unit, std::uint64_t expected) {
  const std::uint64_t start = now_ns();
  while (received_ < expected && !sink_gone_ && now_ns() - start < kDrainNs) {
    wait_for_output(100);
    received_ += receive_units(unit);
  }
  // Anything beyond what was sent would come now.
  if (wait_for_output(20)) received_ += receive_units(unit);
  if (received_ == expected) return {};
  return "sent " + std::to_string(expected) + " units, received " + std::to_string(received_);
}

LoadResult Load::run_fast(const LoadOptions& options) {
  std::vector<Sender> senders;
  for (std::size_t i = 0; i < sources_.size(); ++i)
    senders.emplace_back(*options.text, i, sources_.size());
  std::vector<pollfd> waiting;
  for (const Socket& source : sources_) waiting.push_back({source.fd(), POLLOUT, 0});
  for (const Socket& sink : sinks_) waiting.push_back({sink.fd(), POLLIN, 0});

  struct Mark {
    std::uint64_t ns, cpu_ns, units, count;
  };
  const auto mark = [&] {
    return Mark{now_ns(), child_.cpu_ns(), received_, options.counter ? options.counter() : 0};
  };
  const std::uint64_t start = now_ns();
  Mark warm{}, over{};
  for (bool sending = true; sending && !sink_gone_;) {
    poll(waiting.data(), waiting.size(), 100);
    received_ += receive_units(options.unit);
    for (std::size_t i = 0; i < senders.size(); ++i) {
      if (waiting[i].revents != 0 && !senders[i].send_some(sources_[i], options.write_bytes))
        return {.error = "the service closed a source connection", .latency = {}};
    }
    const double elapsed = static_cast<double>(now_ns() - start) * 1e-9;
    if (warm.ns == 0 && elapsed >= options.warmup_s) warm = mark();
    if (elapsed < options.warmup_s + options.duration_s) continue;
    over = mark();
    sending = false;
  }

  std::uint64_t expected = 0;
  for (std::size_t i = 0; i < senders.size(); ++i) {
    for (senders[i].stop(); !senders[i].done() && !sink_gone_;) {
      poll(waiting.data(), waiting.size(), 100);
      received_ += receive_units(options.unit);
      if (!senders[i].send_some(sources_[i], options.write_bytes)) break;
    }
    expected += senders[i].units_sent();
  }
  const auto units = static_cast<double>(over.units - warm.units);
  const double seconds = static_cast<double>(over.ns - warm.ns) * 1e-9;
  const double units_per_message = static_cast<double>(options.text->units.back()) /
                                   static_cast<double>(options.text->messages());
  return {.error = drain(options.unit, expected),
          .units = units,
          .units_per_s = units / seconds,
          .messages_per_s = units / units_per_message / seconds,
          .cpu_ns_per_unit = static_cast<double>(over.cpu_ns - warm.cpu_ns) / units,
          .counted = static_cast<double>(over.count - warm.count),
          .latency = {}};
}

// Spins: a generator that sleeps would add its own wake-up to every figure.
LoadResult Load::run_open_loop(const LoadOptions& options) {
  const Text& text = *options.text;
  const double interval = 1e9 / options.rate;
  const auto total =
      static_cast<std::uint64_t>((options.warmup_s + options.duration_s) * options.rate);
  const auto warm = static_cast<std::uint64_t>(options.warmup_s * options.rate);
  const auto due = [&](std::uint64_t i) {
    return static_cast<std::uint64_t>(static_cast<double>(i) * interval);
  };
  const auto units_until = [&](std::uint64_t i) {
    return i / text.messages() * text.units.back() + text.units[i % text.messages()];
  };
  LoadResult result;
  std::uint64_t sent = 0, completed = 0, rest = 0;  // rest: bytes of message sent - 1 still to go
  const std::uint64_t cpu_at_start = child_.cpu_ns(), start = now_ns() + 1'000'000;
  std::uint64_t give_up = start + due(total) + kDrainNs;
  while (completed < total && !sink_gone_) {
    const std::uint64_t now = now_ns();
    if (now > give_up) break;
    // All messages due by now that lie together in the text go out in one write.
    const std::size_t from = sent % text.messages();
    std::size_t until = from;
    while (rest == 0 && sent < total && until < text.messages() && now >= start + due(sent)) {
      ++until;
      ++sent;
    }
    const std::size_t end = text.offsets[rest > 0 ? (sent - 1) % text.messages() + 1 : until];
    const std::size_t begin = rest > 0 ? end - rest : text.offsets[from];
    if (end > begin) {
      const ssize_t n =
          ::send(sources_[0].fd(), text.frames.data() + begin, end - begin, MSG_NOSIGNAL);
      if (n < 0 && errno != EAGAIN)
        return {.error = "the service closed the source connection", .latency = {}};
      rest = end - begin - (n > 0 ? static_cast<std::size_t>(n) : 0);
    }
    const std::uint64_t got = receive_units(options.unit);
    if (got == 0) continue;
    received_ += got;
    const std::uint64_t arrived = now_ns();
    for (; completed < sent && received_ >= units_until(completed + 1); ++completed) {
      if (completed >= warm) result.latency.add(arrived - start - due(completed));
    }
  }
  const double seconds = static_cast<double>(now_ns() - start) * 1e-9;
  result.error = drain(options.unit, units_until(total));
  result.units_per_s = static_cast<double>(received_) / seconds;
  result.messages_per_s = static_cast<double>(completed) / seconds;
  result.cpu_ns_per_unit =
      static_cast<double>(child_.cpu_ns() - cpu_at_start) / static_cast<double>(received_);
  return result;
}

void Load::send_without_reading(const Text& text) {
  pollfd waiting{sources_[0].fd(), POLLOUT, 0};
  if (poll(&waiting, 1, 10) <= 0) return;
  const ssize_t sent = ::send(sources_[0].fd(), text.frames.data() + unread_at_,
                              text.frames.size() - unread_at_, MSG_NOSIGNAL);
  if (sent > 0) unread_at_ = (unread_at_ + static_cast<std::size_t>(sent)) % text.frames.size();
}

}  // namespace wallaroo::bench
