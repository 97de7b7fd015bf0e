// The UDP source against a scripted network and a chain that blocks when it likes.
#include "connect/udp/udp_source.h"

#include <gtest/gtest.h>

#include "connect/fake_chain_test.h"
#include "connect/tcp/fake_net.h"

namespace wallaroo::connect {
namespace {

using io::NetEventKind;
using io::Progress;

class UdpSourceTest : public testing::Test {
 protected:
  static constexpr uint64_t kSocket = 1;

  UdpSource& source() {
    if (!source_) {
      source_ = std::make_unique<UdpSource>(UdpSourceSetup{"in", {"127.0.0.1", 0}, spec, options},
                                            core, chain, counters);
      EXPECT_TRUE(source_->start().has_value());
    }
    return *source_;
  }
  void arrive(const Messages& datagrams) {
    auto& waiting = core.fake.peer(kSocket).arrives;
    waiting.insert(waiting.end(), datagrams.begin(), datagrams.end());
    core.tell(NetEventKind::readable, kSocket);
  }
  /// Steps until there is nothing to do.
  void work() {
    for (int i = 0; i < 1000 && source().step({5, 7}, 1) == Progress::some; ++i) {
    }
  }

  flow::Options options;
  UdpSourceSpec spec;
  FakeServices core;
  FakeChain chain;
  flow::SourceCounters counters;

 private:
  std::unique_ptr<UdpSource> source_;
};

TEST_F(UdpSourceTest, makes_a_message_of_each_datagram) {
  source();
  arrive({"one", "", "three"});
  work();
  EXPECT_EQ(chain.messages, (Messages{"one", "", "three"}));
  EXPECT_EQ(counters.messages.get(), 3u);
  EXPECT_EQ(counters.bytes.get(), 8u);
  EXPECT_EQ(core.logged("receives datagrams on 127.0.0.1:1234"), 1u);
}

TEST_F(UdpSourceTest, reads_on_one_core_only) {
  FakeServices other(2, 1);
  UdpSource idle({"in", {"127.0.0.1", 0}, spec, options}, other, chain, counters);
  EXPECT_TRUE(idle.start().has_value());
  EXPECT_TRUE(other.watched.empty());
  EXPECT_EQ(idle.step({}, 1), Progress::none);
  idle.drain();
  EXPECT_TRUE(idle.ended());
}

TEST_F(UdpSourceTest, says_why_it_cannot_receive) {
  core.fake.refuse_listen = true;
  UdpSource refused({"in", {"127.0.0.1", 1}, spec, options}, core, chain, counters);
  const auto started = refused.start();
  ASSERT_FALSE(started.has_value());
  EXPECT_EQ(started.error().message, "source 'in' cannot receive: somebody listens there");
}

TEST_F(UdpSourceTest, asks_for_the_buffer_it_was_told) {
  spec.receive_buffer_bytes = 12'345;
  source();
  EXPECT_EQ(core.fake.datagram_buffer_bytes, 12'345u);
}

TEST_F(UdpSourceTest, drops_and_counts_a_datagram_over_the_limit) {
  spec.datagram_bytes_max = 3;
  source();
  arrive({"abc", "abcd", "x"});
  work();
  EXPECT_EQ(chain.messages, (Messages{"abc", "x"}));
  EXPECT_EQ(counters.datagrams_over_limit.get(), 1u);
  EXPECT_EQ(core.logged("longer than datagram_bytes_max (3 bytes)"), 1u);
}

TEST_F(UdpSourceTest, does_not_sleep_behind_a_flood_of_datagrams_over_the_limit) {
  spec.datagram_bytes_max = 1;
  source();
  arrive(Messages(1000, "too long"));
  arrive({"x"});
  EXPECT_EQ(source().step({}, 1), Progress::some) << "there is more to read";
  EXPECT_LE(core.fake.peer(kSocket).reads, size_t{wire::kBatchRecordsMax}) << "in bounded steps";
  work();
  EXPECT_EQ(chain.messages, Messages{"x"});
  EXPECT_EQ(counters.datagrams_over_limit.get(), 1000u);
}

TEST_F(UdpSourceTest, stops_reading_while_the_chain_blocks) {
  source();
  chain.room = 1;
  arrive({"a", "b"});
  work();
  const size_t reads = core.fake.peer(kSocket).reads;
  arrive({"c"});
  work();
  EXPECT_EQ(core.fake.peer(kSocket).reads, reads);
  EXPECT_EQ(chain.messages, Messages{"a"});
  chain.room = SIZE_MAX;
  work();
  EXPECT_EQ(chain.messages, (Messages{"a", "b", "c"}));
}

TEST_F(UdpSourceTest, takes_several_batches_when_its_buffer_is_small) {
  options.receive_bytes = 4;
  source();
  arrive(Messages(300, "abc"));
  work();
  EXPECT_EQ(chain.messages, Messages(300, "abc"));
}

TEST_F(UdpSourceTest, counts_what_the_system_lost_and_says_so_once) {
  source();
  core.fake.datagrams_lost = 7;
  arrive({"a"});
  work();
  core.fake.datagrams_lost = 9;
  arrive({"b"});
  work();
  EXPECT_EQ(counters.datagrams_lost.get(), 9u);
  EXPECT_EQ(core.logged("receive_buffer_bytes"), 1u);
}

TEST_F(UdpSourceTest, a_drain_takes_what_has_arrived_and_closes) {
  source();
  arrive({"a", "b"});
  source().drain();
  EXPECT_FALSE(source().ended());
  work();
  EXPECT_EQ(chain.messages, (Messages{"a", "b"}));
  EXPECT_TRUE(core.fake.peer(kSocket).closed);
  EXPECT_TRUE(source().ended());
  EXPECT_EQ(chain.closed.size(), 1u);
}

TEST_F(UdpSourceTest, a_drain_while_the_chain_blocks_waits_for_it) {
  source();
  chain.room = 1;
  arrive({"a", "b"});
  work();
  source().drain();
  work();
  EXPECT_FALSE(source().ended());
  chain.room = SIZE_MAX;
  work();
  EXPECT_EQ(chain.messages, (Messages{"a", "b"}));
  EXPECT_TRUE(source().ended());
}

TEST_F(UdpSourceTest, a_drain_is_bounded_whatever_arrives) {
  options.drain_bytes_max = 10;
  source();
  arrive(Messages(100, "abc"));
  source().drain();
  work();
  EXPECT_EQ(chain.messages.size(), 3u);
  EXPECT_TRUE(source().ended());
}

TEST_F(UdpSourceTest, gives_a_broken_socket_up_and_says_so) {
  source();
  core.fake.peer(kSocket).then = io::IoStatus::broken;
  arrive({"a"});
  work();
  EXPECT_EQ(chain.messages, Messages{"a"});
  EXPECT_EQ(core.logged("its socket broke"), 1u);
  source().drain();
  work();
  EXPECT_TRUE(source().ended());
}

}  // namespace
}  // namespace wallaroo::connect
