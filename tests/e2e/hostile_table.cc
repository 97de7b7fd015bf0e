// How much of its throughput an honest connection keeps beside hostile ones, and what they cost in
// memory. Not a test: it prints a table of medians, and how busy the machine is shows in it.
//
//   hostile_table [SECONDS OF EACH MEASUREMENT, default 1]
#include <signal.h>
#include <sys/resource.h>

#include <algorithm>
#include <cstdio>
#include <functional>
#include <thread>

#include "sockets.h"
#include "worker_process.h"

namespace wallaroo::e2e {
namespace {

constexpr int kRounds = 21;
constexpr uint32_t kFrameLimit = 1 << 20;

/// Goes on until `stop`, and no faster than a bounded number of times a second.
using Attack = std::function<void(uint16_t port, const std::atomic<bool>& stop)>;

Attack repeatedly(int times_a_second, std::function<void(uint16_t)> once) {
  return [=](uint16_t port, const std::atomic<bool>& stop) {
    while (!stop) {
      once(port);
      sleep_ms(1000 / times_a_second);
    }
  };
}

/// `count` connections that each send `first` and then `next` ten times a second.
Attack crowd(int count, std::string first, std::string next) {
  return [=](uint16_t port, const std::atomic<bool>& stop) {
    std::vector<Client> clients;
    for (int i = 0; i < count && !stop; ++i) {
      clients.emplace_back(port);
      (void)clients.back().send_some(first);
    }
    while (!stop) {
      for (Client& client : clients) {
        if (!next.empty()) (void)client.send_some(next);
      }
      sleep_ms(100);
    }
  };
}

void send_once(uint16_t port, const std::string& bytes, bool reset) {
  Client client(port);
  (void)client.send(bytes);
  if (reset) client.reset();
}

struct Row {
  const char* name;
  Attack attack;
};

std::vector<Row> rows() {
  const std::string half = frame(std::string(1000, 'x')).substr(0, 500);
  return {
      {"nobody", {}},
      {"4 GiB announced, 200 connections/s",
       repeatedly(200, [](uint16_t port) { send_once(port, announce(UINT32_MAX), false); })},
      {"garbage, 200 connections/s",
       repeatedly(200, [](uint16_t port) { send_once(port, std::string(4096, '\xa5'), false); })},
      {"zero lengths, 100,000 frames/s",
       repeatedly(100, [](uint16_t port) { send_once(port, std::string(4000, '\0'), false); })},
      {"truncated frames, 200 connections/s",
       repeatedly(200, [half](uint16_t port) { send_once(port, half, false); })},
      {"reset storm, 500 connections/s",
       repeatedly(500, [half](uint16_t port) { send_once(port, half, true); })},
      {"slow loris, 500 connections", crowd(500, announce(1000), "x")},
      {"half-open, 500 silent connections", crowd(500, "", "")},
      {"10,000 connections announcing 1 MiB", crowd(10'000, announce(kFrameLimit), "")},
  };
}

/// Messages a second that one connection gets rid of.
double honest_rate(Client& client, double seconds) {
  std::string block;
  constexpr int kMessages = 1000;
  for (int i = 0; i < kMessages; ++i) block += frame("honest:" + std::to_string(i));
  const int64_t begin = now_ms();
  const int64_t end = begin + static_cast<int64_t>(seconds * 1000);
  uint64_t sent = 0;
  while (now_ms() < end && client.send(block)) sent += kMessages;
  return static_cast<double>(sent) * 1000 / static_cast<double>(now_ms() - begin);
}

double median(std::vector<double> numbers) {
  std::ranges::sort(numbers);
  return numbers[numbers.size() / 2];
}

void measure(const Row& row, double seconds) {
  Receiver receiver;
  WorkerProcess worker(
      {.cores = 1, .out = receiver.port(), .limits = {"peer=20000", "connections=20000"}});
  Client honest(worker.in());
  (void)honest_rate(honest, seconds);
  std::vector<double> alone;
  std::vector<double> beside;
  size_t most = 0;
  const size_t before = worker.resident_bytes();
  for (int round = 0; round < kRounds; ++round) {
    alone.push_back(honest_rate(honest, seconds));
    std::atomic<bool> stop = false;
    std::thread attacker;
    if (row.attack) attacker = std::thread([&] { row.attack(worker.in(), stop); });
    sleep_ms(300);  // until the crowd has come
    beside.push_back(honest_rate(honest, seconds));
    most = std::max(most, worker.resident_bytes());
    stop = true;
    if (attacker.joinable()) attacker.join();
    sleep_ms(200);
  }
  std::vector<double> ratios;
  for (int i = 0; i < kRounds; ++i)
    ratios.push_back(beside[static_cast<size_t>(i)] / alone[static_cast<size_t>(i)]);
  const double grown = (static_cast<double>(most) - static_cast<double>(before)) / (1 << 20);
  std::printf("| %-38s | %9.0f | %9.0f | %5.2f | %6.1f |\n", row.name, median(alone),
              median(beside), median(ratios), grown);
  std::fflush(stdout);
}

}  // namespace
}  // namespace wallaroo::e2e

int main(int argc, char** argv) {
  const rlimit limit{25'000, 25'000};
  (void)::setrlimit(RLIMIT_NOFILE, &limit);
  ::signal(SIGPIPE, SIG_IGN);
  const double seconds = argc > 1 ? std::stod(argv[1]) : 0.3;
  std::printf("| beside | alone, 1/s | beside, 1/s | ratio | MiB more |\n|---|---|---|---|---|\n");
  for (const auto& row : wallaroo::e2e::rows()) wallaroo::e2e::measure(row, seconds);
}
