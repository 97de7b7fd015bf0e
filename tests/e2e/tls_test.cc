// Sources and sinks that speak TLS: who gets through, who is refused, and that it is said and
// counted.
#include <gtest/gtest.h>
#include <signal.h>

#include <list>

#include "os/certificates_test.h"
#include "tls_client.h"
#include "traffic.h"
#include "worker_process.h"

namespace wallaroo::e2e {
namespace {

class Tls : public testing::Test {
 protected:
  std::vector<std::string> shows(const os::TestCertificate& own) const {
    return {"--tls-certificate", own.certificate, "--tls-key", own.key};
  }
  std::vector<std::string> shows_and(const os::TestCertificate& own, const std::string& flag,
                                     const std::string& file) const {
    auto flags = shows(own);
    flags.push_back(flag);
    flags.push_back(file);
    return flags;
  }
  TlsClientSettings client(const WorkerProcess& worker) const {
    return {.port = worker.in(), .ca = authority_.file()};
  }
  static bool says(WorkerProcess& worker, const std::string& text, double seconds = 5) {
    return eventually(seconds, [&] { return worker.log().find(text) != std::string::npos; });
  }
  static void end(WorkerProcess& worker) {
    worker.signal(SIGTERM);
    EXPECT_EQ(worker.wait(10), 0) << worker.log();
  }

