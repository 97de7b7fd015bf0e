// Application::main and run: signals, exit codes, and the worker's life.
#include <iostream>

#include "api/command_line.h"
#include "api/configuration.h"
#include "api/runtime.h"
#include "os/descriptor_limit.h"
#include "os/log.h"
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

void warn(const api::CommandLine& line) {
  if (line.options.quiet || line.warnings.empty()) return;
  const auto log = os::make_stderr_log({.json = line.options.log_json});
  for (const std::string& warning : line.warnings) log->write(io::LogLevel::warning, warning);
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
  const auto line =
      api::parse_command_line(graph_, argc, argv, os::read_environment(api::kVariablePrefix));
  if (!line) return line.error();
  const RunOptions& options = line->options;
  warn(*line);
  if (!line->explanation.empty()) return print_explanation(graph_, line->explanation, options);
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
