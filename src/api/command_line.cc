#include "api/command_line.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <optional>
#include <utility>

#include "api/configuration.h"
#include "api/unexpected.h"
#include "base/result.h"
#include "plan/plan.h"

namespace wallaroo::api {
namespace {

constexpr int kDone = 0;
constexpr int kUsage = 2;
constexpr size_t kNameBytesMax = 64;

const char* fallback_of(const Graph& graph, const std::string& flag) {
  const Setting* setting = plan::find_flag(graph, flag);
  return setting == nullptr ? "" : setting->value.c_str();
}

/// An empty value, say of a variable that is not set, must not silently mean the default.
CLI::Validator not_empty() {
  return CLI::Validator(
      [](std::string& value) -> std::string {
        return value.empty() ? "the value is empty; leave the flag out to use its default" : "";
      },
      "");
}

/// The name goes into JSON and into labels of metrics.
CLI::Validator printable() {
  return CLI::Validator(
      [](std::string& value) -> std::string {
        const auto printable = [](char c) { return c >= ' ' && c <= '~'; };
        const bool good = !value.empty() && std::all_of(value.begin(), value.end(), printable);
        if (!good) return "a name is made of printable ASCII characters";
        return value.size() <= kNameBytesMax ? "" : "a name has at most 64 characters";
      },
      "");
}

void add_tls_flags(CLI::App& line, TlsOptions& tls) {
  const auto add = [&line](const char* name, std::string& file, const char* what) {
    line.add_option(name, file, what)->type_name("FILE")->check(not_empty());
  };
  add("--tls-certificate", tls.certificate, "Certificate (PEM) for addresses with tls://");
  add("--tls-key", tls.key, "Its key (PEM), readable by its owner only");
  add("--tls-ca", tls.ca, "Whom sinks trust (PEM); default: the authorities of the system");
  add("--tls-client-ca", tls.client_ca, "Sources demand a client certificate of these (PEM)");
}

void add_engine_flags(CLI::App& line, RunOptions& options) {
  line.add_option("--name", options.name, "Name of this worker")
      ->check(printable())
      ->capture_default_str();
  line.add_option("--cores", options.cores, "Threads to spread the work over")
      ->check(CLI::Range(1, 64))
      ->capture_default_str();
  line.add_option("--http", options.http,
                  "Address of /status, /metrics and /healthz, or 'off' (default 127.0.0.1:7080)")
      ->check(not_empty());
  line.add_option("--drain-timeout", options.drain_timeout_s,
                  "Give up a drain that takes longer, and lose what is under way; 0: never")
      ->type_name("SECONDS")
      ->check(CLI::Range(0.0, 1e6))
      ->capture_default_str();
  line.add_flag("--busy-poll", options.busy_poll, "Never sleep: lower latency for a whole core");
  line.add_flag("--quiet", options.quiet, "No lines on stderr");
  line.add_option("--dead-letters", options.dead_letters,
                  "File to which dead letters are appended; 'wallaroo dead-letters' reads it")
      ->type_name("FILE")
      ->check(not_empty());
  line.add_flag("--insecure", options.insecure,
                "Listen without TLS also where other machines can connect");
  add_tls_flags(line, options.tls);
}

constexpr std::pair<const char*, OnError> kPolicies[] = {
    {"drop", OnError::drop}, {"dead-letter", OnError::dead_letter}, {"fail", OnError::fail}};

std::optional<OnError> policy_of(std::string_view name) {
  for (const auto& [known, policy] : kPolicies)
    if (name == known) return policy;
  return {};
}

/// What CLI11 writes into, until all of it is known.
struct Values {
  RunOptions options;
  std::string on_error;
  std::string log_format = "human";
  std::string explanation;
  std::string config;
  std::vector<std::string> own;  // of the program's flags, in the order of Graph::flags
};

void add_flags(CLI::App& line, const Graph& graph, Values& values) {
  add_engine_flags(line, values.options);
  std::vector<std::string> policies;
  for (const auto& policy : kPolicies) policies.emplace_back(policy.first);
  line.add_option("--on-error", values.on_error,
                  "What becomes of a message on which a function fails, where the program does "
                  "not say")
      ->type_name("POLICY")
      ->check(CLI::IsMember(policies));
  line.add_option("--log-format", values.log_format,
                  "Lines on stderr: human, or json, an object each")
      ->check(CLI::IsMember({"human", "json"}));
  line.add_option("--explain", values.explanation,
                  "Print the stages, their placement, and order and guarantee of each path, and "
                  "stop: text, mermaid or dot")
      ->expected(0, 1)
      ->default_str("text")
      ->check(CLI::IsMember({"text", "mermaid", "dot"}));
  line.add_option("--" + std::string(kConfigFlag), values.config,
                  "TOML file with values of flags that neither the command line nor a variable, "
                  "such as " +
                      variable_of("cores") + ", gives")
      ->type_name("FILE")
      ->check(not_empty());
  values.own.resize(graph.flags.size());
  for (size_t i = 0; i < graph.flags.size(); ++i) {
    line.add_option("--" + graph.flags[i], values.own[i],
                    std::string("default ") + fallback_of(graph, graph.flags[i]))
        ->check(not_empty());
  }
}

FlagForm form_of(const CLI::Option& option) {
  if (option.get_expected_max() == 0) return FlagForm::yes_or_no;
  return option.get_type_name().starts_with("UINT") ? FlagForm::number : FlagForm::text;
}

std::vector<KnownFlag> known_flags(const CLI::App& line) {
  std::vector<KnownFlag> flags;
  for (const CLI::Option* option : line.get_options()) {
    if (option != line.get_help_ptr())
      flags.push_back({option->get_lnames().front(), form_of(*option)});
  }
  return flags;
}

/// Gives the flags that have no value yet the configured ones.
Result<void> fill(CLI::App& line, const std::vector<ConfiguredValue>& configured) {
  for (const ConfiguredValue& value : configured) {
    CLI::Option* option = line.get_option("--" + value.flag);
    if (option->count() > 0) continue;
    try {
      option->add_result(value.value);
      option->run_callback();
    } catch (const CLI::ParseError& error) {
      return fail(ErrorCode::bad_option, value.origin + ": " + error.what());
    }
  }
  return {};
}

Result<std::vector<std::string>> configure(CLI::App& line, const std::string& config,
                                           const std::vector<os::Variable>& variables) {
  const std::vector<KnownFlag> flags = known_flags(line);
  TRY(environment, from_environment(variables, flags));
  TRY_VOID(fill(line, environment.values));
  if (!config.empty()) {  // by now also when only the variable named it
    TRY(values, from_file(config, flags));
    TRY_VOID(fill(line, values));
  }
  return std::move(environment.warnings);
}

/// What is wrong with a command line, and what to do.
std::string describe(const CLI::App& line, const CLI::ParseError& error) {
  const bool extras = error.get_exit_code() == static_cast<int>(CLI::ExitCodes::ExtrasError);
  std::string text = extras ? describe_unexpected(line.remaining(), line) : error.what();
  if (!text.ends_with('?')) text += "; --help lists the flags";
  return text;
}

}  // namespace

tl::expected<CommandLine, NotStarted> parse_command_line(
    const Graph& graph, int argc, const char* const* argv,
    const std::vector<os::Variable>& variables) {
  CLI::App line{"Wallaroo application '" + graph.application + "'"};
  Values values;
  values.options.name = graph.application;
  add_flags(line, graph, values);
  try {
    line.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() != 0) {
      return tl::unexpected(NotStarted{kUsage, describe(line, error)});
    }
    line.exit(error);  // prints the help
    return tl::unexpected(NotStarted{kDone, {}});
  }
  auto warnings = configure(line, values.config, variables);
  if (!warnings) return tl::unexpected(NotStarted{kUsage, warnings.error().message});
  CommandLine parsed{std::move(values.options), std::move(values.explanation),
                     std::move(*warnings)};
  for (size_t i = 0; i < graph.flags.size(); ++i) {
    if (!values.own[i].empty()) parsed.options.flags.emplace_back(graph.flags[i], values.own[i]);
  }
  parsed.options.on_error = policy_of(values.on_error);
  parsed.options.log_json = values.log_format == "json";
  return parsed;
}

}  // namespace wallaroo::api
