#include "os/signals.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>

#include "os/clock.h"

namespace wallaroo::os {

namespace {

sigset_t watched_signals() {
  sigset_t wanted;
  sigemptyset(&wanted);
  sigaddset(&wanted, SIGTERM);
  sigaddset(&wanted, SIGINT);
  return wanted;
}

}  // namespace

void SignalWatcher::block() {
  const sigset_t wanted = watched_signals();
  pthread_sigmask(SIG_BLOCK, &wanted, nullptr);
  // Both come as errors of the call that meets them, of a closed pipe and of a file at its limit.
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
}

Result<std::unique_ptr<SignalWatcher>> SignalWatcher::start(OnSignal on_signal) {
  const sigset_t wanted = watched_signals();
  Descriptor signals(::signalfd(-1, &wanted, SFD_CLOEXEC | SFD_NONBLOCK));
  Descriptor stop(::eventfd(0, EFD_CLOEXEC));
  if (!signals || !stop) {
    return fail(ErrorCode::out_of_descriptors,
                fmt::format("cannot watch for SIGTERM: {}; raise the limit of open files "
                            "(ulimit -n)",
                            std::strerror(errno)));
  }
  block();
  return std::unique_ptr<SignalWatcher>(
      new SignalWatcher(std::move(signals), std::move(stop), std::move(on_signal)));
}

SignalWatcher::SignalWatcher(Descriptor signals, Descriptor stop, OnSignal on_signal)
    : signals_(std::move(signals)),
      stop_(std::move(stop)),
      on_signal_(std::move(on_signal)),
      thread_([this] { run(); }) {}

SignalWatcher::~SignalWatcher() {
  const uint64_t one = 1;
  while (::write(stop_.get(), &one, sizeof one) < 0 && errno == EINTR) {
  }
  thread_.join();
}

void SignalWatcher::run() {
  std::array<pollfd, 2> watched{pollfd{signals_.get(), POLLIN, 0}, pollfd{stop_.get(), POLLIN, 0}};
  int count = 0;
  int64_t last_ns = 0;
  while (watched[1].revents == 0) {
    if (::poll(watched.data(), watched.size(), -1) < 0) continue;  // EINTR
    signalfd_siginfo info{};
    while (::read(signals_.get(), &info, sizeof info) == ssize_t{sizeof info}) {
      const int64_t before_ns = std::exchange(last_ns, read_clock().mono_ns);
      if (count == 0 || last_ns - before_ns > kTogetherNs) on_signal_(++count);
    }
  }
}

}  // namespace wallaroo::os
