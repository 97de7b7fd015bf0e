#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <set>

#include "base/printable.h"
#include "cli/commands.h"
#include "cli/dead_letters.h"
#include "cli/options.h"
#include "os/interrupt.h"
#include "os/resolve.h"
#include "os/send.h"

namespace wallaroo::cli {
namespace {

constexpr const char* kExamples = R"(Examples:
  wallaroo dead-letters list bad.jsonl
  wallaroo dead-letters show bad.jsonl 3
  wallaroo dead-letters replay bad.jsonl --to :7010 --framed --stage parse
)";
constexpr size_t kListedBytes = 60;  // of an error, a key or a payload, in a list
constexpr size_t kShownBytes = 64 << 10;

struct Flags {
  std::string file;
  DeadLetterFilter filter;
  std::vector<uint64_t> lines;
  std::string to;
  FramingFlags framing;
  os::TlsFiles tls;
  size_t limit = 100;
};

/// Reads the file, and says which of its lines are none.
Result<DeadLetters> read(const Flags& flags) {
  auto found = read_dead_letters(flags.file, flags.filter);
  if (!found) return found;
  for (const std::string& wrong : found->unreadable) fmt::print(stderr, "wallaroo: {}\n", wrong);
  if (flags.lines.empty()) return found;
  std::set<uint64_t> wanted(flags.lines.begin(), flags.lines.end());
  std::erase_if(found->letters, [&](const auto& letter) { return wanted.erase(letter.line) == 0; });
  if (wanted.empty()) return found;
  return fail(ErrorCode::bad_option,
              fmt::format("there is no such dead letter on line {} of '{}'; 'wallaroo dead-letters "
                          "list' shows their lines",
                          *wanted.begin(), flags.file));
}

/// A field as it may be printed: the file may come from anywhere.
std::string shown(const DeadLetter& letter, const std::string& field) {
  return base::printable(letter.field(field), kListedBytes);
}

std::string place(const DeadLetter& letter) {
  const std::string source = shown(letter, "source"), timer = shown(letter, "timer");
  if (!timer.empty()) return "timer " + timer;
  if (source.empty()) return "source unknown";
  const std::string exact = shown(letter, "message");
  return source + " " + (exact.empty() ? "from " + shown(letter, "message_from") : exact);
}

ExitCode list(const Flags& flags) {
  const auto found = read(flags);
  if (!found) return report(found.error());
  size_t listed = 0;
  for (const DeadLetter& letter : found->letters) {
    if (listed++ == flags.limit) break;
    const std::string key = shown(letter, "key");
    fmt::print("{:>6}  {}  {}/{}  {}  {}{}\n", letter.line, shown(letter, "time").substr(0, 19),
               shown(letter, "stage"), shown(letter, "function"), place(letter),
               shown(letter, "error"), key.empty() ? "" : "  key " + key);
  }
  fmt::print(
      stderr, "{} dead letter{}{}\n", found->letters.size(), found->letters.size() == 1 ? "" : "s",
      listed > flags.limit ? fmt::format(", the first {} shown; --limit shows more", flags.limit)
                           : "");
  const bool wrong_file = found->letters.empty() && !found->unreadable.empty();
  return wrong_file ? ExitCode::failed : ExitCode::done;
}

ExitCode show(const Flags& flags) {
  const auto found = read(flags);
  if (!found) return report(found.error());
  for (const DeadLetter& letter : found->letters) {
    fmt::print("line: {}\n", letter.line);
    for (const auto& [name, value] : letter.fields) {
      fmt::print("{}: {}\n", base::printable(name, kListedBytes),
                 base::printable(value, kShownBytes));
    }
  }
  return ExitCode::done;
}

/// The messages that can be sent to their source again; says which cannot.
Result<std::vector<std::string>> messages_of(const DeadLetters& found, os::Framing framing) {
  std::vector<std::string> messages;
  std::set<std::string> sources;
  size_t values = 0;
  for (const DeadLetter& letter : found.letters) {
    if (!letter.is_message()) {
      ++values;
      continue;
    }
    if (sources.insert(letter.field("source")).second && sources.size() == 2) {
      return fail(
          ErrorCode::bad_option,
          fmt::format("these are messages of the sources '{}' and '{}', which may want other "
                      "things; choose one of them by --source",
                      base::printable(*sources.begin(), kListedBytes),
                      base::printable(*sources.rbegin(), kListedBytes)));
    }
    messages.push_back(letter.field("payload"));
    if (framing == os::Framing::lines && messages.back().find('\n') != std::string::npos) {
      return fail(ErrorCode::bad_option,
                  fmt::format("the message of line {} holds a newline, so it cannot be sent as a "
                              "line; use --framed, or leave it out with --line",
                              letter.line));
    }
  }
  if (values != 0) {
    fmt::print(stderr,
               "wallaroo: {} of them failed behind a key_by, merge or spread: what was kept is "
               "a value inside the application and no message of its source; not sent\n",
               values);
  }
  return messages;
}

ExitCode replay(const Flags& flags) {
  const auto found = read(flags);
  if (!found) return report(found.error());
  const auto address = os::resolve(flags.to);
  if (!address) return report(address.error());
  os::SendOptions options{.to = *address};
  options.framing = flags.framing.chosen();
  options.tls = flags.tls;
  auto messages = messages_of(*found, options.framing);
  if (!messages) return report(messages.error());
  options.messages = *std::move(messages);
  if (options.messages.empty()) {
    fmt::print(stderr, "there is nothing to send\n");
    return ExitCode::done;
  }
  const os::Interrupt interrupt;
  options.watch.stop = &interrupt.requested();
  const auto summary = os::send(options);
  if (!summary) return report(summary.error());
  fmt::print(stderr, "sent {} dead letter{} again\n", summary->total.messages,
             summary->total.messages == 1 ? "" : "s");
  return summary->end == os::TransferEnd::interrupted ? ExitCode::interrupted : ExitCode::done;
}

CLI::App* add(CLI::App& app, const char* name, const char* about, Flags& flags) {
  CLI::App* command = app.add_subcommand(name, about);
  command->add_option("file", flags.file, "The file that the worker appends them to")
      ->type_name("FILE")
      ->required();
  command
      ->add_option("--stage", flags.filter.stage,
                   "Only those of this stage, or of this function in one")
      ->type_name("NAME");
  command->add_option("--source", flags.filter.source, "Only messages of this source")
      ->type_name("NAME");
  return command;
}

}  // namespace

