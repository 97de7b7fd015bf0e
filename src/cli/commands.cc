#include "cli/commands.h"

#include <fmt/format.h>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>
#include <cstdio>
#include <memory>

#include "api/unexpected.h"
#include "base/nearest.h"
#include "cli/new_project.h"

namespace wallaroo::cli {
namespace {

constexpr const char* kAbout =
    "The companion of Wallaroo applications: feeds them, takes their output, looks at them.";

constexpr const char* kExamples = R"(Examples:
  wallaroo receive --listen 127.0.0.1:7002
  wallaroo send --to 127.0.0.1:7010 --framed --file README.md
  wallaroo status --http 127.0.0.1:7080
)";

constexpr const char* kExamplesNew = R"(Example:
  wallaroo new cpp hello
)";

/// Examples, which stand in the footer, come before the options.
class HelpFormatter final : public CLI::Formatter {
 public:
  std::string make_usage(const CLI::App* app, std::string name) const override {
    return CLI::Formatter::make_usage(app, name) + '\n' + app->get_footer();
  }
  std::string make_footer(const CLI::App*) const override { return {}; }
};

constexpr const char* kName = "wallaroo";
constexpr int kUsage = static_cast<int>(ExitCode::usage);

std::vector<std::string> command_names(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* command : app.get_subcommands(nullptr)) names.push_back(command->get_name());
  return names;
}

void add_new(CLI::App& app, ExitCode& exit) {
  CLI::App* command =
      app.add_subcommand("new", "Write a small project that builds and runs as it is");
  command->footer(kExamplesNew);
  const auto language = std::make_shared<std::string>();
  const auto directory = std::make_shared<std::string>();
  command->add_option("language", *language, "cpp or go")->type_name("LANGUAGE")->required();
  command->add_option("directory", *directory, "Absent or empty")->type_name("DIR")->required();
  command->callback([=, &exit] {
    const auto written = new_project(*language, *directory);
    if (!written) {
      exit = report(written.error());
      return;
    }
    fmt::print(stderr, "wrote {0}; {0}/README.md says how to build and run it\n", *directory);
  });
}

void add_version(CLI::App& app) {
  app.add_subcommand("version", "Print the version")->callback([] {
    fmt::print("wallaroo {}\n", WALLAROO_VERSION);
  });
}

void add_help(CLI::App& app, ExitCode& exit) {
  CLI::App* command = app.add_subcommand("help", "Explain the program or one command");
  const auto topic = std::make_shared<std::string>();
  command->add_option("command", *topic, "Which command")->type_name("COMMAND");
  command->callback([topic, &app, &exit] {
    const auto names = command_names(app);
    if (topic->empty()) {
      fmt::print("{}", app.help());
    } else if (std::find(names.begin(), names.end(), *topic) != names.end()) {
      fmt::print("{}", app.get_subcommand(*topic)->help(kName));
    } else {
      fmt::print(stderr, "wallaroo: there is no command '{}'; run 'wallaroo help'\n", *topic);
      exit = ExitCode::usage;
    }
  });
}

/// The first argument is no command: says so, with what may have been meant.
int refuse_command(const CLI::App& app, std::string_view word) {
  const auto names = command_names(app);
  const std::string_view meant = base::nearest(word, names);
  const std::string guess = meant.empty() ? "" : fmt::format("; did you mean '{}'?", meant);
  fmt::print(stderr, "wallaroo: there is no command '{}'{}\nRun 'wallaroo --help' to see them.\n",
             word, guess);
  return kUsage;
}

/// The innermost sub-command on the command line; the program itself when there is none.
const CLI::App& chosen(const CLI::App& app) {
  const CLI::App* at = &app;
  while (!at->get_subcommands().empty()) at = at->get_subcommands().front();
  return *at;
}

/// "wallaroo dead-letters list"
std::string chosen_name(const CLI::App& app) {
  std::string name = kName;
  for (const CLI::App* at = &app; !at->get_subcommands().empty();) {
    at = at->get_subcommands().front();
    name += " " + at->get_name();
  }
  return name;
}

/// Arguments that nobody took, and what may have been meant by them.
std::string describe_extras(const CLI::App& app) {
  std::vector<std::string> extras = app.remaining();
  const CLI::App& command = chosen(app);
  if (&command != &app) {
    for (const std::string& word : command.remaining()) extras.push_back(word);
  }
  return api::describe_unexpected(extras, command);
}

int refuse_arguments(const CLI::App& app, const CLI::ParseError& error) {
  const std::string name = chosen_name(app).substr(std::string(kName).size());
  const bool extras = error.get_exit_code() == static_cast<int>(CLI::ExitCodes::ExtrasError);
  std::string what = extras ? describe_extras(app) : error.what();
  while (!what.empty() && (what.back() == '\n' || what.back() == '.')) what.pop_back();
  fmt::print(stderr, "wallaroo{0}: {1}\nRun 'wallaroo{0} --help' for the options and examples.\n",
             name, what);
  return kUsage;
}

}  // namespace

ExitCode report(const Error& error) {
  fmt::print(stderr, "wallaroo: {}\n", error.message);
  switch (error.code) {
    case ErrorCode::bad_option:
      return ExitCode::usage;
    case ErrorCode::unreachable:
    case ErrorCode::unresolved_host:
      return ExitCode::unreachable;
    default:
      return ExitCode::failed;
  }
}

int run(int argc, char** argv) {
  CLI::App app(kAbout, kName);
  app.formatter(std::make_shared<HelpFormatter>());  // inherited by the sub-commands
  app.footer(kExamples);
  app.require_subcommand(1);
  ExitCode exit = ExitCode::done;
  add_send(app, exit);
  add_receive(app, exit);
  add_status(app, exit);
  add_dead_letters(app, exit);
  add_new(app, exit);
  add_go(app, exit);
  add_version(app);
  add_help(app, exit);
  if (argc > 1) {
    const auto names = command_names(app);
    const std::string word = argv[1];
    if (!word.starts_with('-') && std::find(names.begin(), names.end(), word) == names.end())
      return refuse_command(app, word);
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    // The formatter adds the last word itself.
    const std::string name = chosen_name(app);
    const size_t last = name.rfind(' ');
    fmt::print("{}", chosen(app).help(last == std::string::npos ? "" : name.substr(0, last)));
  } catch (const CLI::ParseError& error) {
    return refuse_arguments(app, error);
  }
  return static_cast<int>(exit);
}

}  // namespace wallaroo::cli
