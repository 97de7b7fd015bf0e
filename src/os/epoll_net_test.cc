// The contract of io::Net over real loopback sockets, with a blocking client as the peer.
#include "os/epoll_net.h"

#include <gtest/gtest.h>
#include <linux/filter.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <csignal>
#include <map>
#include <set>
#include <string>
#include <thread>

#include "os/clock.h"
#include "os/socket_address.h"

namespace wallaroo::os {
namespace {

using io::IoStatus;
using io::NetEventKind;

constexpr int64_t kSecond = 1'000'000'000;

std::unique_ptr<EpollNet> make_net() { return std::move(*EpollNet::make()); }

/// A blocking client.
Descriptor dial(const io::Address& address) {
  const SocketAddress to = *to_socket_address(address);
  Descriptor socket(::socket(to.family(), SOCK_STREAM | SOCK_CLOEXEC, 0));
  EXPECT_EQ(::connect(socket.get(), to.get(), to.length), 0) << strerror(errno);
  return socket;
}

void send_all(const Descriptor& socket, std::string_view text) {
  ASSERT_EQ(::send(socket.get(), text.data(), text.size(), MSG_NOSIGNAL), ssize_t(text.size()));
}

/// The next event, or nothing after `timeout_ns`.
std::optional<io::NetEvent> next(EpollNet& net, int64_t timeout_ns = 5 * kSecond) {
  const int64_t end = read_clock().mono_ns + timeout_ns;
  io::NetEvent event{};
  while (net.poll({&event, 1}) == 0) {
    const int64_t left = end - read_clock().mono_ns;
    if (left <= 0) return std::nullopt;
    net.wait(left);
  }
  return event;
}

io::ConnectionId expect_event(EpollNet& net, NetEventKind kind) {
  const auto event = next(net);
  if (!event) {
    ADD_FAILURE() << "no event";
    return {};
  }
  EXPECT_EQ(event->kind, kind);
  return event->connection;
}

void expect_silence(EpollNet& net, int64_t ns = 20'000'000) {
  const auto event = next(net, ns);
  EXPECT_FALSE(event.has_value()) << "kind " << int(event->kind);
}

std::string read_until_blocked(EpollNet& net, io::ConnectionId connection, IoStatus end) {
  std::string all;
  std::array<char, 1000> buffer;
  while (true) {
    const io::IoResult result = net.read(connection, buffer);
    all.append(buffer.data(), result.bytes);
    if (result.status == IoStatus::ok) continue;
    EXPECT_EQ(result.status, end);
    return all;
  }
}

io::IoResult read_one(EpollNet& net, io::ConnectionId connection) {
  std::array<char, 1> byte;
  return net.read(connection, byte);
}

io::IoResult write(EpollNet& net, io::ConnectionId connection, std::string_view text) {
  const std::span<const char> part(text.data(), text.size());
  return net.writev(connection, {&part, 1});
}

struct Pair {
  explicit Pair(const EpollNetOptions& options = {}) : net(std::move(*EpollNet::make(options))) {}

