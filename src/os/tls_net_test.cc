// TLS over real loopback sockets: who is refused and what is said about it, and what hostile or
// careless peers can do.
#include "os/tls_net.h"

#include <gtest/gtest.h>
#include <malloc.h>

#include <array>
#include <map>
#include <optional>

#include "os/certificates_test.h"
#include "os/clock.h"
#include "os/epoll_net.h"
#include "os/one_byte_net_test.h"

namespace wallaroo::os {
namespace {

using io::ConnectionId;
using io::IoStatus;
using io::NetEventKind;

/// A net and everything it has told.
class End {
 public:
  explicit End(std::unique_ptr<SystemNet> made) : net_(std::move(made)) {}
  SystemNet& net() { return *net_; }

  void poll() {
    std::array<io::NetEvent, 4> events;
    for (const io::NetEvent& event : std::span(events).first(net_->poll(events))) {
      if (event.kind == NetEventKind::accepted) accepted_ = event.connection;
      ++told_[{event.connection.value, event.kind}];
    }
  }
  ConnectionId accepted() const { return accepted_; }
  bool told(ConnectionId connection, NetEventKind kind) const {
    return told_.contains({connection.value, kind});
  }
  /// Reads what is there; the status that ended it is kept.
  std::string& read(ConnectionId connection) {
    std::array<char, 1000> part;
    io::IoResult got;
    while ((got = net_->read(connection, part)).status == IoStatus::ok)
      text_.append(part.data(), got.bytes);
    status_ = got.status;
    return text_;
  }
  IoStatus status() const { return status_; }

 private:
  const std::unique_ptr<SystemNet> net_;
  ConnectionId accepted_{0};
  std::map<std::pair<uint64_t, NetEventKind>, int> told_;
  std::string text_;
  IoStatus status_ = IoStatus::would_block;
};

/// The start of a TLS handshake whose first message announces `bytes`.
std::string client_hello(size_t bytes) {
  std::string text("\x16\x03\x01\x02\x00\x01\x00\x00\x00\x03\x03", 11);
  text[6] = static_cast<char>(bytes >> 16);
  text[7] = static_cast<char>(bytes >> 8);
  text[8] = static_cast<char>(bytes);
  return text;
}

class TlsNetTest : public testing::Test {
 protected:
  std::unique_ptr<TlsNet> make(const TlsFiles& files, const TlsNetOptions& options = {},
                               bool one_byte = false) {
    const auto context = TlsContext::make(files);
    EXPECT_TRUE(context.has_value()) << context.error().message;
    std::unique_ptr<SystemNet> below = *EpollNet::make();
    below_ = below.get();
    if (one_byte) below = std::make_unique<OneByteNet>(std::move(below));
    return std::make_unique<TlsNet>(std::move(below), *context, options);
  }
  TlsFiles server_files(const TestCertificate& own, const std::string& client_ca = "") const {
    return {.certificate = own.certificate, .key = own.key, .client_ca = client_ca};
  }
  TlsFiles client_files() const { return {.ca = authority_.file()}; }

  void serve(std::unique_ptr<TlsNet> net) {
    server_.emplace(std::move(net));
    const auto listener = server_->net().listen({"127.0.0.1", 0, true});
    ASSERT_TRUE(listener.has_value()) << listener.error().message;
    address_ = server_->net().listen_address(*listener);
    EXPECT_TRUE(address_.tls);
  }
  void serve(const TlsNetOptions& options = {}) {
    serve(make(server_files(authority_.issue("server")), options));
  }
  /// A client that knows the server as `name`; empty: by its address.
  void connect(std::unique_ptr<SystemNet> net, const std::string& name = "localhost") {
    client_.emplace(std::move(net));
    address_.name = name;
    out_ = *client_->net().connect(address_);
  }
  void connect_plain() {
    address_.tls = false;
    connect(*EpollNet::make());
  }
  template <class Condition>
  bool until(Condition condition, int64_t patience_ns = 5'000'000'000) {
    const int64_t end = read_clock().mono_ns + patience_ns;
    while (!condition()) {
      if (read_clock().mono_ns > end) return false;
      server_->poll();
      if (client_) client_->poll();
    }
    return true;
  }
  bool is_open() {
    return until([&] {
      return client_->told(out_, NetEventKind::connected) &&
             server_->told(server_->accepted(), NetEventKind::readable);
    });
  }
  std::string server_reason() {
    EXPECT_TRUE(until([&] { return server_->told(server_->accepted(), NetEventKind::closed); }));
    return server_->net().close_reason(server_->accepted());
  }
  std::string client_reason() {
    EXPECT_TRUE(until([&] { return client_->told(out_, NetEventKind::closed); }));
    return client_->net().close_reason(out_);
  }
  static size_t write(End& end, ConnectionId connection, std::string_view text) {
    const std::span<const char> part(text.data(), text.size());
    return end.net().writev(connection, {&part, 1}).bytes;
  }
  void send_plain(std::string_view text) {
    ASSERT_TRUE(until([&] { return client_->told(out_, NetEventKind::connected); }));
    ASSERT_EQ(write(*client_, out_, text), text.size());
  }

