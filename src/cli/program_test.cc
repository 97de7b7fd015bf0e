// The program itself, run as a user runs it, over loopback.
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "cli/program_test.h"
#include "os/certificates_test.h"
#include "os/descriptor.h"
#include "os/http_server.h"

namespace wallaroo::cli {

const char* program_path() { return WALLAROO_PROGRAM; }

namespace {

std::string read_file(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::string numbered_lines(int count) {
  std::string text;
  for (int i = 0; i < count; ++i)
    text += "line " + std::to_string(i) + std::string(size_t(i % 97), '.') + '\n';
  return text;
}

std::vector<std::string> sorted_lines(const std::string& text) {
  std::istringstream in(text);
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  std::sort(lines.begin(), lines.end());
  return lines;
}

TEST_F(ProgramTest, sends_and_receives_lines_in_order) {
  const std::string text = numbered_lines(50'000) + "\n\nno newline at the end";
  const std::string out = scratch_ / "out";
  Program receive({"receive", "--listen", ":0", "--file", out, "--until-closed"});
  Program send({"send", "--to", receive.listening(), "--file", write("in", text)});
  EXPECT_EQ(send.wait(), 0) << send.err;
  EXPECT_EQ(receive.wait(), 0) << receive.err;
  EXPECT_TRUE(read_file(out) == text + '\n');
  EXPECT_NE(send.err.find("sent 50,003 messages"), std::string::npos) << send.err;
  EXPECT_NE(receive.err.find("received 50,003 messages"), std::string::npos) << receive.err;
}

TEST_F(ProgramTest, sends_and_receives_over_tls) {
  const os::TestFolder folder;
  const os::TestAuthority authority(folder, "authority");
  const os::TestAuthority stranger(folder, "stranger");
  const os::TestCertificate own = authority.issue("receiver");
  const std::string text = numbered_lines(20'000);
  Program receive({"receive", "--listen", "tls://127.0.0.1:0", "--until-closed",
                   "--tls-certificate", own.certificate, "--tls-key", own.key, "--connections-min",
                   "2"});
  const std::string to = receive.listening();
  EXPECT_TRUE(to.starts_with("tls://127.0.0.1:")) << to;
  const std::string in = write("in", text);
  Program wrong({"send", "--to", to, "--file", in, "--tls-ca", stranger.file()});
  EXPECT_EQ(wrong.wait(), 4);
  EXPECT_NE(wrong.err.find("cannot connect to " + to +
                           ": its certificate is not from an authority that --tls-ca trusts"),
            std::string::npos)
      << wrong.err;
  Program send({"send", "--to", to, "--file", in, "--tls-ca", authority.file()});
  EXPECT_EQ(receive.wait(), 0) << receive.err;
  EXPECT_EQ(send.wait(), 0) << send.err;
  EXPECT_TRUE(receive.out == text);
  EXPECT_NE(receive.err.find(" lost its connection: it refused us with the alert 'unknown CA'"),
            std::string::npos)
      << receive.err;
}

TEST_F(ProgramTest, receives_from_other_machines_only_with_tls_or_consent) {
  Program refused({"receive", "--listen", "0.0.0.0:0", "--timeout", "0.1"});
  EXPECT_EQ(refused.wait(), 2);
  EXPECT_NE(refused.err.find("cannot listen on 0.0.0.0:0 without TLS, where other machines can "
                             "connect; listen on tls:// or 127.0.0.1, or accept that with "
                             "--insecure"),
            std::string::npos)
      << refused.err;
  Program taken({"receive", "--listen", "0.0.0.0:0", "--timeout", "0.1", "--insecure"});
  EXPECT_EQ(taken.wait(), 0) << taken.err;
  EXPECT_NE(taken.err.find("wallaroo: --insecure: anybody who can reach this machine can send to "
                           "0.0.0.0:0"),
            std::string::npos)
      << taken.err;
}

TEST_F(ProgramTest, deals_frames_to_several_connections_and_never_mixes_them) {
  const std::string text = numbered_lines(5'000);
  Program receive({"receive", "--listen", ":0", "--framed", "--file", "-", "--until-closed",
                   "--connections-min", "4"});
  Program send({"send", "--to", receive.listening(), "--framed", "--file", write("in", text),
                "--repeat", "3", "--connections", "4", "--write-bytes", "1KiB"});
  EXPECT_EQ(receive.wait(), 0) << receive.err;
  EXPECT_EQ(send.wait(), 0) << send.err;
  EXPECT_TRUE(sorted_lines(receive.out) == sorted_lines(text + text + text));
  EXPECT_NE(receive.err.find("4 connections"), std::string::npos) << receive.err;
}

TEST_F(ProgramTest, ends_after_the_count_and_writes_no_more) {
  for (const char* framing : {"--lines", "--framed"}) {
    const std::string text = numbered_lines(1'000);
    Program receive({"receive", "--listen", ":0", framing, "--count", "0.7k", "--quiet"});
    Program send(
        {"send", "--to", receive.listening(), framing, "--quiet", "--file", write("in", text)});
    EXPECT_EQ(receive.wait(), 0) << receive.err;
    EXPECT_TRUE(receive.out == numbered_lines(700));
    send.wait();  // may or may not notice that the receiver has gone
  }
}

TEST_F(ProgramTest, sends_standard_input_and_keeps_the_rate) {
  Program receive({"receive", "--listen", ":0", "--until-closed", "--quiet"});
  const std::string to = receive.listening();
  Program send({"send", "--to", to, "--rate", "2k"}, write("in", numbered_lines(1'000)));
  EXPECT_EQ(send.wait(), 0) << send.err;
  const size_t at = send.err.find(" in ");
  ASSERT_NE(at, std::string::npos) << send.err;
  const double seconds = std::stod(send.err.substr(at + 4));  // without the program's start
  EXPECT_EQ(receive.wait(), 0);
  EXPECT_TRUE(receive.out == numbered_lines(1'000));
  EXPECT_GE(seconds, 0.4);  // 1,000 messages at 2,000 a second
  EXPECT_LE(seconds, 0.6);
}

TEST_F(ProgramTest, waits_for_a_receiver_that_starts_later) {
  std::string address;
  {
    Program probe({"receive", "--listen", ":0", "--timeout", "0"});
    address = probe.listening();
    EXPECT_EQ(probe.wait(), 0) << probe.err;
  }
  Program send({"send", "--to", address, "--file", write("in", "hello\n")});
  Program receive({"receive", "--listen", address, "--until-closed", "--timeout", "20"});
  EXPECT_EQ(receive.wait(), 0) << receive.err;
  EXPECT_EQ(send.wait(), 0) << send.err;
  EXPECT_EQ(receive.out, "hello\n");
}

TEST_F(ProgramTest, says_how_it_ended_in_its_exit_code) {
  Program refused({"send", "--to", ":1", "--connect-timeout", "0.1", "--file", write("in", "x\n")});
  EXPECT_EQ(refused.wait(), 4);
  EXPECT_NE(refused.err.find("start the worker first"), std::string::npos) << refused.err;
  Program late({"receive", "--listen", ":0", "--count", "1", "--timeout", "0.1"});
  EXPECT_EQ(late.wait(), 5);
  Program stopped({"receive", "--listen", ":0"});
  stopped.listening();
  stopped.signal(SIGINT);
  EXPECT_EQ(stopped.wait(), 130);
  Program absent({"send", "--to", ":1", "--file", "/absent/file"});
  EXPECT_EQ(absent.wait(), 1);
  EXPECT_NE(absent.err.find("cannot open /absent/file"), std::string::npos) << absent.err;
  Program first({"receive", "--listen", ":0", "--count", "1"});
  const std::string kept = write("kept", "precious\n");
  Program second({"receive", "--listen", first.listening(), "--file", kept});
  EXPECT_EQ(second.wait(), 1);
  EXPECT_EQ(read_file(kept), "precious\n") << "nothing came, so nothing is emptied";
  EXPECT_NE(second.err.find("another program listens there"), std::string::npos) << second.err;
  Program unwritable({"receive", "--listen", ":0", "--file", "/absent/file"});
  EXPECT_EQ(unwritable.wait(), 2);
  Program full({"receive", "--listen", ":0", "--file", "/dev/full", "--until-closed"});
  Program sender({"send", "--to", full.listening(), "--file", write("in", "x\n")});
  EXPECT_EQ(full.wait(), 1);
  EXPECT_NE(full.err.find("No space left"), std::string::npos) << full.err;
}

/// A peer that takes one connection.
class Peer {
 public:
  Peer() {
    sockaddr_in own{};
    own.sin_family = AF_INET;
    own.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof own;
    EXPECT_EQ(bind(listener_.get(), reinterpret_cast<sockaddr*>(&own), length), 0);
    EXPECT_EQ(listen(listener_.get(), 1), 0);
    EXPECT_EQ(getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&own), &length), 0);
    address = ":" + std::to_string(ntohs(own.sin_port));
  }
  void accept() { connection_.reset(::accept(listener_.get(), nullptr, nullptr)); }
  /// False at the end of the stream.
  bool read_some() {
    char bytes[4096];
    return ::recv(connection_.get(), bytes, sizeof bytes, 0) > 0;
  }
  void reset() {
    const linger at_once{.l_onoff = 1, .l_linger = 0};
    setsockopt(connection_.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    connection_.reset();
  }
  void close() { connection_.reset(); }

  std::string address;

 private:
  Descriptor listener_{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  Descriptor connection_;
};

// A worker that found no frame in lines closed its connection, and the sender reported success.
TEST_F(ProgramTest, fails_when_the_peer_refuses_what_was_sent) {
  Peer refusing;
  Program refused({"send", "--to", refusing.address, "--file", write("in", "a\nb\n")});
  refusing.accept();
  while (refusing.read_some()) {
  }
  refusing.reset();
  EXPECT_EQ(refused.wait(), 1);
  EXPECT_NE(refused.err.find("refused them; look at its log"), std::string::npos) << refused.err;

  Peer leaving;
  Program cut({"send", "--to", leaving.address, "--rate", "10", "--file",
               write("many", numbered_lines(1'000))});
  leaving.accept();
  EXPECT_TRUE(leaving.read_some());
  leaving.close();
  EXPECT_EQ(cut.wait(), 1);
  const std::string closed = "to 127.0.0.1" + leaving.address + " broke after ";
  EXPECT_NE(cut.err.find(closed), std::string::npos) << cut.err;
  EXPECT_NE(cut.err.find("the peer closed it before everything was sent"), std::string::npos)
      << cut.err;
}

// The sender, with nothing more to say, did not look once more before it closed its own half.
TEST_F(ProgramTest, fails_when_the_peer_closes_just_before_the_input_ends) {
  const std::string fifo = scratch_ / "fifo";
  ASSERT_EQ(mkfifo(fifo.c_str(), 0600), 0);
  Descriptor input(open(fifo.c_str(), O_RDWR | O_CLOEXEC));
  Peer leaving;
  Program send({"send", "--to", leaving.address}, fifo);
  ASSERT_EQ(::write(input.get(), "a\n", 2), 2);
  leaving.accept();
  EXPECT_TRUE(leaving.read_some());
  send.halt();
  leaving.close();
  input.reset();
  send.signal(SIGCONT);
  EXPECT_EQ(send.wait(), 1);
  EXPECT_NE(send.err.find("broke after 1 messages: the peer closed it"), std::string::npos)
      << send.err;
}

TEST_F(ProgramTest, says_that_the_reader_of_its_output_has_ended) {
  Program receive({"receive", "--listen", ":0"});
  const std::string to = receive.listening();
  receive.close_out();
  Program send({"send", "--to", to, "--file", write("in", "x\n")});
  EXPECT_EQ(receive.wait(), 1);
  EXPECT_NE(receive.err.find("cannot write to standard output: the program that read it has ended"),
            std::string::npos)
      << receive.err;
  EXPECT_EQ(receive.err.find("make room"), std::string::npos) << receive.err;
  send.wait();  // may or may not notice that the receiver has gone
}

TEST_F(ProgramTest, refuses_a_directory_before_it_connects) {
  Program send({"send", "--to", ":1", "--connect-timeout", "0.1", "--file", scratch_});
  EXPECT_EQ(send.wait(), 1);
  EXPECT_NE(send.err.find(scratch_.string() + ": it is a directory"), std::string::npos)
      << send.err;
}

TEST_F(ProgramTest, reports_a_stream_that_is_not_framed) {
  Program receive({"receive", "--listen", ":0", "--framed", "--until-closed"});
  Program send(
      {"send", "--to", receive.listening(), "--lines", "--file", write("in", numbered_lines(10))});
  EXPECT_EQ(receive.wait(), 1);
  EXPECT_EQ(receive.out, "");
  EXPECT_NE(receive.err.find("check that --lines or --framed"), std::string::npos) << receive.err;
}

/// A socket for datagrams on a port of its own, which gives up after ten seconds.
struct DatagramSocket {
  DatagramSocket() : socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(bind(socket.get(), reinterpret_cast<const sockaddr*>(&at), sizeof at), 0);
    socklen_t length = sizeof at;
    EXPECT_EQ(getsockname(socket.get(), reinterpret_cast<sockaddr*>(&at), &length), 0);
    address = "127.0.0.1:" + std::to_string(ntohs(at.sin_port));
    const timeval limit{.tv_sec = 10, .tv_usec = 0};
    setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  }
  std::string read() {
    std::array<char, 65'536> buffer;
    const ssize_t count = recv(socket.get(), buffer.data(), buffer.size(), 0);
    return count < 0 ? "nothing" : std::string(buffer.data(), size_t(count));
  }

  Descriptor socket;
  std::string address;
};

TEST_F(ProgramTest, sends_each_line_as_a_datagram) {
  DatagramSocket there;
  Program send({"send", "--to", there.address, "--udp", "--repeat", "2", "--rate", "1000", "--file",
                write("in", "one\n\nthree")});
  EXPECT_EQ(send.wait(), 0) << send.err;
  EXPECT_NE(send.err.find("6 messages"), std::string::npos) << send.err;
  for (int round = 0; round < 2; ++round) {
    for (const char* line : {"one", "", "three"}) EXPECT_EQ(there.read(), line);
  }
}

TEST_F(ProgramTest, says_that_nobody_receives_datagrams) {
  std::string address;
  {
    const DatagramSocket gone;
    address = gone.address;
  }
  Program send({"send", "--to", address, "--udp", "--file", write("in", "one\n")});
  EXPECT_EQ(send.wait(), 4) << send.err;
  EXPECT_NE(send.err.find("nobody receives there"), std::string::npos) << send.err;
}

TEST_F(ProgramTest, says_which_line_is_too_long_for_a_datagram) {
  const DatagramSocket there;
  Program send({"send", "--to", there.address, "--udp", "--file",
                write("in", "short\n" + std::string(70'000, 'x') + "\n")});
  EXPECT_EQ(send.wait(), 2);
  EXPECT_NE(send.err.find("message 2 has 70000 bytes"), std::string::npos) << send.err;
}

TEST_F(ProgramTest, explains_wrong_usage) {
  struct Case {
    std::vector<std::string> arguments;
    std::string sentence;
  };
  for (const Case& wrong : std::vector<Case>{
           {{}, "subcommand"},
           {{"snd"}, "did you mean 'send'?"},
           {{"send"}, "--to is required"},
           {{"send", "--to", ":1", "--conections", "3"}, "did you mean --connections?"},
           {{"send", "--to", "nowhere"}, "it has no port"},
           {{"send", "--to", ":1", "--lines", "--framed"}, "excludes"},
           {{"send", "--to", ":1", "--udp", "--framed"}, "excludes"},
           {{"send", "--to", "tls://:1", "--udp"}, "datagrams are not encrypted"},
           {{"send", "--to", ":1", "--udp", "--connections", "2"}, "excludes"},
           {{"send", "--to", ":1", "--rate", "fast"}, "'fast' is not a number"},
           {{"send", "--to", ":1", "--rate", "nan"}, "'nan' is not a number"},
           {{"send", "--to", ":1", "--rate", "inf"}, "'inf' is not a number"},
           {{"send", "--to", ":1", "--connections", "0"}, "--connections"},
           {{"send", "--to", ":1", "--repeat", "0"}, "write at least 1"},
           {{"send", "--to", ":1", "--connect-timeout", "nan"}, "'nan' is not a time"},
           {{"send", "--to", ":1", "--close-timeout", "inf"}, "'inf' is not a time"},
           {{"send", "--to", ":1", "--write-bytes", "0"}, "write at least 1"},
           {{"receive", "--listen", ":0", "--timeout", "nan"}, "'nan' is not a time"},
           {{"send", "--to", ":1", "--repeat", "2"}, "--repeat needs --file"},
           {{"receive", "--listen", ":0", "--raw", "--count", "1"}, "excludes"},
           {{"status", "-o", "yaml"}, "yaml"},
           {{"new", "cobol", "dir"}, "cobol"},
           {{"help", "me"}, "there is no command 'me'"}}) {
    Program program(wrong.arguments);
    EXPECT_EQ(program.wait(), 2) << wrong.sentence;
    EXPECT_NE(program.err.find(wrong.sentence), std::string::npos) << program.err;
    EXPECT_EQ(program.out, "");
  }
}

TEST_F(ProgramTest, explains_itself) {
  for (const char* command : {"send", "receive", "status", "new"}) {
    Program with_flag({command, "--help"});
    EXPECT_EQ(with_flag.wait(), 0);
    Program with_word({"help", command});
    EXPECT_EQ(with_word.wait(), 0);
    EXPECT_EQ(with_flag.out, with_word.out);
    const size_t example = with_flag.out.find("  wallaroo " + std::string(command));
    EXPECT_LT(example, with_flag.out.find("Options:")) << with_flag.out;
  }
  Program version({"version"});
  EXPECT_EQ(version.wait(), 0);
  EXPECT_TRUE(version.out.starts_with("wallaroo 0.")) << version.out;
}

TEST_F(ProgramTest, shows_the_status_of_a_worker) {
  const std::string json = R"({"application":"words","sources":[{"name":"in","records":12}]})";
  const auto server = std::move(*os::HttpServer::start(
      {"127.0.0.1", 0}, [&](std::string_view, std::string_view path) -> os::HttpResponse {
        if (path != "/status") return {.status = 404};
        return {.body = json};
      }));
  const std::string address = "127.0.0.1:" + std::to_string(server->address().port);
  Program text({"status", "--http", address});
  EXPECT_EQ(text.wait(), 0) << text.err;
  EXPECT_EQ(text.out, "application  words\n\nsources\n  name  records\n  in         12\n");
  for (const std::vector<std::string>& flags :
       {std::vector<std::string>{"-o", "json"}, {"--json"}}) {
    std::vector<std::string> arguments{"status", "--http", address};
    arguments.insert(arguments.end(), flags.begin(), flags.end());
    Program raw(arguments);
    EXPECT_EQ(raw.wait(), 0) << raw.err;
    EXPECT_EQ(raw.out, json + '\n');
  }
  Program absent({"status", "--http", ":1"});
  EXPECT_EQ(absent.wait(), 4);
}

}  // namespace
}  // namespace wallaroo::cli
