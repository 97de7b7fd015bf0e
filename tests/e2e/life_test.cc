// How a worker starts, answers and ends.
#include <gtest/gtest.h>
#include <signal.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <sstream>
#include <thread>

#include "exposition.h"
#include "traffic.h"
#include "worker_process.h"

namespace wallaroo::e2e {
namespace {

/// The flags of a worker that would start, with some of them replaced.
std::vector<std::string> flags(const std::vector<std::string>& more) {
  std::vector<std::string> all = {"--"};
  all.insert(all.end(), more.begin(), more.end());
  return all;
}

bool says(const Ended& ended, std::string_view text) {
  return ended.said.find(text) != std::string::npos;
}

TEST(Start, PortInUseOfTheSource) {
  const Receiver taken;
  const std::string address = "127.0.0.1:" + std::to_string(taken.port());
  const Ended ended = run_to_end(flags({"--in", address, "--http", "off"}));
  EXPECT_EQ(ended.exit, 1);
  EXPECT_TRUE(says(ended, "error: source 'text' cannot listen: cannot listen on " + address +
                              ": another program listens there; stop it, or choose another port"))
      << ended.said;
}

TEST(Start, PortInUseOfTheStatusServer) {
  const Receiver taken;
  const std::string address = "127.0.0.1:" + std::to_string(taken.port());
  const Ended ended = run_to_end(flags({"--in", "127.0.0.1:0", "--http", address}));
  EXPECT_EQ(ended.exit, 1);
  EXPECT_TRUE(says(ended, "error: cannot serve status on " + address + " (flag --http): ") &&
              says(ended, "another program listens there; stop it, or choose another port"))
      << ended.said;
  EXPECT_FALSE(says(ended, "listens on ")) << ended.said;  // a port that nobody will get
}

TEST(Start, UnresolvableHost) {
  const Ended ended = run_to_end(
      flags({"--in", "127.0.0.1:0", "--out", "no-such-host.invalid:7", "--http", "off"}));
  EXPECT_EQ(ended.exit, 3);
  EXPECT_TRUE(says(ended, "error: 'out' (flag --out): cannot find host 'no-such-host.invalid'") &&
              says(ended, "check the name, or give a numeric address"))
      << ended.said;
}

TEST(Start, AddressWithoutPort) {
  const Ended ended = run_to_end(flags({"--in", "localhost", "--http", "off"}));
  EXPECT_EQ(ended.exit, 2);
  EXPECT_TRUE(says(ended, "error: 'text' (flag --in): bad address 'localhost': it has no port"))
      << ended.said;
}

TEST(Start, AWorkerThatWouldFeedItself) {
  const std::string address = "127.0.0.1:" + std::to_string(free_port());
  const Ended ended = run_to_end(flags({"--in", address, "--out", address, "--http", "off"}));
  EXPECT_EQ(ended.exit, 2);
  EXPECT_TRUE(says(ended, "error: sink 'out' would connect to " + address +
                              ", where source 'text' "
                              "of the same worker listens"))
      << ended.said;
}

TEST(Start, StatusAddressWithoutPort) {
  const Ended ended = run_to_end(flags({"--in", "127.0.0.1:0", "--http", "foo"}));
  EXPECT_EQ(ended.exit, 2);
  EXPECT_TRUE(says(ended, "error: cannot serve status on foo (flag --http): bad address 'foo': "))
      << ended.said;
}

TEST(Start, AddressesOfIpv6StandInBrackets) {
  const Ended ended =
      run_to_end(flags({"--in", "[::1]:0", "--http", "[::1]:0", "--out", "[::1]:1"}), 1000);
  EXPECT_EQ(ended.exit, 0);
  EXPECT_TRUE(says(ended, "source 'text' listens on [::1]:") &&
              says(ended, "status at http://[::1]:") &&
              says(ended, "sink 'out' has no connection to [::1]:1: "))
      << ended.said;
}

TEST(Start, ListenersThatOthersCanReachNeedTlsOrConsent) {
  for (const char* address : {"0.0.0.0:0", "[::]:0"}) {
    const Ended source = run_to_end(flags({"--in", address, "--http", "off"}));
    EXPECT_EQ(source.exit, 2);
    EXPECT_TRUE(says(source, std::string("error: source 'text' would listen on ") + address +
                                 " without TLS, where other machines can connect; listen on "
                                 "tls:// or 127.0.0.1, or accept that with --insecure\n"))
        << source.said;
    const Ended http = run_to_end(flags({"--http", address}));
    EXPECT_EQ(http.exit, 2);
    EXPECT_TRUE(says(http, "error: the status server would listen on ")) << http.said;
  }
  const Ended taken =
      run_to_end(flags({"--in", "0.0.0.0:0", "--http", "0.0.0.0:0", "--insecure"}), 500);
  EXPECT_EQ(taken.exit, 0);
  EXPECT_TRUE(says(taken,
                   " warning --insecure: anybody who can reach this machine can use source 'text' "
                   "on 0.0.0.0:0 and the status server on 0.0.0.0:0, without encryption"))
      << taken.said;
  const Ended loopback =
      run_to_end(flags({"--in", "127.0.0.1:0", "--http", "localhost:0", "--insecure"}), 500);
  EXPECT_EQ(loopback.exit, 0);
  EXPECT_FALSE(says(loopback, "anybody")) << loopback.said;
}

TEST(Log, EveryLineIsAnObjectWhenJsonIsAskedFor) {
  const Ended ended = run_to_end(
      flags({"--in", "127.0.0.1:0", "--http", "127.0.0.1:0", "--log-format", "json"}), 500);
  EXPECT_EQ(ended.exit, 0);
  size_t lines = 0;
  std::istringstream said(ended.said);
  for (std::string line; std::getline(said, line); ++lines) {
    boost::system::error_code error;
    const auto parsed = boost::json::parse(line, error);
    ASSERT_FALSE(error) << line;
    for (const char* member : {"time", "level", "message"})
      EXPECT_TRUE(parsed.as_object().contains(member)) << line;
  }
  EXPECT_GE(lines, 4u) << ended.said;  // listens, status, the sink's outage, draining
  EXPECT_EQ(run_to_end(flags({"--log-format", "xml"})).exit, 2);
}

TEST(Start, UnknownFlag) {
  const Ended ended = run_to_end(flags({"--inn", "127.0.0.1:0"}));
  EXPECT_EQ(ended.exit, 2);
  EXPECT_TRUE(says(ended, "--inn") && says(ended, "did you mean --in?")) << ended.said;
}

TEST(Start, NumbersThatAreNone) {
  for (const char* cores : {"two", "0", "65", "-1", "1e9999", ""}) {
    const Ended ended = run_to_end(flags({"--cores", cores, "--http", "off"}));
    EXPECT_EQ(ended.exit, 2) << cores;
    EXPECT_TRUE(says(ended, "--cores")) << ended.said;
  }
}

TEST(Start, EmptyValuesAndNamesThatCannotBeShown) {
  for (const char* flag : {"--in", "--out", "--http", "--name"}) {
    const Ended ended = run_to_end(flags({flag, ""}));
    EXPECT_EQ(ended.exit, 2) << flag;
    EXPECT_TRUE(says(ended, flag)) << ended.said;
  }
  const Ended ended = run_to_end(flags({"--name", "w\xff", "--http", "off"}));
  EXPECT_EQ(ended.exit, 2);
  EXPECT_TRUE(says(ended, "printable ASCII")) << ended.said;
}

/// Sets a variable for the workers that start while it lives.
class Variable {
 public:
  Variable(const char* name, const std::string& value) : name_(name) {
    EXPECT_EQ(::setenv(name, value.c_str(), 1), 0);
  }
  ~Variable() { ::unsetenv(name_); }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;

