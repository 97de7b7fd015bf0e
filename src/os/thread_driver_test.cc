// Drivers on real threads: no wake-up may be lost, deadlines and stop are honoured.
#include "os/thread_driver.h"

#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <future>
#include <optional>
#include <thread>

#include "base/ring.h"
#include "os/clock.h"
#include "os/epoll_net.h"

namespace wallaroo::os {
namespace {

using base::CoreId;
using io::Progress;

struct FunctionStepper final : io::Stepper {
  Progress step(io::Now now) override { return on_step(now); }
  int64_t deadline_ns() const override { return deadline; }

  std::function<Progress(io::Now)> on_step;
  int64_t deadline = io::kNever;
};

/// Up to about a microsecond: spreads one thread's steps over every moment of the other's, above
/// all over the moment between finding nothing and going to sleep.
class Jitter {
 public:
  explicit Jitter(uint64_t seed) : state_(seed) {}
  void pause() {
    state_ = state_ * 6364136223846793005u + 1442695040888963407u;
    const uint64_t turns = (state_ >> 33) % 400;
    for (volatile uint64_t i = 0; i < turns;) i = i + 1;
  }

 private:
  uint64_t state_;
};

/// Sends back each number one higher; the one told to begin() sends the first.
class PingPong final : public io::Stepper {
 public:
  struct Ends {
    EpollNet& net;
    base::Ring<uint64_t>& in;
    base::Ring<uint64_t>& out;
  };
  PingPong(Ends ends, Parking& parking, CoreId other, uint64_t rounds)
      : ends_(ends), parking_(parking), other_(other), rounds_(rounds) {}

  void begin() { next_ = 1; }

  Progress step(io::Now) override {
    io::NetEvent event{};
    EXPECT_EQ(ends_.net.poll({&event, 1}), 0u);
    jitter_.pause();
    if (uint64_t got = 0; ends_.in.pop(got)) {
      EXPECT_GT(got, seen_);
      seen_ = got;
      if (got < rounds_) next_ = got + 1;
    }
    if (next_) {
      if (!ends_.out.push(*next_)) return Progress::some;
      parking_.notify(other_);
      const bool last = *next_ >= rounds_;
      next_.reset();
      return last ? Progress::done : Progress::some;
    }
    jitter_.pause();
    return seen_ >= rounds_ ? Progress::done : Progress::none;
  }
  int64_t deadline_ns() const override { return io::kNever; }
  uint64_t seen() const { return seen_; }

