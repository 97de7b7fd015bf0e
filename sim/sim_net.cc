#include "sim/sim_net.h"

#include <algorithm>
#include <utility>

#include "base/assert.h"
#include "io/now.h"

namespace wallaroo::sim {

using io::ConnectionId;
using io::IoStatus;
using io::ListenerId;
using io::NetEventKind;

namespace {

constexpr uint16_t kFirstChosenPort = 40'000;

bool same(const io::Address& a, const io::Address& b) {
  return a.host == b.host && a.port == b.port;
}

}  // namespace

SimNetwork::SimNetwork(uint64_t seed, const NetConditions& conditions, Reach& reach)
    : rng_(seed), conditions_(conditions), reach_(reach) {}
SimNetwork::~SimNetwork() = default;

SimNet& SimNetwork::add_host() {
  hosts_.push_back(std::make_unique<SimNet>(*this, hosts_.size()));
  return *hosts_.back();
}

int64_t SimNetwork::next_ns() const { return timed_.empty() ? io::kNever : timed_.top().at_ns; }

void SimNetwork::advance(int64_t now_ns) {
  ASSERT(now_ns >= now_ns_, "virtual time never goes back");
  while (!timed_.empty() && timed_.top().at_ns <= now_ns) {
    const std::function<void()> run = timed_.top().run;
    now_ns_ = std::max(now_ns_, timed_.top().at_ns);
    timed_.pop();
    run();
  }
  now_ns_ = now_ns;
}

void SimNetwork::reset(ConnectionId either_end) {
  const Index end = find(either_end);
  const Index peer = end ^ 1;
  if (endpoints_[end].broken && endpoints_[peer].broken) return;
  const size_t lost = endpoints_[end].received.size() + endpoints_[end].in_flight +
                      endpoints_[peer].received.size() + endpoints_[peer].in_flight;
  reach_.hit(Row::connection_reset);
  if (lost > 0) reach_.hit(Row::bytes_lost);
  break_end(end);
  break_end(peer);
}

void SimNetwork::vanish(ConnectionId either_end) {
  const Index end = find(either_end);
  endpoints_[end].silent = endpoints_[end ^ 1].silent = true;
  reach_.hit(Row::half_open);
}

void SimNetwork::heal(const NetConditions& conditions) {
  conditions_ = conditions;
  for (Index i = 0; i < endpoints_.size(); i += 2) {
    endpoints_[i].capacity = std::max(endpoints_[i].capacity, conditions.buffer_bytes_min);
    endpoints_[i + 1].capacity = std::max(endpoints_[i + 1].capacity, conditions.buffer_bytes_min);
    if (endpoints_[i].silent) reset(endpoints_[i].id);
    give_room(i);
    give_room(i + 1);
  }
}

bool SimNetwork::is_open(ConnectionId connection) const {
  const Endpoint& end = endpoints_[find(connection)];
  return end.open && !end.broken;
}

std::vector<ConnectionId> SimNetwork::made_to(const io::Address& address) const {
  std::vector<ConnectionId> made;
  for (Index i = 0; i < endpoints_.size(); i += 2) {
    if (endpoints_[i].connected && same(endpoints_[i].to, address)) {
      made.push_back(endpoints_[i].id);
    }
  }
  return made;
}

size_t SimNetwork::maker(ConnectionId connection) const {
  return endpoints_[find(connection)].maker;
}

const std::string& SimNetwork::written(ConnectionId connection) const {
  return endpoints_[find(connection)].written;
}

size_t SimNetwork::read_by_peer(ConnectionId connection) const {
  return endpoints_[find(connection) ^ 1].taken;
}

bool SimNetwork::was_cut(ConnectionId connection) const {
  const Index end = find(connection);
  return endpoints_[end].broken || endpoints_[end ^ 1].broken || endpoints_[end].left_alone;
}

SimNetwork::Index SimNetwork::find(ConnectionId id) const {
  ASSERT(id.value > 0 && id.value <= endpoint_of_id_.size(), "no such connection");
  return endpoint_of_id_[id.value - 1];
}

ConnectionId SimNetwork::name(Index endpoint) {
  endpoint_of_id_.push_back(endpoint);
  endpoints_[endpoint].id = ConnectionId(endpoint_of_id_.size());
  return endpoints_[endpoint].id;
}

void SimNetwork::later(int64_t at_ns, std::function<void()> run) {
  timed_.push({at_ns, order_++, std::move(run)});
}

int64_t SimNetwork::latency() {
  return static_cast<int64_t>(rng_.between(static_cast<uint64_t>(conditions_.latency_min_ns),
                                           static_cast<uint64_t>(conditions_.latency_max_ns)));
}

int64_t SimNetwork::arrival(Index endpoint) {
  int64_t& last = endpoints_[endpoint].last_arrival_ns;
  last = std::max(last, now_ns_ + latency());
  return last;
}

size_t SimNetwork::transfer(size_t possible, Row short_row) {
  size_t bytes = std::min(possible, conditions_.transfer_bytes_max);
  if (bytes > 1 && rng_.chance(conditions_.short_transfers, 1000)) bytes = rng_.between(1, bytes);
  if (bytes < possible) reach_.hit(short_row);
  return bytes;
}

void SimNetwork::begin_connect(Index client, const io::Address& address) {
  later(now_ns_ + latency(), [this, client, address] {
    if (endpoints_[client].given_up) return;
    const auto listener = std::find_if(listeners_.begin(), listeners_.end(), [&](const auto& l) {
      return l.open && same(l.address, address);
    });
    if (listener == listeners_.end() || rng_.chance(conditions_.refused_connects, 1000)) {
      reach_.hit(Row::connect_refused);
      break_end(client);
      return;
    }
    accept(client, *listener);
  });
}

void SimNetwork::accept(Index client, Listener& listener) {
  const Index server = client ^ 1;
  for (Index i : {client, server}) {
    endpoints_[i].open = endpoints_[i].connected = true;
    endpoints_[i].capacity =
        rng_.between(conditions_.buffer_bytes_min, conditions_.buffer_bytes_max);
  }
  endpoints_[client].host->push(NetEventKind::connected, endpoints_[client].id);
  if (rng_.chance(conditions_.failed_accepts, 1000)) {
    reach_.hit(Row::accept_failed);
    listener.host->push(NetEventKind::accept_failed, {}, listener.id);
    endpoints_[server].given_up = true;
    later(now_ns_ + latency(), [this, client] { break_end(client); });
    return;
  }
  endpoints_[server].host = listener.host;
  listener.host->push(NetEventKind::accepted, name(server), listener.id);
}

void SimNetwork::arrive(Index endpoint, std::string bytes) {
  Endpoint& end = endpoints_[endpoint];
  if (end.silent || end.broken) return;
  if (end.given_up) {  // nobody is there: the sender is told by a reset
    later(now_ns_ + latency(), [this, endpoint] { break_end(endpoint ^ 1); });
    return;
  }
  end.in_flight -= bytes.size();
  end.received += bytes;
  edge_readable(endpoint);
}

void SimNetwork::arrive_eof(Index endpoint) {
  Endpoint& end = endpoints_[endpoint];
  if (end.silent || end.broken || end.given_up) return;
  end.eof = true;
  edge_readable(endpoint);
}

void SimNetwork::break_end(Index endpoint) {
  Endpoint& end = endpoints_[endpoint];
  if (end.broken) return;
  end.broken = true;
  end.received.clear();
  end.in_flight = 0;
  if (end.host != nullptr) end.host->push(NetEventKind::closed, end.id);
}

void SimNetwork::edge_readable(Index endpoint) {
  Endpoint& end = endpoints_[endpoint];
  if (!end.read_armed || end.host == nullptr) return;
  end.read_armed = false;
  end.host->push(NetEventKind::readable, end.id);
}

/// Tells the writer at the other end of `reader` that it may go on, if it waits for that.
void SimNetwork::give_room(Index reader) {
  const Index writer = reader ^ 1;
  if (!endpoints_[writer].write_blocked || endpoints_[reader].silent) return;
  if (endpoints_[reader].received.size() + endpoints_[reader].in_flight >=
      endpoints_[reader].capacity) {
    return;
  }
  endpoints_[writer].write_blocked = false;
  later(now_ns_ + latency(), [this, writer] {
    Endpoint& end = endpoints_[writer];
    if (end.host != nullptr && !end.broken) end.host->push(NetEventKind::writable, end.id);
  });
}

// ---- one host ----------------------------------------------------------------------------------

Result<ListenerId> SimNet::listen(const io::Address& address) {
  io::Address where = address;
  if (where.port == 0) {
    where.port = static_cast<uint16_t>(kFirstChosenPort + network_.listeners_.size());
  }
  for (const auto& listener : network_.listeners_) {
    if (listener.open && same(listener.address, where)) {
      return fail(ErrorCode::address_in_use, "cannot listen on " + where.host + ":" +
                                                 std::to_string(where.port) +
                                                 ": the address is in use; choose another port");
    }
  }
  const ListenerId id(network_.listeners_.size() + 1);
  network_.listeners_.push_back({id, this, where});
  return id;
}

io::Address SimNet::listen_address(ListenerId listener) const {
  return network_.listeners_[listener.value - 1].address;
}

void SimNet::close_listener(ListenerId listener) {
  network_.listeners_[listener.value - 1].open = false;
}

void SimNet::end_listener(ListenerId listener) {
  close_listener(listener);
  push(NetEventKind::listener_ended, {}, listener);
}

Result<ConnectionId> SimNet::connect(const io::Address& address) {
  const SimNetwork::Index client = network_.endpoints_.size();
  network_.endpoints_.resize(client + 2);
  network_.endpoints_[client].host = this;
  network_.endpoints_[client].to = address;
  network_.endpoints_[client].maker = number_;
  const ConnectionId id = network_.name(client);
  network_.begin_connect(client, address);
  return id;
}

size_t SimNet::poll(std::span<io::NetEvent> events) {
  maybe_spurious_edge();
  size_t count = 0;
  // Connections are served in any order; the events of one connection keep theirs.
  while (count < events.size() && !events_.empty()) {
    const ConnectionId chosen = events_[network_.rng_.below(events_.size())].connection;
    auto first = std::find_if(events_.begin(), events_.end(),
                              [&](const auto& e) { return e.connection == chosen; });
    if (first->kind == NetEventKind::listener_ended) first = last_accepted(first);
    events[count++] = *first;
    events_.erase(first);
  }
  return count;
}

/// An event that must come before `ended`, the end of a listener; `ended` itself if there is none.
std::vector<io::NetEvent>::iterator SimNet::last_accepted(
    std::vector<io::NetEvent>::iterator ended) {
  const auto accepted = std::find_if(events_.begin(), events_.end(), [&](const auto& event) {
    return event.kind == NetEventKind::accepted && event.listener == ended->listener;
  });
  return accepted != events_.end() ? accepted : ended;
}

io::IoResult SimNet::read(ConnectionId connection, std::span<char> into) {
  const SimNetwork::Index index = network_.find(connection);
  SimNetwork::Endpoint& end = network_.endpoints_[index];
  ASSERT(end.host == this && end.id == connection, "read from a connection of another host");
  if (end.broken) return {0, IoStatus::broken};
  if (into.empty()) return {};
  if (end.received.empty()) {
    if (end.eof) return {0, IoStatus::eof};
    end.read_armed = true;
    return {0, IoStatus::would_block};
  }
  const size_t bytes =
      network_.transfer(std::min(into.size(), end.received.size()), Row::short_read);
  std::copy_n(end.received.data(), bytes, into.data());
  end.received.erase(0, bytes);
  end.taken += bytes;
  network_.give_room(index);
  return {bytes, IoStatus::ok};
}

io::IoResult SimNet::writev(ConnectionId connection, std::span<const std::span<const char>> parts) {
  const SimNetwork::Index index = network_.find(connection);
  const SimNetwork::Index reader = index ^ 1;
  SimNetwork::Endpoint& end = network_.endpoints_[index];
  SimNetwork::Endpoint& peer = network_.endpoints_[reader];
  ASSERT(end.host == this && end.id == connection, "write to a connection of another host");
  ASSERT(!end.finished, "write after shutdown_write");
  ASSERT(end.open || end.broken, "write before connected");
  if (end.broken) return {0, IoStatus::broken};
  std::string bytes;
  for (const auto& part : parts) bytes.append(part.data(), part.size());
  if (bytes.empty()) return {};
  const size_t used = peer.received.size() + peer.in_flight;
  if (used >= peer.capacity) {
    end.write_blocked = true;
    network_.reach_.hit(Row::write_blocked);
    return {0, IoStatus::would_block};
  }
  const size_t room = peer.capacity - used;
  if (room < bytes.size()) network_.reach_.hit(Row::short_write);
  bytes.resize(network_.transfer(std::min(room, bytes.size()), Row::short_write));
  const size_t moved = bytes.size();
  end.written += bytes;
  peer.in_flight += moved;
  network_.later(network_.arrival(reader),
                 [network = &network_, reader, bytes] { network->arrive(reader, bytes); });
  return {moved, IoStatus::ok};
}

void SimNet::shutdown_write(ConnectionId connection) {
  const SimNetwork::Index index = network_.find(connection);
  SimNetwork::Endpoint& end = network_.endpoints_[index];
  if (end.finished || end.broken || !end.open) return;
  end.finished = true;
  const SimNetwork::Index reader = index ^ 1;
  network_.later(network_.arrival(reader),
                 [network = &network_, reader] { network->arrive_eof(reader); });
}

void SimNet::close(ConnectionId connection) {
  if (connection.value == 0 || connection.value > network_.endpoint_of_id_.size()) return;
  const SimNetwork::Index index = network_.find(connection);
  SimNetwork::Endpoint& end = network_.endpoints_[index];
  if (end.host != this || end.id != connection) return;
  forget_events(connection);
  if (!end.broken && end.open) {
    if (!end.received.empty() || end.in_flight > 0) {  // unread bytes: the other end gets a reset
      network_.later(network_.now_ns_ + network_.latency(),
                     [network = &network_, index] { network->break_end(index ^ 1); });
    } else {
      shutdown_write(connection);
    }
  }
  for (auto& socket : network_.datagram_sockets_) {
    if (socket.endpoint == index) socket.open = false;
  }
  end.host = nullptr;
  end.open = false;
  end.given_up = true;
  if (network_.endpoints_[index ^ 1].open) network_.endpoints_[index ^ 1].left_alone = true;
  end.received.clear();
}

void SimNet::abort(ConnectionId connection) {
  if (connection.value == 0 || connection.value > network_.endpoint_of_id_.size()) return;
  const SimNetwork::Index index = network_.find(connection);
  SimNetwork::Endpoint& end = network_.endpoints_[index];
  if (end.host != this || end.id != connection) return;
  end.broken = true;  // so that nothing but the reset leaves it
  network_.later(network_.now_ns_ + network_.latency(),
                 [network = &network_, index] { network->break_end(index ^ 1); });
  close(connection);
}

io::DetachedConnection SimNet::detach(ConnectionId connection) {
  const SimNetwork::Index index = network_.find(connection);
  ASSERT(network_.endpoints_[index].host == this, "detach of a connection of another host");
  forget_events(connection);
  network_.endpoints_[index].host = nullptr;
  return {index + 1};
}

ConnectionId SimNet::adopt(io::DetachedConnection connection) {
  const SimNetwork::Index index = connection.value - 1;
  SimNetwork::Endpoint& end = network_.endpoints_[index];
  ASSERT(end.host == nullptr && !end.given_up, "adopt of a connection that has an owner");
  network_.reach_.hit(Row::adopted_connection);
  end.host = this;
  const ConnectionId id = network_.name(index);
  end.read_armed = true;
  if (end.broken) {
    push(NetEventKind::closed, id);
  } else if (!end.received.empty() || end.eof) {
    network_.edge_readable(index);
  }
  return id;
}

void SimNet::push(NetEventKind kind, ConnectionId connection, ListenerId listener) {
  events_.push_back({kind, connection, listener});
}

void SimNet::forget_events(ConnectionId connection) {
  std::erase_if(events_, [&](const auto& event) { return event.connection == connection; });
}

void SimNet::maybe_spurious_edge() {
  SimNetwork& network = network_;
  if (network.endpoints_.empty() ||
      !network.rng_.chance(network.conditions_.spurious_edges, 1000)) {
    return;
  }
  const auto& end = network.endpoints_[network.rng_.below(network.endpoints_.size())];
  if (end.host != this || !end.open || end.broken) return;
  const auto announced = std::find_if(events_.begin(), events_.end(), [&](const auto& event) {
    return event.connection == end.id && event.kind == NetEventKind::accepted;
  });
  if (announced != events_.end()) return;
  network.reach_.hit(Row::spurious_edge);
  push(network.rng_.chance(1, 2) ? NetEventKind::readable : NetEventKind::writable, end.id);
}

}  // namespace wallaroo::sim