 private:
  const char* name_;
};

/// A configuration file that is gone with the test.
class ConfigFile {
 public:
  explicit ConfigFile(const std::string& text) { std::ofstream(path_) << text; }
  ~ConfigFile() { (void)std::remove(path_.c_str()); }
  ConfigFile(const ConfigFile&) = delete;
  ConfigFile& operator=(const ConfigFile&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_ = testing::TempDir() + "e2e_config.toml";
};

/// Flags of the worker itself: --in, --out, --http and --cores are on its command line.
TEST(Configuration, FlagsFromTheEnvironmentAndTheFile) {
  const ConfigFile file("name = \"file\"\ncores = 3\nlog-format = \"json\"\n");
  const Variable config("WALLAROO_CONFIG", file.path());
  const Variable name("WALLAROO_NAME", "variable");
  const Variable typo("WALLAROO_CROES", "hidden");
  const Ended ended = run_to_end(flags({"--http", "off", "--in", "127.0.0.1:0"}), 500);
  EXPECT_EQ(ended.exit, 0) << ended.said;
  EXPECT_TRUE(says(ended, "{\"time\":") && says(ended,
                                                "the variable WALLAROO_CROES; did you mean "
                                                "WALLAROO_CORES?"))
      << ended.said;
  EXPECT_FALSE(says(ended, "hidden")) << ended.said;
  const Variable human("WALLAROO_LOG_FORMAT", "human");
  WorkerProcess worker({.cores = 2});
  EXPECT_EQ(worker.status().at("worker"), "variable");
  EXPECT_EQ(worker.status().at("cores"), 2);
}

TEST(Configuration, AddressesOfTheProgramAndMistakes) {
  Receiver receiver;
  const ConfigFile file("in = \"127.0.0.1:" + std::to_string(receiver.port()) +
                        "\"\nhttp = \"off\"\n");
  const Ended taken = run_to_end(flags({"--config", file.path()}));
  EXPECT_EQ(taken.exit, 1);
  EXPECT_TRUE(says(taken, "error: source 'text' cannot listen: ")) << taken.said;
  const ConfigFile wrong("http = \"off\"\ncores = 65\n");
  const Ended range = run_to_end(flags({"--config", wrong.path()}));
  EXPECT_EQ(range.exit, 2);
  EXPECT_TRUE(says(range, "error: " + wrong.path() + ":2: --cores: ")) << range.said;
  const Variable empty("WALLAROO_OUT", "");
  const Ended refused = run_to_end(flags({"--http", "off"}));
  EXPECT_EQ(refused.exit, 2);
  EXPECT_TRUE(says(refused, "error: WALLAROO_OUT: the value is empty")) << refused.said;
}

TEST(Start, HelpNamesEveryFlag) {
  const Ended ended = run_to_end(flags({"--help"}));
  EXPECT_EQ(ended.exit, 0);
  for (const char* flag : {"--in", "--out", "--http", "--cores", "--name", "--busy-poll"})
    EXPECT_TRUE(says(ended, flag)) << flag;
}

TEST(Http, HealthStatusAndMetrics) {
  Receiver receiver;
  WorkerProcess worker({.out = receiver.port(), .flags = {"--name", "w\"1\\"}});
  Honest honest(worker.in(), "honest");
  honest.send(1000);
  ASSERT_TRUE(receiver.wait_for_lines(1000, 10));
  EXPECT_EQ(worker.get("/healthz"), "ok\n");
  EXPECT_EQ(worker.get("/no-such-page"), "");
  const auto status = worker.status();
  EXPECT_EQ(status.at("application"), "e2e");
  EXPECT_EQ(status.at("state"), "running");
  EXPECT_EQ(status.at("cores"), 2);
  EXPECT_GT(status.at("resident_bytes").to_number<uint64_t>(), 1u << 20);
  EXPECT_EQ(worker.source("messages"), 1000u);
  EXPECT_EQ(worker.sink("messages"), 1000u);
  const Exposition metrics = read_exposition(worker.get("/metrics"));
  EXPECT_TRUE(metrics.mistakes.empty()) << metrics.mistakes.front();
  EXPECT_EQ(
      metrics.samples.at("wallaroo_source_messages_total{pipeline=\"words\",source=\"text\"}"),
      1000);
  EXPECT_EQ(metrics.samples.at(
                "wallaroo_pipeline_latency_seconds_count{pipeline=\"words\",sink=\"out\"}"),
            1000);
}

/// Totals do not depend on the number of cores.
TEST(Cores, OneTwoAndThreeCountTheSame) {
  for (const int cores : {1, 2, 3}) {
    Receiver receiver;
    WorkerProcess worker({.cores = cores, .out = receiver.port()});
    constexpr uint64_t kMessages = 3000;
    constexpr uint64_t kWords = 50;
    std::vector<Client> clients;
    for (int i = 0; i < 4; ++i) clients.emplace_back(worker.in());
    for (uint64_t from = 0; from < kMessages; from += 100) {
      for (Client& client : clients) {
        std::string bytes;
        for (uint64_t i = from; i < from + 100; ++i) {
          bytes += frame("word" + std::to_string(i % kWords) + ":" + std::to_string(i) + " odd" +
                         std::to_string(i % 2) + ":" + std::to_string(i));
        }
        ASSERT_TRUE(client.send(bytes));
      }
    }
    for (Client& client : clients) client.finish();
    ASSERT_TRUE(receiver.wait_for_lines(4 * 2 * kMessages, 10)) << cores << " cores";
    worker.signal(SIGTERM);
    EXPECT_EQ(worker.wait(10), 0);
    EXPECT_TRUE(receiver.wait_for_end(10));
    const Results results = read_results(receiver.streams());
    EXPECT_TRUE(results.malformed.empty());
    EXPECT_EQ(results.by_key.size(), kWords + 2);
    for (const auto& [key, counted] : results.by_key) {
      const uint64_t total = 4 * kMessages / (key.starts_with("odd") ? 2 : kWords);
      ASSERT_EQ(counted.size(), total) << key << " on " << cores << " cores";
      for (size_t i = 0; i < counted.size(); ++i)
        ASSERT_EQ(counted[i].second, i + 1) << key << " on " << cores << " cores";
    }
  }
}

/// What has arrived when the signal comes is processed and sent, whatever stands in the queues.
TEST(Drain, UnderLoadProcessesWhatHasArrived) {
  for (const int number : {SIGTERM, SIGINT}) {
    Receiver receiver;
    WorkerProcess worker({.out = receiver.port()});
    std::vector<std::unique_ptr<Honest>> senders;
    for (int i = 0; i < 8; ++i)
      senders.push_back(std::make_unique<Honest>(worker.in(), "s" + std::to_string(i) + "k"));
    for (int round = 0; round < 20; ++round) {
      for (auto& sender : senders) sender->send(1000, 20);
    }
    for (auto& sender : senders)
      ASSERT_TRUE(eventually(10, [&] { return sender->client().delivered(); }));
    worker.signal(number);
    const int64_t began = now_ms();
    EXPECT_EQ(worker.wait(10), 0);
    EXPECT_TRUE(receiver.wait_for_end(10));
    EXPECT_LT(now_ms() - began, 5000);
    EXPECT_TRUE(receiver.wait_for_lines(8 * 20 * 1000, 5));
    const Results results = read_results(receiver.streams());
    EXPECT_TRUE(results.malformed.empty());
    for (auto& sender : senders) EXPECT_EQ(sender->complaint(results), "");
  }
}

/// More connections than one poll of the operating system tells about.
TEST(Drain, ReadsWhatManyConnectionsHadSent) {
  constexpr size_t kConnections = 700;
  Receiver receiver;
  WorkerProcess worker({.cores = 1, .out = receiver.port()});
  std::vector<std::unique_ptr<Honest>> senders;
  for (size_t i = 0; i < kConnections; ++i) {
    senders.push_back(std::make_unique<Honest>(worker.in(), "s" + std::to_string(i) + "k"));
    senders.back()->send(1);
  }
  ASSERT_TRUE(receiver.wait_for_lines(kConnections, 10));
  worker.signal(SIGSTOP);
  for (auto& sender : senders) sender->send(10);
  for (auto& sender : senders)
    ASSERT_TRUE(eventually(10, [&] { return sender->client().delivered(); }));
  worker.signal(SIGTERM);
  worker.signal(SIGCONT);
  EXPECT_EQ(worker.wait(10), 0);
  EXPECT_TRUE(receiver.wait_for_end(10));
  ASSERT_TRUE(receiver.wait_for_lines(kConnections * 11, 5)) << receiver.lines();
  const Results results = read_results(receiver.streams());
  for (auto& sender : senders) EXPECT_EQ(sender->complaint(results), "");
}

TEST(Drain, ClosesTheListenerAndSaysSo) {
  Receiver receiver(0, false);
  WorkerProcess worker({.out = receiver.port()});
  Honest honest(worker.in(), "honest");
  honest.send(100);
  ASSERT_TRUE(eventually(5, [&] { return worker.sink("messages") == 100; }));
  worker.signal(SIGTERM);
  EXPECT_EQ(worker.wait(10), 0);
  EXPECT_FALSE(Client(worker.in()).connected());
  EXPECT_NE(worker.log().find("draining: what has been accepted is processed and sent"),
            std::string::npos);
  receiver.read();
  ASSERT_TRUE(receiver.wait_for_lines(100, 5));
}

/// No moment of the start loses a signal. Before the worker watches signals it is killed by it.
TEST(Stop, SignalAtAnyMomentOfTheStartEndsIt) {
  for (int delay_ms = 0; delay_ms < 20; ++delay_ms) {
    const Ended ended = run_to_end(flags({"--in", "127.0.0.1:0", "--http", "off"}), delay_ms);
    EXPECT_TRUE(ended.exit == 0 || ended.exit == 1000 + SIGTERM)
        << ended.exit << " after " << delay_ms << " ms: " << ended.said;
  }
}

/// Without a receiver a drain cannot end; the second signal ends it.
TEST(Stop, SecondSignalStopsAtOnce) {
  WorkerProcess worker({.out = free_port()});
  Honest honest(worker.in(), "honest");
  honest.send(100);
  ASSERT_TRUE(eventually(5, [&] { return worker.sink("messages") == 100; }));
  worker.signal(SIGTERM);
  ASSERT_TRUE(eventually(5, [&] { return worker.status().at("state") == "draining"; }));
  EXPECT_EQ(worker.wait(0.5), -1) << "it ended with unsent messages";
  worker.signal(SIGTERM);
  EXPECT_EQ(worker.wait(2), 130);
  EXPECT_NE(worker.log().find("stopping at once; what is under way is lost"), std::string::npos);
}

TEST(Stop, ADrainIsGivenUpWhenItsTimeIsOver) {
  WorkerProcess worker({.out = free_port(), .flags = {"--drain-timeout", "0.3"}});
  Honest honest(worker.in(), "honest");
  honest.send(100);
  ASSERT_TRUE(eventually(5, [&] { return worker.sink("messages") == 100; }));
  // Two at once, as timeout(1) does, are one wish; both wait while the worker is held.
  for (const int number : {SIGSTOP, SIGTERM, SIGINT, SIGCONT}) worker.signal(number);
  EXPECT_EQ(worker.wait(5), 130);
  EXPECT_NE(worker.log().find("the drain is not done after 0.3 s (--drain-timeout): sink 'out' "
                              "holds "),
            std::string::npos)
      << worker.log();
}

}  // namespace
}  // namespace wallaroo::e2e
