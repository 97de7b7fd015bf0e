// Signals of a program: SIGTERM and SIGINT become calls on a thread of its own. The library never
// does this by itself; a program that wants it makes one SignalWatcher before its other threads.
#pragma once

#include <functional>
#include <memory>
#include <thread>

#include "base/result.h"
#include "os/descriptor.h"

namespace wallaroo::os {

class SignalWatcher {
 public:
  /// `on_signal` gets 1 for the first SIGTERM or SIGINT (drain), 2 for the second (stop), and so
  /// on. Called on the watcher's thread. What comes within kTogetherNs of the one before is the
  /// same wish: timeout(1) signals the program and then its group.
  using OnSignal = std::function<void(int count)>;
  static constexpr int64_t kTogetherNs = 50'000'000;

  /// Blocks both signals in the calling thread and those it makes from now on, so that none is lost
  /// or deadly before start(). Optional: start() does it too.
  static void block();
  /// Blocks both signals in the calling thread, hence in the threads it makes from now on, and
  /// ignores SIGPIPE in the whole process. They stay so after the watcher has gone.
  static Result<std::unique_ptr<SignalWatcher>> start(OnSignal on_signal);
  ~SignalWatcher();
  SignalWatcher(const SignalWatcher&) = delete;
  SignalWatcher& operator=(const SignalWatcher&) = delete;

 private:
  SignalWatcher(Descriptor signals, Descriptor stop, OnSignal on_signal);
  void run();

  const Descriptor signals_;
  const Descriptor stop_;  // an eventfd: readable when the thread has to end
  const OnSignal on_signal_;
  std::thread thread_;
};

}  // namespace wallaroo::os