  std::unique_ptr<EpollNet> net;
  io::ListenerId listener = *net->listen({"127.0.0.1", 0});
  Descriptor client = dial(net->listen_address(listener));
  io::ConnectionId connection = expect_event(*net, NetEventKind::accepted);
};

TEST(EpollNet, accepts_reads_to_would_block_and_sees_the_end) {
  Pair pair;
  expect_silence(*pair.net);
  send_all(pair.client, std::string(2500, 'a'));
  EXPECT_EQ(expect_event(*pair.net, NetEventKind::readable), pair.connection);
  EXPECT_EQ(read_until_blocked(*pair.net, pair.connection, IoStatus::would_block).size(), 2500u);
  ::shutdown(pair.client.get(), SHUT_WR);
  EXPECT_EQ(expect_event(*pair.net, NetEventKind::readable), pair.connection);
  EXPECT_EQ(read_until_blocked(*pair.net, pair.connection, IoStatus::eof), "");
}

TEST(EpollNet, read_behind_would_block_looks_without_an_edge) {
  Pair pair;
  send_all(pair.client, "one");
  expect_event(*pair.net, NetEventKind::readable);
  std::array<char, 100> buffer;
  EXPECT_EQ(pair.net->read(pair.connection, buffer).bytes, 3u);
  send_all(pair.client, "more");
  EXPECT_EQ(pair.net->read(pair.connection, buffer).status, IoStatus::would_block);
  EXPECT_EQ(pair.net->read(pair.connection, buffer).bytes, 4u);
}

TEST(EpollNet, readable_comes_once_until_would_block) {
  Pair pair;
  send_all(pair.client, "one");
  expect_event(*pair.net, NetEventKind::readable);
  send_all(pair.client, "two");
  expect_silence(*pair.net);  // the owner has been told and has not read yet
  EXPECT_EQ(read_until_blocked(*pair.net, pair.connection, IoStatus::would_block), "onetwo");
  send_all(pair.client, "three");
  expect_event(*pair.net, NetEventKind::readable);
}

TEST(EpollNet, data_and_end_in_one_edge_are_both_read) {
  Pair pair;
  send_all(pair.client, "last words");
  pair.client.reset();
  expect_event(*pair.net, NetEventKind::readable);
  EXPECT_EQ(read_until_blocked(*pair.net, pair.connection, IoStatus::eof), "last words");
}

TEST(EpollNet, urgent_data_does_not_hide_what_follows) {
  Pair pair;
  send_all(pair.client, "before");
  ASSERT_EQ(::send(pair.client.get(), "!", 1, MSG_OOB), 1);
  send_all(pair.client, "after");
  expect_event(*pair.net, NetEventKind::readable);
  EXPECT_EQ(read_until_blocked(*pair.net, pair.connection, IoStatus::would_block), "beforeafter");
}

TEST(EpollNet, writable_comes_after_would_block_and_nothing_is_lost) {
  Pair pair;
  const std::string block(100'000, 'x');
  size_t written = 0;
  io::IoResult result;
  while ((result = write(*pair.net, pair.connection, block)).status == IoStatus::ok)
    written += result.bytes;
  EXPECT_EQ(result.status, IoStatus::would_block);
  EXPECT_EQ(result.bytes, 0u);
  expect_silence(*pair.net);
  std::vector<char> sink(1 << 20);
  size_t got = 0;
  while (got < written) {
    const ssize_t count = ::recv(pair.client.get(), sink.data(), sink.size(), 0);
    ASSERT_GT(count, 0);
    got += size_t(count);
  }
  EXPECT_EQ(expect_event(*pair.net, NetEventKind::writable), pair.connection);
  expect_silence(*pair.net);
  EXPECT_EQ(write(*pair.net, pair.connection, "more").bytes, 4u);
}

TEST(EpollNet, writev_gathers_more_parts_than_one_call_takes) {
  Pair pair;
  std::string expected;
  std::vector<std::string> words;
  for (int i = 0; i < 300; ++i) words.push_back(i % 7 == 0 ? "" : std::to_string(i));
  std::vector<std::span<const char>> parts;
  for (const auto& word : words) {
    parts.emplace_back(word.data(), word.size());
    expected += word;
  }
  const io::IoResult result = pair.net->writev(pair.connection, parts);
  EXPECT_EQ(result.bytes, expected.size());
  std::string got(expected.size(), ' ');
  ASSERT_EQ(::recv(pair.client.get(), got.data(), got.size(), MSG_WAITALL), ssize_t(got.size()));
  EXPECT_EQ(got, expected);
}

TEST(EpollNet, a_reset_is_told_as_closed_and_never_looks_like_a_clean_end) {
  Pair pair;
  const linger hard{.l_onoff = 1, .l_linger = 0};
  setsockopt(pair.client.get(), SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
  pair.client.reset();
  expect_event(*pair.net, NetEventKind::readable);
  expect_event(*pair.net, NetEventKind::closed);
  read_until_blocked(*pair.net, pair.connection, IoStatus::broken);
  read_until_blocked(*pair.net, pair.connection, IoStatus::broken);
  EXPECT_EQ(write(*pair.net, pair.connection, "x").status, IoStatus::broken);  // and no SIGPIPE
  expect_silence(*pair.net);
}

/// From now on nothing that arrives at the socket is seen or answered, as if its machine were gone.
void go_deaf(const Descriptor& socket) {
  sock_filter drop_all = BPF_STMT(BPF_RET | BPF_K, 0);
  const sock_fprog program{.len = 1, .filter = &drop_all};
  ASSERT_EQ(setsockopt(socket.get(), SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program), 0);
}

TEST(EpollNet, gives_up_a_peer_that_has_vanished) {
  Pair pair(EpollNetOptions{.peer_silence_ns = kSecond / 2});
  const int64_t begin = read_clock().mono_ns;
  go_deaf(pair.client);
  EXPECT_EQ(write(*pair.net, pair.connection, "anybody there?").bytes, 14u);
  const auto event = next(*pair.net, 20 * kSecond);
  ASSERT_TRUE(event.has_value());
  EXPECT_EQ(event->kind, NetEventKind::closed);
  EXPECT_GT(read_clock().mono_ns - begin, kSecond / 2);
}

TEST(EpollNet, bears_a_peer_that_only_does_not_read) {
  Pair pair(EpollNetOptions{.peer_silence_ns = kSecond / 20});
  const std::string block(100'000, 'x');
  while (write(*pair.net, pair.connection, block).status == IoStatus::ok) {
  }
  expect_silence(*pair.net, 3 * kSecond);  // several probes of the closed window were answered
}

TEST(EpollNet, shutdown_write_lets_the_peer_see_the_end) {
  Pair pair;
  EXPECT_EQ(write(*pair.net, pair.connection, "bye").bytes, 3u);
  pair.net->shutdown_write(pair.connection);
  std::array<char, 10> buffer;
  EXPECT_EQ(::recv(pair.client.get(), buffer.data(), buffer.size(), MSG_WAITALL), 3);
}

TEST(EpollNet, events_of_a_closed_connection_never_reach_its_successor) {
  auto net = make_net();
  const io::ListenerId listener = *net->listen({"127.0.0.1", 0});
  std::set<uint64_t> seen;
  for (int round = 0; round < 50; ++round) {
    const Descriptor first = dial(net->listen_address(listener));
    const io::ConnectionId old = expect_event(*net, NetEventKind::accepted);
    EXPECT_TRUE(seen.insert(old.value).second) << "an id came back";
    send_all(first, "stale");
    net->wait(kSecond);  // the edge is fetched, not yet polled
    net->close(old);
    const Descriptor second = dial(net->listen_address(listener));
    const io::ConnectionId fresh = expect_event(*net, NetEventKind::accepted);
    EXPECT_TRUE(seen.insert(fresh.value).second);
    EXPECT_EQ(uint32_t(fresh.value), uint32_t(old.value)) << "the slot should be reused";
    EXPECT_EQ(read_one(*net, old).status, IoStatus::broken);
    expect_silence(*net, 1'000'000);
    net->close(fresh);
    net->close(fresh);
  }
}

TEST(EpollNet, connects_or_tells_that_it_could_not) {
  auto net = make_net();
  const io::ListenerId listener = *net->listen({"127.0.0.1", 0});
  const io::Address address = net->listen_address(listener);
  const io::ConnectionId out = *net->connect(address);
  std::map<NetEventKind, io::ConnectionId> events;
  for (int i = 0; i < 2; ++i)
    if (const auto event = next(*net)) events[event->kind] = event->connection;
  EXPECT_EQ(events[NetEventKind::connected], out);
  ASSERT_NE(events[NetEventKind::accepted].value, 0u);
  EXPECT_EQ(write(*net, out, "hello").bytes, 5u);
  EXPECT_EQ(expect_event(*net, NetEventKind::readable), events[NetEventKind::accepted]);

  net->close_listener(listener);
  const io::ConnectionId refused = *net->connect(address);
  EXPECT_EQ(expect_event(*net, NetEventKind::closed), refused);
  expect_silence(*net);
  net->close(refused);
  EXPECT_FALSE(net->connect({"localhost", 1}).has_value()) << "names are not resolved here";
}

TEST(EpollNet, a_connection_moves_between_instances_with_its_unread_bytes) {
  Pair pair;
  auto other = make_net();
  send_all(pair.client, "unread");
  expect_event(*pair.net, NetEventKind::readable);
  const io::ConnectionId moved = other->adopt(pair.net->detach(pair.connection));
  EXPECT_EQ(expect_event(*other, NetEventKind::readable), moved);
  EXPECT_EQ(read_until_blocked(*other, moved, IoStatus::would_block), "unread");
  send_all(pair.client, "again");
  EXPECT_EQ(expect_event(*other, NetEventKind::readable), moved);
  expect_silence(*pair.net);
  EXPECT_EQ(read_one(*pair.net, pair.connection).status, IoStatus::broken);
}

TEST(EpollNet, accepts_a_flood_in_bounded_polls) {
  auto net = make_net();
  const io::ListenerId listener = *net->listen({"127.0.0.1", 0});
  std::vector<Descriptor> clients;
  for (int i = 0; i < 200; ++i) clients.push_back(dial(net->listen_address(listener)));
  std::vector<io::NetEvent> events(1000);
  size_t total = 0;
  for (int polls = 0; polls < 10 && total < 200; ++polls) {
    const size_t count = net->poll(events);
    EXPECT_LE(count, 64u);
    total += count;
    net->wait(0);
  }
  EXPECT_EQ(total, 200u);
}

TEST(EpollNet, says_what_to_do_when_it_cannot_listen) {
  auto net = make_net();
  const io::ListenerId listener = *net->listen({"127.0.0.1", 0});
  const auto taken = net->listen(net->listen_address(listener));
  ASSERT_FALSE(taken.has_value());
  EXPECT_EQ(taken.error().code, ErrorCode::address_in_use);
  EXPECT_NE(taken.error().message.find("choose another port"), std::string::npos);
  const auto foreign = net->listen({"192.0.2.1", 0});
  ASSERT_FALSE(foreign.has_value());
  EXPECT_EQ(foreign.error().code, ErrorCode::bad_option);
  EXPECT_NE(foreign.error().message.find("no such address"), std::string::npos);
  EXPECT_EQ(net->listen({"not numeric", 0}).error().code, ErrorCode::bad_option);
}

TEST(EpollNet, wake_ends_a_wait_from_another_thread) {
  auto net = make_net();
  std::thread waker([&] { net->wake(); });
  net->wait(60 * kSecond);
  waker.join();
  io::NetEvent event{};
  EXPECT_EQ(net->poll({&event, 1}), 0u);
  const int64_t start = read_clock().mono_ns;
  net->wait(10'000'000);
  EXPECT_GE(read_clock().mono_ns - start, 9'000'000);
}

TEST(EpollNet, a_signal_interrupts_nothing) {
  struct sigaction action {};
  action.sa_handler = [](int) {};
  sigaction(SIGUSR1, &action, nullptr);
  Pair pair;
  const pthread_t self = pthread_self();
  std::atomic<bool> stop = false;
  std::thread nuisance([&] {
    while (!stop) pthread_kill(self, SIGUSR1);
  });
  for (int i = 0; i < 200; ++i) {
    send_all(pair.client, "x");
    expect_event(*pair.net, NetEventKind::readable);
    EXPECT_EQ(read_until_blocked(*pair.net, pair.connection, IoStatus::would_block), "x");
  }
  stop = true;
  nuisance.join();
}

/// Lowers the limit of open files to what is open now plus `more`.
class DescriptorLimit {
 public:
  explicit DescriptorLimit(rlim_t more) {
    getrlimit(RLIMIT_NOFILE, &before_);
    const Descriptor probe(::dup(0));
    rlimit lower = before_;
    lower.rlim_cur = rlim_t(probe.get()) + more;
    setrlimit(RLIMIT_NOFILE, &lower);
  }
  ~DescriptorLimit() { setrlimit(RLIMIT_NOFILE, &before_); }

 private:
  rlimit before_{};
};

/// How many of `peers` were accepted; the others were told that they cannot be.
int count_accepted(EpollNet& net, int peers) {
  int accepted = 0;
  int failed = 0;
  while (accepted + failed < peers) {
    const auto event = next(net);
    if (!event.has_value()) break;
    accepted += event->kind == NetEventKind::accepted;
    failed += event->kind == NetEventKind::accept_failed;
  }
  EXPECT_EQ(accepted + failed, peers);
  return accepted;
}

TEST(EpollNet, the_last_descriptors_are_not_for_whoever_connects) {
  auto net = make_net();
  const io::ListenerId listener = *net->listen({"127.0.0.1", 0});
  std::vector<Descriptor> clients;
  for (int i = 0; i < 6; ++i) clients.push_back(dial(net->listen_address(listener)));
  {
    const DescriptorLimit limit(4);
    EXPECT_LT(count_accepted(*net, 6), 4);
    expect_silence(*net);  // no busy loop of failures
    EXPECT_TRUE(net->connect({"127.0.0.1", 1}).has_value()) << "one is left for a sink";
  }
  char byte = 0;
  EXPECT_LE(::recv(clients.back().get(), &byte, 1, 0), 0) << "the last peer was not told";
}

TEST(EpollNet, out_of_descriptors_it_tells_the_peer_and_goes_on) {
  auto net = make_net();
  const io::ListenerId listener = *net->listen({"127.0.0.1", 0});
  std::vector<Descriptor> clients;
  for (int i = 0; i < 3; ++i) clients.push_back(dial(net->listen_address(listener)));
  {
    const DescriptorLimit limit(4);
    auto own = net->connect({"127.0.0.1", 1});
    for (int i = 0; i < 4 && own.has_value(); ++i) own = net->connect({"127.0.0.1", 1});
    ASSERT_FALSE(own.has_value());
    EXPECT_EQ(own.error().code, ErrorCode::out_of_descriptors);
    EXPECT_EQ(count_accepted(*net, 3), 0);
  }
  char byte = 0;
  EXPECT_LE(::recv(clients.back().get(), &byte, 1, 0), 0) << "the last peer was not told";
  clients.push_back(dial(net->listen_address(listener)));
  EXPECT_EQ(count_accepted(*net, 1), 1);
}

}  // namespace
}  // namespace wallaroo::os
