// The promises of io/net.h, kept over real loopback sockets: by epoll, by TLS on it, and by plain
// connections beside TLS.
#include <chrono>
#include <thread>

#include "io/net_contract.h"
#include "os/epoll_net.h"
#include "os/tls_bench_test.h"

namespace wallaroo::os {
namespace {

class EpollBench final : public io::NetBench {
 public:
  EpollBench() {
    for (auto& net : nets_) {
      auto made = EpollNet::make();
      EXPECT_TRUE(made.has_value());
      net = std::move(*made);
    }
  }

  io::Net& core(size_t index) override { return *nets_[index]; }
  io::Net& outside() override { return *nets_[2]; }
  io::Address free_address() override { return {"127.0.0.1", 0}; }
  io::Address dead_address() override { return address_given_up(*nets_[2], free_address()); }
  void send_datagram(const io::Address& to, std::string_view bytes) override {
    send_test_datagram(to, bytes);
  }
  void wait() override { std::this_thread::sleep_for(std::chrono::microseconds(200)); }

 private:
  std::unique_ptr<EpollNet> nets_[3];
};

using io::NetContract;

INSTANTIATE_TEST_SUITE_P(Epoll, NetContract, testing::Values([]() -> std::unique_ptr<io::NetBench> {
                           return std::make_unique<EpollBench>();
                         }));

template <bool tls>
std::unique_ptr<io::NetBench> make_tls_bench() {
  return std::make_unique<TlsBench>(tls);
}

INSTANTIATE_TEST_SUITE_P(Tls, NetContract, testing::Values(make_tls_bench<true>));
INSTANTIATE_TEST_SUITE_P(PlainBesideTls, NetContract, testing::Values(make_tls_bench<false>));

}  // namespace
}  // namespace wallaroo::os
