// The datagrams of the virtual network: each may be lost, doubled or overtaken, and what finds no
// room at its socket is lost too.
#include <algorithm>

#include "base/assert.h"
#include "sim/sim_net.h"

namespace wallaroo::sim {
namespace {

constexpr uint16_t kFirstChosenPort = 50'000;

bool same(const io::Address& a, const io::Address& b) {
  return a.host == b.host && a.port == b.port;
}

}  // namespace

std::vector<std::string> SimNetwork::datagrams_read_at(const io::Address& address) const {
  std::vector<std::string> all;
  for (const DatagramSocket& socket : datagram_sockets_) {
    if (same(socket.address, address))
      all.insert(all.end(), socket.read.begin(), socket.read.end());
  }
  return all;
}

size_t SimNetwork::datagrams_left_at(const io::Address& address) const {
  size_t left = 0;
  for (const DatagramSocket& socket : datagram_sockets_) {
    if (same(socket.address, address)) left += socket.waiting.size();
  }
  return left;
}

SimNetwork::DatagramSocket& SimNetwork::datagram_socket(Index endpoint) {
  const auto found = std::ranges::find(datagram_sockets_, endpoint, &DatagramSocket::endpoint);
  ASSERT(found != datagram_sockets_.end(), "no such socket for datagrams");
  return *found;
}

void SimNetwork::send_datagram(const io::Address& to, const std::string& bytes) {
  if (rng_.chance(conditions_.lost_datagrams, 1000)) return reach_.hit(Row::datagram_lost);
  const bool twice = rng_.chance(conditions_.doubled_datagrams, 1000);
  if (twice) reach_.hit(Row::datagram_doubled);
  for (int i = twice ? 0 : 1; i < 2; ++i) {
    int64_t at_ns = now_ns_ + latency();
    for (DatagramSocket& socket : datagram_sockets_) {
      if (!socket.open || !same(socket.address, to)) continue;
      if (!rng_.chance(conditions_.overtaking_datagrams, 1000)) {
        at_ns = std::max(at_ns, socket.last_arrival_ns);
      } else if (at_ns < socket.last_arrival_ns) {
        reach_.hit(Row::datagram_overtook);
      }
      socket.last_arrival_ns = std::max(at_ns, socket.last_arrival_ns);
    }
    later(at_ns, [this, to, bytes] { arrive_datagram(to, bytes); });
  }
}

void SimNetwork::arrive_datagram(const io::Address& to, const std::string& bytes) {
  for (DatagramSocket& socket : datagram_sockets_) {
    if (!socket.open || !same(socket.address, to)) continue;
    if (socket.waiting.size() >= conditions_.datagrams_waiting_max) {
      ++socket.lost;
      return reach_.hit(Row::datagram_without_room);
    }
    socket.waiting.push_back(bytes);
    return edge_readable(socket.endpoint);
  }
}

Result<io::ConnectionId> SimNet::listen_datagrams(const io::Address& address, size_t) {
  io::Address where = address;
  if (where.port == 0) {
    where.port = static_cast<uint16_t>(kFirstChosenPort + network_.datagram_sockets_.size());
  }
  for (const auto& socket : network_.datagram_sockets_) {
    if (!socket.open || !same(socket.address, where)) continue;
    return fail(ErrorCode::address_in_use, "cannot receive on " + where.host + ":" +
                                               std::to_string(where.port) +
                                               ": the address is in use; choose another port");
  }
  // Two ends as for a connection, so that indices of peers stay right; the second is never used.
  const SimNetwork::Index endpoint = network_.endpoints_.size();
  network_.endpoints_.resize(endpoint + 2);
  network_.endpoints_[endpoint].host = this;
  const io::ConnectionId id = network_.name(endpoint);
  network_.datagram_sockets_.push_back({.endpoint = endpoint, .address = where});
  return id;
}

io::Address SimNet::datagram_address(io::ConnectionId socket) const {
  return network_.datagram_socket(network_.find(socket)).address;
}

io::Datagram SimNet::read_datagram(io::ConnectionId socket, std::span<char> into) {
  ASSERT(!into.empty(), "read into no room");
  const SimNetwork::Index index = network_.find(socket);
  SimNetwork::Endpoint& end = network_.endpoints_[index];
  SimNetwork::DatagramSocket& from = network_.datagram_socket(index);
  ASSERT(end.host == this && from.open, "read from a socket of another host, or a closed one");
  if (from.waiting.empty()) {
    end.read_armed = true;
    return {.lost = from.lost, .status = io::IoStatus::would_block};
  }
  std::string next = std::move(from.waiting.front());
  from.waiting.pop_front();
  const size_t bytes = std::min(next.size(), into.size());
  std::copy_n(next.data(), bytes, into.data());
  const bool truncated = bytes < next.size();
  if (!truncated) from.read.push_back(std::move(next));
  return {.bytes = bytes, .truncated = truncated, .lost = from.lost};
}

}  // namespace wallaroo::sim