  os::TestFolder folder_;
  os::TestAuthority authority_{folder_, "authority"};
  os::TestAuthority stranger_{folder_, "stranger"};
  os::TestCertificate own_ = authority_.issue("worker");
  Receiver receiver_;
};

TEST_F(Tls, MessagesOfManyConnectionsArriveOnAllCores) {
  WorkerProcess worker(
      {.cores = 2, .out = receiver_.port(), .in = "tls://127.0.0.1:0", .flags = shows(own_)});
  std::list<TlsClient> clients;
  for (int i = 0; i < 4; ++i) {
    clients.emplace_back(client(worker));
    ASSERT_TRUE(clients.back().open()) << worker.log();
  }
  constexpr size_t kMessages = 2000;
  size_t number = 0;
  for (TlsClient& from : clients) {
    std::string bytes;
    const std::string name = "c" + std::to_string(number++);
    for (size_t i = 0; i < kMessages; ++i) bytes += frame(Honest::message(name, i, 50));
    ASSERT_TRUE(from.send(bytes));
    from.finish();
  }
  ASSERT_TRUE(receiver_.wait_for_lines(4 * kMessages, 10)) << worker.log();
  for (TlsClient& from : clients) EXPECT_TRUE(from.peer_says_goodbye());
  EXPECT_EQ(worker.source("tls_failures"), 0u);
  EXPECT_EQ(worker.source("connections_reset"), 0u);
  end(worker);
  const Results results = read_results(receiver_.streams());
  for (int i = 0; i < 4; ++i) EXPECT_EQ(complaint("c" + std::to_string(i), kMessages, results), "");
}

TEST_F(Tls, EveryRefusalOfASourceIsSaidAndCounted) {
  WorkerProcess worker({.cores = 2,
                        .out = receiver_.port(),
                        .in = "tls://127.0.0.1:0",
                        .flags = shows_and(own_, "--tls-client-ca", authority_.file())});
  Client silent(worker.in());  // until its time is over
  const os::TestCertificate member = authority_.issue("member");
  TlsClientSettings good = client(worker);
  good.certificate = member.certificate;
  good.key = member.key;
  TlsClient honest(good);
  ASSERT_TRUE(honest.open());
  ASSERT_TRUE(honest.send(frame("honest:0")));

  const std::string lost = "source 'text': peer 127.0.0.1:";
  Client plain(worker.in());
  ASSERT_TRUE(plain.send(frame("plain:0")));
  EXPECT_TRUE(says(worker, " lost its connection: it does not speak TLS; let it connect with TLS"));
  EXPECT_TRUE(plain.ended_by_peer(5));

  Client cut(worker.in());
  ASSERT_TRUE(cut.send("\x16\x03"));
  cut.finish();
  EXPECT_TRUE(says(worker, " lost its connection: it ended the connection inside the TLS hand"));

  const TlsClient nobody(client(worker));
  EXPECT_TRUE(says(worker, " lost its connection: it shows no client certificate, which"));

  TlsClientSettings foreign = client(worker);
  const os::TestCertificate other = stranger_.issue("other");
  foreign.certificate = other.certificate;
  foreign.key = other.key;
  const TlsClient outsider(foreign);
  EXPECT_TRUE(says(worker, "its certificate is not from an authority that --tls-client-ca trusts"));

  TlsClientSettings distrusts = good;
  distrusts.ca = stranger_.file();
  const TlsClient doubter(distrusts);
  EXPECT_FALSE(doubter.open());
  EXPECT_TRUE(says(worker, " lost its connection: it refused us with the alert 'unknown CA'"));

  TlsClient torn(good);
  ASSERT_TRUE(torn.send(frame("torn:0") + announce(100) + "part"));
  torn.cut();
  EXPECT_TRUE(says(worker, "it ended the connection without the goodbye of TLS"));
  EXPECT_TRUE(says(worker, "ended its connection inside a message; the 8 bytes of it are dropped"));

  EXPECT_TRUE(
      says(worker, " lost its connection: it did not finish the TLS handshake within 5 s", 8));
  EXPECT_TRUE(silent.ended_by_peer(5));
  EXPECT_NE(worker.log().find(lost), std::string::npos);
  EXPECT_EQ(worker.source("tls_failures"), 7u);
  EXPECT_NE(worker.get("/metrics")
                .find("wallaroo_source_tls_failures_total{pipeline=\"words\","
                      "source=\"text\"} 7\n"),
            std::string::npos);
  ASSERT_TRUE(honest.send(frame("honest:1")));
  honest.finish();
  EXPECT_TRUE(honest.peer_says_goodbye());
  ASSERT_TRUE(receiver_.wait_for_lines(3, 10));
  end(worker);
  Results results = read_results(receiver_.streams());
  EXPECT_EQ(results.by_key["honest"], (KeyResults{{0, 1}, {1, 2}}));
  EXPECT_EQ(results.by_key["torn"], (KeyResults{{0, 1}}));
}

TEST_F(Tls, APlainSourceKnowsAHandshakeWhenItSeesOne) {
  WorkerProcess worker({.out = receiver_.port()});
  const TlsClient lost(client(worker));
  EXPECT_FALSE(lost.open());
  EXPECT_TRUE(says(worker, "its connection is closed (it seems to speak TLS: listen on tls://"));
  end(worker);
}

/// Words of a first worker go to the lines source of a second one.
TEST_F(Tls, ASinkSendsToASourceAndBothDrain) {
  WorkerProcess second({.out = receiver_.port(),
                        .in = "tls://127.0.0.1:0",
                        .limits = {"lines"},
                        .flags = shows_and(own_, "--tls-client-ca", authority_.file())});
  WorkerProcess first(
      {.to = "tls://localhost:" + std::to_string(second.in()),
       .flags = shows_and(authority_.issue("first"), "--tls-ca", authority_.file())});
  Client from(first.in());
  constexpr int kMessages = 5000;
  std::string bytes;
  for (int i = 0; i < kMessages; ++i) bytes += frame("k" + std::to_string(i % 7));
  ASSERT_TRUE(from.send(bytes));
  from.finish();
  // "k => n" are three words.
  ASSERT_TRUE(receiver_.wait_for_lines(3 * kMessages, 20)) << first.log() << second.log();
  end(first);
  end(second);
  EXPECT_EQ(receiver_.lines(), size_t{3 * kMessages});
  EXPECT_EQ(first.log().find("tls"), first.log().find("tls://")) << first.log();
}

class TlsSink : public Tls {
 protected:
  /// A worker whose sink goes to `host` at the source of another.
  void expect_refusal(const WorkerProcess& to, const std::string& host,
                      std::vector<std::string> flags, const std::string& why) {
    const std::string port = std::to_string(to.in());
    WorkerProcess worker({.to = "tls://" + host + ":" + port, .flags = std::move(flags)});
    EXPECT_TRUE(
        says(worker, "sink 'out' has no connection to tls://127.0.0.1:" + port + ": " + why))
        << worker.log();
    EXPECT_TRUE(eventually(5, [&] { return worker.sink("tls_failures") > 0; }));
    EXPECT_EQ(worker.sink("connects"), 0u);
    end(worker);
  }
};

TEST_F(TlsSink, EveryRefusalIsSaidAndCounted) {
  WorkerProcess server({.out = receiver_.port(), .in = "tls://127.0.0.1:0", .flags = shows(own_)});
  expect_refusal(server, "localhost", {"--tls-ca", stranger_.file()},
                 "its certificate is not from an authority that --tls-ca trusts");
  expect_refusal(server, "localhost", {},
                 "its certificate is not from an authority that --tls-ca trusts");
  WorkerProcess old({.out = receiver_.port(),
                     .in = "tls://127.0.0.1:0",
                     .flags = shows(authority_.issue("old", {.begins_s = -90, .ends_s = -60}))});
  expect_refusal(old, "localhost", {"--tls-ca", authority_.file()},
                 "its certificate has expired; it needs a new one");
  WorkerProcess named({.out = receiver_.port(),
                       .in = "tls://127.0.0.1:0",
                       .flags = shows(authority_.issue("named", {.names = "DNS:elsewhere"}))});
  expect_refusal(named, "127.0.0.1", {"--tls-ca", authority_.file()},
                 "its certificate is not for '127.0.0.1'; connect by a name that it is for");
  WorkerProcess strict({.out = receiver_.port(),
                        .in = "tls://127.0.0.1:0",
                        .flags = shows_and(own_, "--tls-client-ca", authority_.file())});
  expect_refusal(strict, "localhost", {"--tls-ca", authority_.file()},
                 "it demands a client certificate; give one by --tls-certificate and --tls-key");
}

TEST_F(TlsSink, AReceiverWithoutTlsIsRefused) {
  WorkerProcess worker({.to = "tls://127.0.0.1:" + std::to_string(receiver_.port())});
  ASSERT_TRUE(eventually(5, [&] { return receiver_.connections() > 0; }));
  receiver_.say("220 who is there?\r\n");
  EXPECT_TRUE(says(worker, ": it does not speak TLS; leave tls:// out of one address or add it"))
      << worker.log();
  end(worker);
}

TEST_F(Tls, StartIsRefusedWithASentence) {
  const auto refused = [&](std::vector<std::string> flags, const std::string& why) {
    flags.insert(flags.begin(), "--");
    const Ended ended = run_to_end(flags);
    EXPECT_EQ(ended.exit, 2) << ended.said;
    EXPECT_NE(ended.said.find(why), std::string::npos) << ended.said;
  };
  refused({"--in", "tls://127.0.0.1:0"},
          "error: source 'text' cannot listen: cannot listen on tls://127.0.0.1:0 without a "
          "certificate; give --tls-certificate and --tls-key");
  refused({"--in", "127.0.0.1:0", "--http", "tls://127.0.0.1:0"},
          "error: cannot serve status on tls://127.0.0.1:0 (flag --http): it speaks HTTP without "
          "TLS");
  ASSERT_EQ(::chmod(own_.key.c_str(), 0644), 0);
  refused(
      {"--in", "tls://127.0.0.1:0", "--tls-certificate", own_.certificate, "--tls-key", own_.key},
      "error: --tls-key " + own_.key + ": others than its owner may use it (mode 0644)");
}

TEST_F(Tls, FilesThatNothingUsesAreWarnedAbout) {
  WorkerProcess worker({.out = receiver_.port(), .flags = shows(own_)});
  EXPECT_TRUE(says(worker, "files for TLS are given but nothing uses TLS"));
  end(worker);
}

}  // namespace
}  // namespace wallaroo::e2e
