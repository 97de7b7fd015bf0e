#include "sim/sim_net.h"

#include <gtest/gtest.h>

#include "io/net_contract.h"
#include "io/now.h"

namespace wallaroo::sim {
namespace {

using io::ConnectionId;
using io::IoStatus;
using io::NetEvent;
using io::NetEventKind;

class SimNetBench final : public io::NetBench {
 public:
  SimNetBench(uint64_t seed, const NetConditions& conditions)
      : network_(seed, conditions, reach_),
        cores_{&network_.add_host(), &network_.add_host()},
        outside_(network_.add_host()) {}

  io::Net& core(size_t index) override { return *cores_[index]; }
  io::Net& outside() override { return outside_; }
  io::Address free_address() override { return {"10.0.0.1", 0}; }
  io::Address dead_address() override { return {"10.0.0.9", 9}; }
  void send_datagram(const io::Address& to, std::string_view bytes) override {
    outside_.send_datagram(to, std::string(bytes));
  }
  void wait() override {
    if (network_.next_ns() != io::kNever) network_.advance(network_.next_ns());
  }

  SimNetwork& network() { return network_; }
  Reach& reach() { return reach_; }

 private:
  Reach reach_;
  SimNetwork network_;
  SimNet* cores_[2];
  SimNet& outside_;
};

const NetConditions kCalm{};
const NetConditions kTiny{.latency_min_ns = 0,
                          .latency_max_ns = 5'000'000,
                          .buffer_bytes_min = 1,
                          .buffer_bytes_max = 7,
                          .transfer_bytes_max = 3,
                          .short_transfers = 500,
                          .spurious_edges = 300};
/// As nasty as the contract's tests allow: they write up to 19 bytes before anyone reads.
const NetConditions kSmall{.latency_max_ns = 5'000'000,
                           .buffer_bytes_min = 24,
                           .buffer_bytes_max = 40,
                           .transfer_bytes_max = 3,
                           .short_transfers = 500,
                           .spurious_edges = 300};

using io::NetContract;
INSTANTIATE_TEST_SUITE_P(Calm, NetContract,
                         testing::Values([] { return std::make_unique<SimNetBench>(1, kCalm); }));
INSTANTIATE_TEST_SUITE_P(Small, NetContract,
                         testing::Values([] { return std::make_unique<SimNetBench>(2, kSmall); }));

/// A connection from outside() to core 0.
struct Pair {
  ConnectionId out;
  ConnectionId in;
};

bool await(SimNetBench& bench, io::Net& net, NetEventKind kind, NetEvent& found) {
  for (int i = 0; i < 10'000; ++i) {
    if (net.poll({&found, 1}) == 1) {
      if (found.kind == kind) return true;
    } else {
      bench.wait();
    }
  }
  return false;
}

Pair connect_pair(SimNetBench& bench) {
  const auto listener = bench.core(0).listen(bench.free_address());
  const auto out = bench.outside().connect(bench.core(0).listen_address(*listener));
  NetEvent accepted{};
  NetEvent connected{};
  EXPECT_TRUE(await(bench, bench.core(0), NetEventKind::accepted, accepted));
  EXPECT_TRUE(await(bench, bench.outside(), NetEventKind::connected, connected));
  return {*out, accepted.connection};
}

io::IoResult write(io::Net& net, ConnectionId connection, std::string_view bytes) {
  const std::span<const char> part(bytes.data(), bytes.size());
  return net.writev(connection, {&part, 1});
}

TEST(SimNetTest, NoReadableEdgeBeforeTheLastOneWasReadDry) {
  SimNetBench bench(3, kCalm);
  const Pair pair = connect_pair(bench);
  NetEvent event{};
  write(bench.outside(), pair.out, "abc");
  ASSERT_TRUE(await(bench, bench.core(0), NetEventKind::readable, event));
  char one[1];
  EXPECT_EQ(bench.core(0).read(pair.in, one).bytes, 1u);
  write(bench.outside(), pair.out, "def");
  for (int i = 0; i < 10; ++i) bench.wait();
  EXPECT_EQ(bench.core(0).poll({&event, 1}), 0u) << "an edge that is not owed";
  char many[16];
  EXPECT_EQ(bench.core(0).read(pair.in, many).bytes, 5u);
  EXPECT_EQ(bench.core(0).read(pair.in, many).status, IoStatus::would_block);
  write(bench.outside(), pair.out, "g");
  EXPECT_TRUE(await(bench, bench.core(0), NetEventKind::readable, event));
}

TEST(SimNetTest, AResetLosesWhatIsOnItsWayAndTellsBothEnds) {
  SimNetBench bench(4, kCalm);
  const Pair pair = connect_pair(bench);
  write(bench.outside(), pair.out, "lost");
  bench.network().reset(pair.in);
  NetEvent event{};
  EXPECT_TRUE(await(bench, bench.core(0), NetEventKind::closed, event));
  EXPECT_TRUE(await(bench, bench.outside(), NetEventKind::closed, event));
  char buffer[8];
  EXPECT_EQ(bench.core(0).read(pair.in, buffer).status, IoStatus::broken);
  EXPECT_TRUE(bench.network().was_cut(pair.out));
  EXPECT_EQ(bench.network().written(pair.out), "lost");
  EXPECT_EQ(bench.reach().count(Row::bytes_lost), 1u);
}

TEST(SimNetTest, ASilentPeerTakesBytesUntilTheBufferIsFullAndHealingBreaksIt) {
  SimNetBench bench(5, kTiny);
  const Pair pair = connect_pair(bench);
  bench.network().vanish(pair.out);
  IoStatus status = IoStatus::ok;
  for (int i = 0; i < 100 && status == IoStatus::ok; ++i) {
    status = write(bench.core(0), pair.in, "xyz").status;
    bench.wait();
  }
  EXPECT_EQ(status, IoStatus::would_block);
  char buffer[8];
  EXPECT_EQ(bench.outside().read(pair.out, buffer).status, IoStatus::would_block);
  bench.network().heal(kCalm);
  NetEvent event{};
  EXPECT_TRUE(await(bench, bench.core(0), NetEventKind::closed, event));
}

TEST(SimNetTest, RefusalsAndFailedAcceptsAreReported) {
  NetConditions refusing = kCalm;
  refusing.refused_connects = 1000;
  SimNetBench refused(6, refusing);
  auto listener = refused.core(0).listen(refused.free_address());
  NetEvent event{};
  (void)refused.outside().connect(refused.core(0).listen_address(*listener));
  EXPECT_TRUE(await(refused, refused.outside(), NetEventKind::closed, event));

  NetConditions failing = kCalm;
  failing.failed_accepts = 1000;
  SimNetBench failed(7, failing);
  listener = failed.core(0).listen(failed.free_address());
  (void)failed.outside().connect(failed.core(0).listen_address(*listener));
  EXPECT_TRUE(await(failed, failed.core(0), NetEventKind::accept_failed, event));
  EXPECT_TRUE(await(failed, failed.outside(), NetEventKind::closed, event));
}

TEST(SimNetTest, TheSameSeedGivesTheSameNetwork) {
  const auto history = [](uint64_t seed) {
    SimNetBench bench(seed, kTiny);
    const Pair pair = connect_pair(bench);
    std::string seen;
    for (int i = 0; i < 300; ++i) {
      const io::IoResult sent = write(bench.outside(), pair.out, "0123456789");
      char buffer[4];
      const io::IoResult got = bench.core(0).read(pair.in, buffer);
      seen += std::to_string(sent.bytes) + "/" + std::to_string(got.bytes) + " ";
      bench.wait();
    }
    return seen;
  };
  EXPECT_EQ(history(11), history(11));
  EXPECT_NE(history(11), history(12));
}

}  // namespace
}  // namespace wallaroo::sim
