// The worker under test: counts words and says for each word how often its key has been seen. A key
// is what stands before the first ':' of a word, so that a test can number the words of a key.
//
//   worker_app [lines | u64] [udp] [file=PATH] [frame=BYTES] [connections=COUNT] [peer=COUNT]
//   [descriptors=COUNT] -- FLAGS OF THE WORKER
//
// With a path the results go to that file.
#include <sys/resource.h>

#include <algorithm>
#include <charconv>

#include "wallaroo/wallaroo.h"

namespace {

struct Counted {
  std::string_view word;
  uint64_t times = 0;
};

struct Settings {
  wallaroo::TcpSourceSpec source;
  wallaroo::Framing framing = wallaroo::Framing::u32be;
  std::string file;
  bool udp = false;  // a datagram a message, of at most `frame` bytes
};

/// The number behind `name`, when the argument begins with it.
bool number_of(std::string_view argument, std::string_view name, uint32_t& number) {
  if (!argument.starts_with(name)) return false;
  argument.remove_prefix(name.size());
  const char* const end = argument.data() + argument.size();
  return std::from_chars(argument.data(), end, number).ptr == end;
}

bool apply(std::string_view argument, Settings& settings) {
  uint32_t descriptors = 0;
  if (argument == "udp") {
    settings.udp = true;
    return true;
  }
  if (argument.starts_with("file=")) {
    settings.file = argument.substr(5);
    return true;
  }
  if (argument == "u64") {
    settings.framing = wallaroo::framing::u64be;
    return true;
  }
  if (argument == "lines") {
    settings.framing = wallaroo::Framing::lines;
    return true;
  }
  if (number_of(argument, "descriptors=", descriptors)) {
    const rlimit limit{descriptors, descriptors};
    return setrlimit(RLIMIT_NOFILE, &limit) == 0;
  }
  return number_of(argument, "frame=", settings.source.frame_bytes_max) ||
         number_of(argument, "connections=", settings.source.connections_max) ||
         number_of(argument, "peer=", settings.source.connections_per_peer_max);
}

std::string key_of(std::string_view word) { return std::string(word.substr(0, word.find(':'))); }

void split(std::string_view text, wallaroo::Emit<std::string_view>& emit) {
  while (!text.empty()) {
    const size_t end = std::min(text.find_first_of(" \n"), text.size());
    if (end > 0) emit(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

void write_count(const Counted& counted, wallaroo::Bytes& out) {
  out << counted.word << " => " << counted.times;
}

int run(const Settings& settings, int argc, const char* const* argv) {
  wallaroo::Application app{"e2e"};
  const wallaroo::Setting in = app.flag("in", "127.0.0.1:0");
  wallaroo::UdpSourceSpec datagrams;
  datagrams.datagram_bytes_max = std::min(settings.source.frame_bytes_max, 65'535u);
  datagrams.receive_buffer_bytes = 4096;
  auto words = app.pipeline("words");
  const auto text =
      settings.udp ? words.source("text", wallaroo::udp::listen(in, wallaroo::text, datagrams))
                   : words.source("text", wallaroo::tcp::listen(in, settings.framing,
                                                                wallaroo::text, settings.source));
  const auto counts = text.to_many<std::string_view>("split", split)
                          .key_by(key_of)
                          .state<uint64_t>("count", [](std::string_view word, uint64_t& times) {
                            return Counted{word, ++times};
                          });
  const wallaroo::Setting out = app.flag("out", "127.0.0.1:1");
  if (settings.file.empty()) {
    counts.sink("out", wallaroo::tcp::connect(out, wallaroo::framing::lines, write_count));
  } else {
    counts.sink("out", wallaroo::file::write(settings.file, wallaroo::framing::lines, write_count));
  }
  return app.main(argc, argv);
}

}  // namespace

int main(int argc, char** argv) {
  Settings settings;
  int at = 1;
  for (; at < argc && std::string_view(argv[at]) != "--"; ++at) {
    if (!apply(argv[at], settings)) return 99;
  }
  if (at == argc) return 99;
  return run(settings, argc - at, argv + at);
}
