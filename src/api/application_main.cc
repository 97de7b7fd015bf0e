// Application::main and run: signals, exit codes, and the worker's life.
#include <iostream>

#include "api/start.h"
#include "os/signals.h"
#include "wallaroo/application.h"

namespace wallaroo {
namespace {

constexpr int kDone = 0;
constexpr int kInterrupted = 130;

/// Tells the user and returns the exit code.
int report(const Error& error) {
  std::cerr << "error: " << error.message << "\n";
  return api::exit_code_of(error);
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
  os::SignalWatcher::block();
  auto runtime = api::start(graph_, argc, argv);
  if (!runtime) {
    if (!runtime.error().message.empty()) std::cerr << "error: " << runtime.error().message << "\n";
    return runtime.error().exit_code;
  }
  auto signals = os::SignalWatcher::start([&](int count) { on_signal(**runtime, count); });
  if (!signals) return report(signals.error());
  (*runtime)->run();
  signals->reset();
  if (const auto failure = (*runtime)->worker().failure()) return report(*failure);
  return (*runtime)->worker().ended() ? kDone : kInterrupted;
}

}  // namespace wallaroo
