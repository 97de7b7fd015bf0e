// Application::main and run: the command line, signals, and the worker's life.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>

#include "api/runtime.h"
#include "os/descriptor_limit.h"
#include "os/signals.h"
#include "plan/explain.h"
#include "wallaroo/application.h"

namespace wallaroo {
namespace {

constexpr int kDone = 0;
constexpr int kFailed = 1;
constexpr int kUsage = 2;
constexpr int kConfiguration = 3;
constexpr int kInterrupted = 130;
constexpr const char* kDefaultHttp = "127.0.0.1:7080";

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
        return good ? "" : "a name is made of printable ASCII characters";
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

/// Tells the user and returns the exit code.
int report(const Error& error) {
  std::cerr << "error: " << error.message << "\n";
  switch (error.code) {
    case ErrorCode::bad_option:
      return kUsage;
    case ErrorCode::bad_application:
    case ErrorCode::unresolved_host:
      return kConfiguration;
    default:
      return kFailed;
  }
}

int print_explanation(Graph graph, const std::string& form, const RunOptions& options) {
  if (const auto applied = plan::apply_flags(graph, options.flags); !applied)
    return report(applied.error());
  const auto plan = plan::build(graph);
  if (!plan) return report(plan.error());
  if (form == "mermaid") {
    std::cout << plan::explain_mermaid(*plan);
  } else if (form == "dot") {
    std::cout << plan::explain_dot(*plan);
  } else {
    std::cout << plan::explain_text(*plan, {.cores = options.cores});
  }
  return kDone;
}

/// The default status address gives way when another program has it; an address asked for does not.
Result<std::unique_ptr<api::Runtime>> create(const Graph& graph, RunOptions options) {
  const bool asked = !options.http.empty();
  if (!asked) options.http = kDefaultHttp;
  if (options.http == "off") options.http.clear();
  auto runtime = api::Runtime::create(graph, options);
  if (!asked && !runtime && runtime.error().code == ErrorCode::address_in_use &&
      runtime.error().message.find("--http") != std::string::npos) {
    options.http = "127.0.0.1:0";
    return api::Runtime::create(graph, options);
  }
  return runtime;
}

/// First signal: drain. Second: stop at once.
void on_signal(api::Runtime& runtime, int count) {
  if (count == 1) {
    runtime.log().write(io::LogLevel::info,
                        "draining: what has been accepted is processed and sent; a second signal "
                        "stops at once");
    runtime.drain();
  } else {
    runtime.log().write(io::LogLevel::warning, "stopping at once; what is under way is lost");
    runtime.stop();
  }
}

}  // namespace

Result<void> Application::run(const RunOptions& options) {
  TRY(runtime, api::Runtime::create(graph_, options));
  runtime->run();
  if (auto failure = runtime->worker().failure()) return tl::unexpected(std::move(*failure));
  return {};
}

int Application::main(int argc, const char* const* argv) {
  // First, because a flag that is a mistake cannot be put on the command line.
  if (const auto checked = check(); !checked) return report(checked.error());
  RunOptions options;
  options.name = graph_.application;
  CLI::App line{"Wallaroo application '" + graph_.application + "'"};
  line.add_option("--name", options.name, "Name of this worker")
      ->check(printable())
      ->capture_default_str();
  line.add_option("--cores", options.cores, "Threads to spread the work over")
      ->check(CLI::Range(1, 64))
      ->capture_default_str();
  line.add_option("--http", options.http,
                  "Address of /status, /metrics and /healthz, or 'off' (default 127.0.0.1:7080)")
      ->check(not_empty());
  line.add_flag("--busy-poll", options.busy_poll, "Never sleep: lower latency for a whole core");
  line.add_flag("--quiet", options.quiet, "No lines on stderr");
  line.add_option("--on-error", options.on_error,
                  "What becomes of a message on which a function fails, where the program does "
                  "not say: drop, dead-letter or fail")
      ->type_name("POLICY")
      ->transform(CLI::Transformer(std::map<std::string, OnError>{
          {"drop", OnError::drop}, {"dead-letter", OnError::dead_letter}, {"fail", OnError::fail}}))
      ->check(CLI::IsMember({OnError::drop, OnError::dead_letter, OnError::fail}));
  line.add_option("--dead-letters", options.dead_letters,
                  "File to which dead letters are appended; 'wallaroo dead-letters' reads it")
      ->type_name("FILE")
      ->check(not_empty());
  std::string log_format = "human";
  line.add_option("--log-format", log_format, "Lines on stderr: human, or json, an object each")
      ->check(CLI::IsMember({"human", "json"}));
  add_tls_flags(line, options.tls);
  line.add_flag("--insecure", options.insecure,
                "Listen without TLS also where other machines can connect");
  std::string explanation;
  line.add_option("--explain", explanation,
                  "Print the stages, their placement, and order and guarantee of each path, and "
                  "stop: text, mermaid or dot")
      ->expected(0, 1)
      ->default_str("text")
      ->check(CLI::IsMember({"text", "mermaid", "dot"}));
  std::vector<std::string> values(graph_.flags.size());
  for (size_t i = 0; i < graph_.flags.size(); ++i) {
    line.add_option("--" + graph_.flags[i], values[i],
                    std::string("default ") + fallback_of(graph_, graph_.flags[i]))
        ->check(not_empty());
  }
  try {
    line.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return line.exit(error) == 0 ? kDone : kUsage;
  }
  for (size_t i = 0; i < values.size(); ++i) {
    if (!values[i].empty()) options.flags.emplace_back(graph_.flags[i], values[i]);
  }
  options.log_json = log_format == "json";
  if (!explanation.empty()) return print_explanation(graph_, explanation, options);
  os::raise_descriptor_limit();
  os::SignalWatcher::block();
  auto runtime = create(graph_, options);
  if (!runtime) return report(runtime.error());
  auto signals = os::SignalWatcher::start([&](int count) { on_signal(**runtime, count); });
  if (!signals) return report(signals.error());
  (*runtime)->run();
  signals->reset();
  if (const auto failure = (*runtime)->worker().failure()) return report(*failure);
  return (*runtime)->worker().ended() ? kDone : kInterrupted;
}

}  // namespace wallaroo
