#include "os/send.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "cli/commands.h"
#include "cli/options.h"
#include "cli/progress.h"
#include "os/interrupt.h"
#include "os/resolve.h"
#include "os/send_datagrams.h"
#include "os/terminal.h"

namespace wallaroo::cli {
namespace {

constexpr const char* kExamples = R"(Examples:
  wallaroo send --to 127.0.0.1:7010 --framed --file README.md
  wallaroo send --to :7010 --lines --file a.txt b.txt --repeat 1000 --connections 4
  seq 1 1000 | wallaroo send --to worker-1:7010 --framed --rate 100
  seq 1 1000 | wallaroo send --to :7010 --udp --rate 100
)";

struct SendFlags {
  std::string to;
  std::vector<std::string> files;
  FramingFlags framing;
  double rate = 0;
  uint64_t repeat = 1;
  size_t connections = 1;
  size_t write_bytes = 256 * 1024;
  double connect_timeout_s = 10;
  double close_timeout_s = 10;
  os::TlsFiles tls;
  bool udp = false;
  bool quiet = false;
};

Result<os::SendOptions> to_options(const SendFlags& flags) {
  TRY(address, os::resolve(flags.to));
  os::SendOptions options{.to = address};
  if (flags.udp && address.tls) {
    return fail(ErrorCode::bad_option,
                "--udp cannot send to " + flags.to +
                    ": datagrams are not encrypted; leave tls:// out, or --udp");
  }
  options.files = flags.files;
  options.tls = flags.tls;
  std::erase(options.files, "-");
  if (options.files.size() != flags.files.size() && flags.files.size() > 1) {
    return fail(ErrorCode::bad_option,
                "--file - (standard input) cannot be mixed with files; send them one after the "
                "other");
  }
  if (options.files.empty() && flags.repeat != 1) {
    return fail(ErrorCode::bad_option,
                "--repeat needs --file: standard input can be read only once; write it to a file "
                "first");
  }
  options.framing = flags.framing.chosen();
  options.repeat = flags.repeat;
  options.connections = flags.connections;
  options.write_bytes = flags.write_bytes;
  options.messages_per_second = flags.rate;
  options.connect_timeout_ns = int64_t(flags.connect_timeout_s * 1e9);
  options.close_timeout_ns = int64_t(flags.close_timeout_s * 1e9);
  return options;
}

ExitCode send(const SendFlags& flags) {
  auto options = to_options(flags);
  if (!options) return report(options.error());
  if (options->files.empty() && os::is_stdin_terminal())
    fmt::print(stderr, "type messages, one a line; Ctrl-D ends\n");
  const os::Interrupt interrupt;
  ProgressDisplay display("sent", flags.quiet);
  display.attach(options->watch);
  options->watch.stop = &interrupt.requested();
  const auto summary = flags.udp ? os::send_datagrams(*options) : os::send(*options);
  if (!summary) return report(summary.error());
  switch (summary->end) {
    case os::TransferEnd::interrupted:
      display.finish(summary->total, "; interrupted");
      return ExitCode::interrupted;
    case os::TransferEnd::timed_out:
      display.finish(summary->total, "; the peer kept the connection open");
      return ExitCode::done;
    case os::TransferEnd::complete:
      display.finish(summary->total, "");
  }
  return ExitCode::done;
}

}  // namespace

void add_send(CLI::App& app, ExitCode& exit) {
  CLI::App* command = app.add_subcommand("send", "Send text to a worker: each line is one message");
  command->footer(kExamples);
  const auto flags = std::make_shared<SendFlags>();
  command->add_option("--to", flags->to, "Where to connect")->type_name("HOST:PORT")->required();
  command->add_option("--file", flags->files, "Files to send; standard input if none or -")
      ->type_name("FILE");
  add_framing_flags(*command, flags->framing);
  command->add_option("--rate", flags->rate, "Messages a second over all connections; 0: no limit")
      ->type_name("NUMBER")
      ->transform(number_with_suffix());
  command->add_option("--repeat", flags->repeat, "Send all files so many times")
      ->type_name("NUMBER")
      ->transform(number_with_suffix())
      ->check(at_least_one());
  const auto udp =
      command->add_flag("--udp", flags->udp, "Send each message as a datagram; some may be lost")
          ->excludes("--lines")
          ->excludes("--framed");
  command->add_option("--connections", flags->connections, "Deal the messages to so many")
      ->type_name("NUMBER")
      ->excludes(udp)
      ->check(unnamed(CLI::Range(1, 10'000)));
  command->add_option("--write-bytes", flags->write_bytes, "Write up to so much at once")
      ->type_name("SIZE")
      ->transform(size_with_suffix())
      ->check(at_least_one())
      ->capture_default_str();
  command->add_option("--connect-timeout", flags->connect_timeout_s, "Try so long to connect")
      ->type_name("SECONDS")
      ->check(seconds_up_to(1e6))
      ->capture_default_str();
  command
      ->add_option("--close-timeout", flags->close_timeout_s,
                   "At the end, wait so long for the peer to close")
      ->type_name("SECONDS")
      ->check(seconds_up_to(1e6))
      ->capture_default_str();
  add_tls_flags(*command, flags->tls, false);
  command->add_flag("--quiet", flags->quiet, "No progress and no summary");
  command->callback([flags, &exit] { exit = send(*flags); });
}

}  // namespace wallaroo::cli
