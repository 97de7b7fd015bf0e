#include "os/receive.h"

#include <fmt/format.h>

#include <cstdio>
#include <memory>

#include "cli/commands.h"
#include "cli/options.h"
#include "cli/progress.h"
#include "os/interrupt.h"
#include "os/resolve.h"

namespace wallaroo::cli {
namespace {

constexpr const char* kExamples = R"(Examples:
  wallaroo receive --listen 127.0.0.1:7002
  wallaroo receive --listen :7002 --framed --file counts.txt --count 1M
  wallaroo receive --listen 127.0.0.1:0 --file out --until-closed --connections-min 2 --timeout 60
)";

struct ReceiveFlags {
  std::string listen;
  std::string file;
  FramingFlags framing;
  std::optional<uint64_t> count;
  bool until_closed = false;
  size_t connections_min = 1;
  std::optional<double> timeout_s;
  os::TlsFiles tls;
  bool insecure = false;
  bool quiet = false;
};

Result<os::ReceiveOptions> to_options(const ReceiveFlags& flags) {
  TRY(address, os::resolve(flags.listen));
  os::ReceiveOptions options{.listen = address};
  if (flags.file != "-") options.file = flags.file;
  options.framing = flags.framing.chosen();
  options.tls = flags.tls;
  options.insecure = flags.insecure;
  options.count = flags.count;
  options.until_closed = flags.until_closed;
  options.connections_min = flags.connections_min;
  if (flags.timeout_s) options.timeout_ns = int64_t(*flags.timeout_s * 1e9);
  options.on_listening = [](const io::Address& where) {
    fmt::print(stderr, "listening on {}\n", io::to_text(where));
    std::fflush(stderr);
  };
  options.on_warning = [](const std::string& what) { fmt::print(stderr, "wallaroo: {}\n", what); };
  return options;
}

ExitCode receive(const ReceiveFlags& flags) {
  auto options = to_options(flags);
  if (!options) return report(options.error());
  const os::Interrupt interrupt;
  ProgressDisplay display("received", flags.quiet);
  display.attach(options->watch);
  options->watch.stop = &interrupt.requested();
  const auto summary = os::receive(*options);
  if (!summary) return report(summary.error());
  std::string remark;
  if (summary->end == os::TransferEnd::interrupted) remark += "; interrupted";
  if (summary->end == os::TransferEnd::timed_out) remark += "; the time is over";
  display.finish(summary->total, remark);
  if (summary->broken_messages > 0) {
    fmt::print(stderr,
               "wallaroo: {} message{} cut off or longer than {} MiB and dropped; check that "
               "--lines or --framed is what the sender uses\n",
               summary->broken_messages, summary->broken_messages == 1 ? " was" : "s were",
               os::kMessageBytesMax >> 20);
  }
  if (summary->end == os::TransferEnd::interrupted) return ExitCode::interrupted;
  // Without another end in view the time was the plan.
  const bool has_goal = flags.count || flags.until_closed;
  if (summary->end == os::TransferEnd::timed_out && has_goal) return ExitCode::timed_out;
  return summary->broken_messages > 0 ? ExitCode::failed : ExitCode::done;
}

}  // namespace

void add_receive(CLI::App& app, ExitCode& exit) {
  CLI::App* command =
      app.add_subcommand("receive", "Take what workers send: one line a message, never two mixed");
  command->footer(kExamples);
  const auto flags = std::make_shared<ReceiveFlags>();
  command->add_option("--listen", flags->listen, "Where to listen; port 0 picks a free one")
      ->type_name("HOST:PORT")
      ->required();
  command->add_option("--file", flags->file, "Where to write; standard output if absent or -")
      ->type_name("FILE");
  add_framing_flags(*command, flags->framing);
  const auto raw = command->add_flag("--raw", flags->framing.raw, "Write the bytes as they come");
  raw->excludes("--lines");
  raw->excludes("--framed");
  command->add_option("--count", flags->count, "End after so many messages")
      ->type_name("NUMBER")
      ->transform(number_with_suffix())
      ->excludes(raw);
  command->add_flag("--until-closed", flags->until_closed,
                    "End when all connections have been closed");
  command
      ->add_option("--connections-min", flags->connections_min,
                   "With --until-closed: expect at least so many")
      ->type_name("NUMBER")
      ->check(unnamed(CLI::Range(1, 1'000'000)))
      ->capture_default_str();
  command->add_option("--timeout", flags->timeout_s, "End after so long in any case")
      ->type_name("SECONDS")
      ->check(seconds_up_to(1e9));
  add_tls_flags(*command, flags->tls, true);
  command->add_flag("--insecure", flags->insecure,
                    "Listen without TLS also where other machines can connect");
  command->add_flag("--quiet", flags->quiet, "No progress and no summary");
  command->callback([flags, &exit] { exit = receive(*flags); });
}

}  // namespace wallaroo::cli