 private:
  Ends ends_;
  Parking& parking_;
  CoreId other_;
  uint64_t rounds_;
  std::optional<uint64_t> next_;
  uint64_t seen_ = 0;
  Jitter jitter_{other_.value + 1};
};

/// Fails instead of hanging when a wake-up is lost.
template <class F>
bool ends_within(std::chrono::seconds limit, F&& body) {
  std::promise<void> finished;
  auto future = finished.get_future();
  std::thread thread([&body, &finished] {
    body();
    finished.set_value();
  });
  if (future.wait_for(limit) == std::future_status::ready) {
    thread.join();
    return true;
  }
  std::fprintf(stderr, "a driver sleeps although there is work: a wake-up was lost\n");
  std::abort();
}

void ping_pong(uint64_t rounds, int64_t spin_ns) {
  auto net_a = std::move(*EpollNet::make());
  auto net_b = std::move(*EpollNet::make());
  Parking parking({net_a.get(), net_b.get()});
  base::Ring<uint64_t> to_a(1);
  base::Ring<uint64_t> to_b(1);
  PingPong a({*net_a, to_a, to_b}, parking, CoreId(1), rounds);
  PingPong b({*net_b, to_b, to_a}, parking, CoreId(0), rounds);
  a.begin();
  ends_within(std::chrono::seconds(100), [&] {
    std::thread other([&] { drive(b, *net_b, parking, CoreId(1), {.spin_ns = spin_ns}); });
    drive(a, *net_a, parking, CoreId(0), {.spin_ns = spin_ns});
    other.join();
  });
  EXPECT_GE(a.seen() + b.seen(), 2 * rounds - 1);
}

// Cores look into their rings first and at the network second. A notify() between the two in the
// last step before sleep was taken from the network and forgotten, and the core never woke again.
TEST(ThreadDriver, a_wake_up_that_the_last_look_takes_from_the_network_is_not_lost) {
  constexpr int64_t kLongNs = 5'000'000'000;
  auto net = *EpollNet::make();
  Parking parking({net.get()});
  FunctionStepper stepper;
  stepper.deadline = read_clock().mono_ns + kLongNs;
  int steps = 0;
  stepper.on_step = [&](io::Now) {
    if (++steps == 2) parking.notify(CoreId(0));  // the last look: the ring was empty just now
    io::NetEvent event{};
    EXPECT_EQ(net->poll({&event, 1}), 0u);
    return steps == 3 ? Progress::done : Progress::none;
  };
  const int64_t begin = read_clock().mono_ns;
  drive(stepper, *net, parking, CoreId(0), {.spin_ns = 0});
  EXPECT_EQ(steps, 3);
  EXPECT_LT(read_clock().mono_ns - begin, kLongNs / 2);
}

TEST(ThreadDriver, loses_no_wake_up_when_it_sleeps_at_once) { ping_pong(100'000, 0); }

TEST(ThreadDriver, loses_no_wake_up_when_it_spins_first) { ping_pong(100'000, 2'000); }

TEST(ThreadDriver, loses_no_wake_up_from_many_producers) {
  constexpr int kProducers = 3;
  constexpr uint64_t kEach = 20'000;
  auto net = std::move(*EpollNet::make());
  Parking parking({net.get()});
  std::vector<std::unique_ptr<base::Ring<uint64_t>>> rings;
  for (int i = 0; i < kProducers; ++i) rings.push_back(std::make_unique<base::Ring<uint64_t>>(2));
  uint64_t total = 0;
  FunctionStepper consumer;
  consumer.on_step = [&](io::Now) {
    io::NetEvent event{};
    EXPECT_EQ(net->poll({&event, 1}), 0u);
    bool any = false;
    uint64_t item = 0;
    for (auto& ring : rings)
      while (ring->pop(item)) any = true, ++total;
    if (total == kProducers * kEach) return Progress::done;
    return any ? Progress::some : Progress::none;
  };
  ends_within(std::chrono::seconds(100), [&] {
    std::vector<std::thread> producers;
    for (auto& ring : rings) {
      producers.emplace_back([&parking, ring = ring.get()] {
        for (uint64_t i = 0; i < kEach; ++i) {
          while (!ring->push(i)) std::this_thread::yield();
          parking.notify(CoreId(0));
        }
      });
    }
    drive(consumer, *net, parking, CoreId(0), {.spin_ns = 0});
    for (auto& producer : producers) producer.join();
  });
  EXPECT_EQ(total, kProducers * kEach);
}

TEST(ThreadDriver, steps_again_at_the_deadline_and_not_much_more_often) {
  auto net = std::move(*EpollNet::make());
  Parking parking({net.get()});
  FunctionStepper stepper;
  const int64_t due = read_clock().mono_ns + 50'000'000;
  stepper.deadline = due;
  int steps = 0;
  stepper.on_step = [&](io::Now now) {
    io::NetEvent event{};
    EXPECT_EQ(net->poll({&event, 1}), 0u);
    ++steps;
    return now.mono_ns >= due ? Progress::done : Progress::none;
  };
  drive(stepper, *net, parking, CoreId(0), {.spin_ns = 0});
  EXPECT_GE(read_clock().mono_ns, due);
  EXPECT_LT(steps, 20);
}

TEST(ThreadDriver, wakes_for_the_network) {
  auto net = std::move(*EpollNet::make());
  auto peer = std::move(*EpollNet::make());
  const io::ListenerId listener = *net->listen({"127.0.0.1", 0});
  Parking parking({net.get()});
  FunctionStepper stepper;
  stepper.on_step = [&](io::Now) {
    io::NetEvent event{};
    const bool accepted = net->poll({&event, 1}) == 1;
    return accepted ? Progress::done : Progress::none;
  };
  ends_within(std::chrono::seconds(20), [&] {
    std::thread core([&] { drive(stepper, *net, parking, CoreId(0), {.spin_ns = 0}); });
    EXPECT_TRUE(peer->connect(net->listen_address(listener)).has_value());
    core.join();
  });
}

TEST(ThreadDriver, stops_when_asked_asleep_or_busy) {
  for (const bool busy : {false, true}) {
    for (int round = 0; round < 200; ++round) {
      auto net = std::move(*EpollNet::make());
      Parking parking({net.get()});
      FunctionStepper stepper;
      stepper.on_step = [](io::Now) { return Progress::none; };
      std::atomic<bool> stop = false;
      ends_within(std::chrono::seconds(20), [&] {
        std::thread core([&] {
          drive(stepper, *net, parking, CoreId(0),
                {.spin_ns = 0, .busy_poll = busy, .stop = &stop});
        });
        if (round % 2 == 0) std::this_thread::yield();
        stop = true;
        parking.notify(CoreId(0));
        core.join();
      });
    }
  }
}

}  // namespace
}  // namespace wallaroo::os