void add_dead_letters(CLI::App& app, ExitCode& exit) {
  CLI::App* group =
      app.add_subcommand("dead-letters", "Look at messages that failed, or send them again");
  group->footer(kExamples);
  group->require_subcommand(1);
  const auto flags = std::make_shared<Flags>();
  CLI::App* lists = add(*group, "list", "One line for each", *flags);
  lists->add_option("--limit", flags->limit, "List so many")
      ->type_name("NUMBER")
      ->transform(number_with_suffix())
      ->capture_default_str();
  lists->callback([flags, &exit] { exit = list(*flags); });

  CLI::App* shows = add(*group, "show", "Everything that is known of some", *flags);
  shows->add_option("line", flags->lines, "Lines of the file")->type_name("LINE")->required();
  shows->callback([flags, &exit] { exit = show(*flags); });

  CLI::App* replays = add(*group, "replay", "Send the messages to their source again", *flags);
  replays->add_option("--to", flags->to, "Where the source listens")
      ->type_name("HOST:PORT")
      ->required();
  add_framing_flags(*replays, flags->framing);
  add_tls_flags(*replays, flags->tls, false);
  replays->add_option("--line", flags->lines, "Only those on these lines of the file")
      ->type_name("LINE");
  replays->callback([flags, &exit] { exit = replay(*flags); });
}

}  // namespace wallaroo::cli
