// Runs one worker of an application in this process: ports, threads, control server.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "api/reminder.h"
#include "os/core_threads.h"
#include "os/http_server.h"
#include "os/huge_memory.h"
#include "os/thread_disk.h"
#include "os/tls_net.h"
#include "wallaroo/application.h"
#include "worker/worker.h"

namespace wallaroo::api {

class Runtime {
 public:
  /// Checks, resolves names, listens, begins to connect and serves status. Nothing runs yet.
  static Result<std::unique_ptr<Runtime>> create(const Graph& graph, const RunOptions& options);
  ~Runtime();

  /// Runs core 0 on the calling thread and a thread for each further core; returns when all cores
  /// have ended or stop() was called, and says what was dropped.
  void run();
  /// The same in parts, for a caller with threads of its own: each core on one of them, all at the
  /// same time, and when all have returned the end.
  void run_core(uint32_t core) { threads_->run_core(*steppers_[core], core); }
  void conclude();

  /// From any one thread.
  void drain() { worker_->drain(); }
  void stop() { threads_->stop(); }

  worker::Worker& worker() { return *worker_; }
  io::Log& log() { return *log_; }

 private:
  Runtime() = default;
  Result<std::shared_ptr<const os::TlsContext>> load_tls(const std::vector<io::Address>& used);
  class FirstStepper;

  Result<void> guard_listener(const std::string& what, const io::Address& at, bool tls);
  Result<void> guard_sources(const Graph& graph, const std::vector<io::Address>& addresses);
  Result<void> serve(const std::string& http);
  void tell_status_address();
  void make_steppers();
  os::HttpResponse answer(std::string_view path) const;

  RunOptions options_;
  int64_t started_ns_ = 0;
  std::unique_ptr<io::Log> log_;
  os::HugeMemory state_memory_;
  std::vector<std::unique_ptr<os::SystemNet>> nets_;
  std::unique_ptr<os::Parking> parking_;
  std::unique_ptr<os::DiskThread> disk_;
  std::unique_ptr<os::CoreThreads> threads_;
  std::unique_ptr<worker::Worker> worker_;
  std::unique_ptr<os::HttpServer> http_;
  std::string exposed_;  // listeners that others can reach, without TLS
  Reminder reminder_;
  std::vector<std::unique_ptr<io::Stepper>> steppers_;  // by core
};

}  // namespace wallaroo::api
