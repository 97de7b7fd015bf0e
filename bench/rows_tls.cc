// What TLS costs a connection: `wallaroo send` into `wallaroo receive`, each on a core of its own.
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "child.h"
#include "rows.h"
#include "text_file.h"
#include "yardstick/net.h"

namespace wallaroo::bench {
namespace {

constexpr int kReceiverCore = 0, kSenderCore = 1;
constexpr uint64_t kEndNs = 60'000'000'000;

/// A key and its certificate for loopback, signed by itself, in a folder that goes with this
/// object.
class Certificate {
 public:
  Certificate()
      : folder_(std::filesystem::temp_directory_path() /
                ("wallaroo-bench-tls-" + std::to_string(getpid()))) {
    std::filesystem::create_directories(folder_);
    const std::string command =
        "umask 077 && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1 "
        "-subj /CN=bench -addext subjectAltName=IP:127.0.0.1 -keyout " +
        key() + " -out " + file() + " 2>/dev/null";
    if (std::system(command.c_str()) != 0) die("cannot make a certificate: " + command);
  }
  ~Certificate() { std::filesystem::remove_all(folder_); }
  Certificate(const Certificate&) = delete;
  Certificate& operator=(const Certificate&) = delete;

  std::string file() const { return folder_ / "certificate.pem"; }
  std::string key() const { return folder_ / "key.pem"; }

 private:
  const std::filesystem::path folder_;
};

void wait_for_end(Child& child, const std::string& what) {
  const uint64_t begin = now_ns();
  while (child.running()) {
    if (now_ns() - begin > kEndNs) die(what + " does not end");
    usleep(500);
  }
  if (child.stop(0) != 0) die(what + " failed");
}

/// Wall time until everything has come.
double transfer_ns(const std::string& tool, const std::string& file, int times,
                   const Certificate* certificate) {
  const std::string address = (certificate != nullptr ? "tls://" : "") + loopback(free_port());
  std::vector<std::string> receive = {tool,    "receive",        "--listen", address,
                                      "--raw", "--until-closed", "--file",   "/dev/null"};
  std::vector<std::string> send = {tool,     "send", "--to",     address,
                                   "--file", file,   "--repeat", std::to_string(times)};
  if (certificate != nullptr) {
    receive.insert(receive.end(),
                   {"--tls-certificate", certificate->file(), "--tls-key", certificate->key()});
    send.insert(send.end(), {"--tls-ca", certificate->file()});
  }
  Child receiver(receive, kReceiverCore);
  usleep(100'000);  // so that the sender finds it listening
  const uint64_t begin = now_ns();
  Child sender(send, kSenderCore);
  wait_for_end(sender, "wallaroo send");
  wait_for_end(receiver, "wallaroo receive");
  return static_cast<double>(now_ns() - begin);
}

}  // namespace

void tls_rows(const BenchOptions& options, Rounds& rounds, Report& report) {
  const std::string tool = options.folder + "/../src/cli/wallaroo";
  if (!std::filesystem::exists(tool))
    die("there is no " + tool + "; run ./dev bench, which builds it");
  const TextFile file(make_text({.vocabulary = 10'000, .lines = 200'000, .seed = 1}));
  const int times = options.quick ? 20 : 60;
  const double bytes = static_cast<double>(std::filesystem::file_size(file.path())) * times;
  const Certificate certificate;
  const auto moved = [&](const char* name, const Certificate* with) {
    return Variant{name,
                   [&, with] { return transfer_ns(tool, file.path(), times, with) / bytes * 1e3; }};
  };
  Variant plain = moved("plain", nullptr), encrypted = moved("TLS", &certificate);
  rounds.take_turns("one connection, send to receive", "ns a KB", {&plain, &encrypted});
  report.add_ratio("one connection with TLS, against one without", plain, encrypted, "wall ns/KB");
}

}  // namespace wallaroo::bench