  TestFolder folder_;
  TestAuthority authority_{folder_, "authority"};
  TestAuthority stranger_{folder_, "stranger"};
  SystemNet* below_ = nullptr;  // of the net made last
  io::Address address_;
  std::optional<End> server_;
  std::optional<End> client_;
  ConnectionId out_{0};
};

TEST_F(TlsNetTest, names_and_addresses_of_the_certificate_are_accepted) {
  serve();
  for (const char* name : {"localhost", "127.0.0.1", ""}) {
    connect(make(client_files()), name);
    EXPECT_TRUE(is_open()) << name << ": " << client_->net().close_reason(out_);
  }
}

TEST_F(TlsNetTest, a_wrong_authority_is_refused_and_both_say_so) {
  serve();
  connect(make({.ca = stranger_.file()}));
  EXPECT_EQ(client_reason(), "its certificate is not from an authority that --tls-ca trusts");
  EXPECT_EQ(server_reason(), "it refused us with the alert 'unknown CA'");
  client_->read(out_);
  EXPECT_EQ(client_->status(), IoStatus::broken);
}

TEST_F(TlsNetTest, an_expired_certificate_is_refused) {
  serve(make(server_files(authority_.issue("old", {.begins_s = -7200, .ends_s = -60}))));
  connect(make(client_files()));
  EXPECT_EQ(client_reason(), "its certificate has expired; it needs a new one");
}

TEST_F(TlsNetTest, a_certificate_from_the_future_is_refused) {
  serve(make(server_files(authority_.issue("new", {.begins_s = 600}))));
  connect(make(client_files()));
  EXPECT_EQ(client_reason(), "its certificate is not valid yet; check the clocks of both machines");
}

TEST_F(TlsNetTest, a_wrong_name_and_a_wrong_address_are_refused) {
  serve(make(server_files(authority_.issue("named", {.names = "DNS:right.example,IP:127.0.0.9"}))));
  for (const char* name : {"wrong.example", "127.0.0.1", "localhost"}) {
    connect(make(client_files()), name);
    EXPECT_EQ(client_reason(), std::string("its certificate is not for '") + name +
                                   "'; connect by a name that it is for");
  }
  connect(make(client_files()), "right.example");
  EXPECT_TRUE(is_open());
}

TEST_F(TlsNetTest, a_demanded_client_certificate_is_shown_and_confirmed) {
  serve(make(server_files(authority_.issue("server"), authority_.file())));
  TlsFiles files = server_files(authority_.issue("client"));
  files.ca = authority_.file();
  // Long, so that it must be the server's word that ends the wait.
  connect(make(files, {.confirm_ns = 60'000'000'000}));
  EXPECT_TRUE(is_open()) << client_->net().close_reason(out_);
}

TEST_F(TlsNetTest, a_client_without_a_demanded_certificate_is_refused) {
  serve(make(server_files(authority_.issue("server"), authority_.file())));
  connect(make(client_files(), {.confirm_ns = 60'000'000'000}));
  EXPECT_EQ(server_reason(), "it shows no client certificate, which --tls-client-ca demands");
  EXPECT_NE(client_reason().find("it demands a client certificate"), std::string::npos);
  EXPECT_FALSE(client_->told(out_, NetEventKind::connected));
}

TEST_F(TlsNetTest, a_client_certificate_of_a_wrong_authority_is_refused) {
  serve(make(server_files(authority_.issue("server"), authority_.file())));
  TlsFiles files = server_files(stranger_.issue("client"));
  files.ca = authority_.file();
  connect(make(files, {.confirm_ns = 60'000'000'000}));
  EXPECT_EQ(server_reason(),
            "its certificate is not from an authority that --tls-client-ca trusts");
  EXPECT_EQ(client_reason(), "it refused us with the alert 'unknown CA'");
}

TEST_F(TlsNetTest, a_plaintext_peer_is_refused_at_its_first_byte) {
  for (const char* text : {"h", "GET / HTTP/1.1\r\n\r\n", "\x17\x03\x03\x00\x10 data first"}) {
    serve();
    connect_plain();
    send_plain(text);
    EXPECT_EQ(server_reason(),
              "it does not speak TLS; let it connect with TLS, or listen without tls://");
    server_->net().close(server_->accepted());
    EXPECT_TRUE(until([&] { return client_->told(out_, NetEventKind::closed); }))
        << "it must learn that what it sent was refused";
  }
}

TEST_F(TlsNetTest, a_plaintext_server_is_refused) {
  server_.emplace(*EpollNet::make());
  const auto listener = *server_->net().listen({"127.0.0.1", 0});
  address_ = server_->net().listen_address(listener);
  address_.tls = true;
  connect(make(client_files()));
  ASSERT_TRUE(until([&] { return server_->accepted().value != 0; }));
  write(*server_, server_->accepted(), "220 mail.example ready\r\n");
  EXPECT_EQ(client_reason(),
            "it does not speak TLS; leave tls:// out of one address or add it to the other");
}

TEST_F(TlsNetTest, a_handshake_cut_at_every_byte_is_told) {
  const std::string hello = client_hello(500);
  for (size_t bytes = 1; bytes <= hello.size(); ++bytes) {
    serve();
    connect_plain();
    send_plain(hello.substr(0, bytes));
    client_->net().shutdown_write(out_);
    EXPECT_EQ(server_reason(), "it ended the connection inside the TLS handshake") << bytes;
  }
}

TEST_F(TlsNetTest, a_peer_that_comes_and_goes_without_a_byte_is_no_failure) {
  serve();
  connect_plain();
  ASSERT_TRUE(until([&] { return server_->accepted().value != 0; }));
  client_->net().shutdown_write(out_);
  const ConnectionId in = server_->accepted();
  ASSERT_TRUE(until([&] { return server_->told(in, NetEventKind::readable); }));
  server_->read(in);
  EXPECT_EQ(server_->status(), IoStatus::eof);
  EXPECT_EQ(server_->net().close_reason(in), "");
}

TEST_F(TlsNetTest, a_reset_inside_the_handshake_is_told) {
  serve();
  connect_plain();
  send_plain(client_hello(500));
  for (int i = 0; i < 50; ++i) server_->poll();
  client_->net().abort(out_);
  EXPECT_EQ(server_reason(), "the connection broke inside the TLS handshake");
}

TEST_F(TlsNetTest, a_silent_and_a_slow_peer_run_out_of_time) {
  const TlsNetOptions options{.handshake_ns = 100'000'000};
  for (const std::string& sent : {std::string(), client_hello(500)}) {
    serve(options);
    connect_plain();
    if (!sent.empty()) send_plain(sent);
    EXPECT_EQ(server_reason(), "it did not finish the TLS handshake within 0.1 s");
  }
}

TEST_F(TlsNetTest, a_server_that_says_nothing_runs_out_of_time) {
  server_.emplace(*EpollNet::make());
  const auto listener = *server_->net().listen({"127.0.0.1", 0});
  address_ = server_->net().listen_address(listener);
  address_.tls = true;
  connect(make(client_files(), {.handshake_ns = 100'000'000}));
  EXPECT_EQ(client_reason(), "it did not finish the TLS handshake within 0.1 s");
}

TEST_F(TlsNetTest, waiting_ends_in_time_for_a_handshake_that_does_not) {
  serve({.handshake_ns = 50'000'000});
  connect_plain();
  ASSERT_TRUE(until([&] { return server_->accepted().value != 0; }));
  for (int i = 0; i < 100 && !server_->told(server_->accepted(), NetEventKind::closed); ++i) {
    server_->net().wait(60'000'000'000);
    server_->poll();
  }
  EXPECT_TRUE(server_->told(server_->accepted(), NetEventKind::closed));
}

TEST_F(TlsNetTest, a_first_message_that_is_too_long_is_refused_when_announced) {
  serve();
  connect_plain();
  send_plain(client_hello(100'000));
  EXPECT_EQ(server_reason(), "the first message of its TLS handshake is too long");
}

TEST_F(TlsNetTest, peers_inside_the_handshake_keep_less_than_64_KiB_each) {
  constexpr size_t kPeers = 100;
  serve();
  client_.emplace(*EpollNet::make());
  address_.tls = false;
  std::vector<ConnectionId> peers;
  const size_t before = ::mallinfo2().uordblks + ::mallinfo2().hblkhd;
  for (size_t i = 0; i < kPeers; ++i) {
    const ConnectionId peer = *client_->net().connect(address_);
    ASSERT_TRUE(until([&] { return client_->told(peer, NetEventKind::connected); }));
    // The most that is believed, and nearly all of what the first record may hold.
    write(*client_, peer, client_hello(8'000) + std::string(500, 'x'));
    peers.push_back(peer);
    for (int polls = 0; polls < 20; ++polls) server_->poll();
  }
  const size_t after = ::mallinfo2().uordblks + ::mallinfo2().hblkhd;
  EXPECT_LT(after - before, kPeers * 64 * 1024);
  EXPECT_FALSE(server_->told(server_->accepted(), NetEventKind::closed));
}

TEST_F(TlsNetTest, bytes_pass_one_at_a_time_in_both_directions_and_end_in_order) {
  serve(make(server_files(authority_.issue("server"), authority_.file()), {}, true));
  TlsFiles files = server_files(authority_.issue("client"));
  files.ca = authority_.file();
  connect(make(files, {}, true));
  ASSERT_TRUE(is_open()) << client_->net().close_reason(out_);
  const ConnectionId in = server_->accepted();
  std::string text;
  for (int i = 0; i < 4000; ++i) text += static_cast<char>('a' + i % 26);
  size_t sent = 0, answered = 0;
  std::string there, back;
  ASSERT_TRUE(until([&] {
    if (sent < text.size()) sent += write(*client_, out_, text.substr(sent, 700));
    if (answered < text.size()) answered += write(*server_, in, text.substr(answered, 99));
    there = server_->read(in);
    back = client_->read(out_);
    return there.size() == text.size() && back.size() == text.size();
  })) << there.size()
      << " " << back.size();
  EXPECT_EQ(there, text);
  EXPECT_EQ(back, text);
  client_->net().shutdown_write(out_);
  ASSERT_TRUE(until([&] {
    server_->read(in);
    return server_->status() != IoStatus::would_block;
  }));
  EXPECT_EQ(server_->status(), IoStatus::eof);
}

TEST_F(TlsNetTest, an_end_without_goodbye_is_broken_and_told) {
  serve();
  connect(make(client_files()));
  SystemNet* below_client = below_;
  ASSERT_TRUE(is_open());
  ASSERT_EQ(write(*client_, out_, "the first half"), 14u);
  below_client->shutdown_write(out_);  // as somebody on the way could make it look
  const ConnectionId in = server_->accepted();
  ASSERT_TRUE(until([&] {
    server_->read(in);
    return server_->status() != IoStatus::would_block;
  }));
  EXPECT_EQ(server_->read(in), "the first half");
  EXPECT_EQ(server_->status(), IoStatus::broken);
  EXPECT_EQ(
      server_->net().close_reason(in),
      "it ended the connection without the goodbye of TLS, so what it sent last may be missing");
}

TEST_F(TlsNetTest, bytes_changed_on_the_way_break_the_connection) {
  serve();
  connect(make(client_files()));
  SystemNet* below_client = below_;
  ASSERT_TRUE(is_open());
  const std::string forged("\x17\x03\x03\x00\x20" + std::string(32, 'f'));
  const std::string whole = std::string("\x17\x03\x03\0\x20", 5) + forged.substr(0, 32);
  const std::span<const char> part(whole);
  ASSERT_EQ(below_client->writev(out_, {&part, 1}).bytes, whole.size());
  const ConnectionId in = server_->accepted();
  ASSERT_TRUE(until([&] {
    server_->read(in);
    return server_->status() != IoStatus::would_block;
  }));
  EXPECT_EQ(server_->status(), IoStatus::broken);
  EXPECT_EQ(server_->read(in), "");
  EXPECT_NE(server_->net().close_reason(in).find("TLS failed: "), std::string::npos);
}

TEST_F(TlsNetTest, a_slow_reader_leaves_a_bounded_rest_that_still_arrives) {
  serve();
  connect(make(client_files()));
  ASSERT_TRUE(is_open());
  const ConnectionId in = server_->accepted();
  const std::string block(100'000, 'x');
  size_t sent = 0;
  while (const size_t some = write(*client_, out_, block)) sent += some;
  EXPECT_GT(client_->net().unsent_bytes(out_), 0u);
  EXPECT_LT(client_->net().unsent_bytes(out_), 128u * 1024);
  client_->net().shutdown_write(out_);
  ASSERT_TRUE(until([&] {
    server_->read(in);
    return server_->status() != IoStatus::would_block;
  }));
  EXPECT_EQ(server_->status(), IoStatus::eof);
  EXPECT_EQ(server_->read(in).size(), sent);
  EXPECT_EQ(client_->net().unsent_bytes(out_), 0u);
}

TEST_F(TlsNetTest, a_connection_that_moves_at_once_shakes_hands_where_it_arrives) {
  serve();
  connect(make(client_files()));
  ASSERT_TRUE(until([&] { return server_->accepted().value != 0; }));
  End other(make(server_files(authority_.issue("server"))));
  const ConnectionId there = other.net().adopt(server_->net().detach(server_->accepted()));
  ASSERT_TRUE(until([&] {
    other.poll();
    return other.told(there, NetEventKind::readable) &&
           client_->told(out_, NetEventKind::connected);
  }));
  ASSERT_EQ(write(*client_, out_, "moved"), 5u);
  ASSERT_TRUE(until([&] { return other.read(there) == "moved"; }));
}

TEST_F(TlsNetTest, the_time_for_the_handshake_goes_on_after_a_move) {
  serve({.handshake_ns = 100'000'000});
  connect_plain();
  ASSERT_TRUE(until([&] { return server_->accepted().value != 0; }));
  End other(make(server_files(authority_.issue("server"))));
  const ConnectionId there = other.net().adopt(server_->net().detach(server_->accepted()));
  EXPECT_TRUE(until([&] {
    other.poll();
    return other.told(there, NetEventKind::closed);
  }));
}

TEST_F(TlsNetTest, old_versions_are_refused) {
  serve();
  connect_plain();
  // TLS 1.1 in all places, two cipher suites, no extensions.
  std::string hello("\x16\x03\x01\x00\x2f\x01\x00\x00\x2b\x03\x02", 11);
  hello += std::string(32, 'r') + std::string("\x00\x00\x04\xc0\x13\x00\x2f\x01\x00", 9);
  hello[4] = static_cast<char>(hello.size() - 5);
  hello[8] = static_cast<char>(hello.size() - 9);
  send_plain(hello);
  EXPECT_EQ(server_reason(), "it does not speak TLS 1.2 or newer");
}

TEST_F(TlsNetTest, without_a_certificate_nobody_can_listen) {
  const auto net = make(client_files());
  const auto listener = net->listen({"127.0.0.1", 0, true});
  ASSERT_FALSE(listener.has_value());
  EXPECT_EQ(listener.error().code, ErrorCode::bad_option);
  EXPECT_EQ(listener.error().message,
            "cannot listen on tls://127.0.0.1:0 without a certificate; give --tls-certificate and "
            "--tls-key, or leave tls:// out of the address");
}

}  // namespace
}  // namespace wallaroo::os
