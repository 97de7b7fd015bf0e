#include "api/start.h"

#include <iostream>

#include "api/configuration.h"
#include "os/descriptor_limit.h"
#include "os/log.h"
#include "plan/explain.h"

namespace wallaroo::api {
namespace {

constexpr int kFailed = 1;
constexpr int kUsage = 2;
constexpr int kConfiguration = 3;
constexpr const char* kDefaultHttp = "127.0.0.1:7080";

tl::unexpected<NotStarted> refuse(const Error& error) {
  return tl::unexpected(NotStarted{exit_code_of(error), error.message});
}

Result<void> print_explanation(Graph graph, const std::string& form, const RunOptions& options) {
  TRY_VOID(plan::apply_flags(graph, options.flags));
  TRY(plan, plan::build(graph));
  if (form == "mermaid") {
    std::cout << plan::explain_mermaid(plan);
  } else if (form == "dot") {
    std::cout << plan::explain_dot(plan);
  } else {
    std::cout << plan::explain_text(plan, {.cores = options.cores});
  }
  std::cout.flush();
  return {};
}

void warn(const CommandLine& line) {
  if (line.options.quiet || line.warnings.empty()) return;
  const auto log = os::make_stderr_log({.json = line.options.log_json});
  for (const std::string& warning : line.warnings) log->write(io::LogLevel::warning, warning);
}

/// The default status address gives way when another program has it; an address asked for does not.
Result<std::unique_ptr<Runtime>> create(const Graph& graph, RunOptions options) {
  const bool asked = !options.http.empty();
  if (!asked) options.http = kDefaultHttp;
  if (options.http == "off") options.http.clear();
  auto runtime = Runtime::create(graph, options);
  if (!asked && !runtime && runtime.error().code == ErrorCode::address_in_use &&
      runtime.error().message.find("--http") != std::string::npos) {
    options.http = "127.0.0.1:0";
    return Runtime::create(graph, options);
  }
  return runtime;
}

}  // namespace

int exit_code_of(const Error& error) {
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

tl::expected<std::unique_ptr<Runtime>, NotStarted> start(const Graph& graph, int argc,
                                                         const char* const* argv) {
  const auto line = parse_command_line(graph, argc, argv, os::read_environment(kVariablePrefix));
  std::cout.flush();  // --help: not every program flushes what C++ has printed
  if (!line) return tl::unexpected(line.error());
  warn(*line);
  if (!line->explanation.empty()) {
    const auto printed = print_explanation(graph, line->explanation, line->options);
    if (!printed) return refuse(printed.error());
    return tl::unexpected(NotStarted{});
  }
  os::raise_descriptor_limit();
  auto runtime = create(graph, line->options);
  if (!runtime) return refuse(runtime.error());
  return std::move(*runtime);
}

}  // namespace wallaroo::api
