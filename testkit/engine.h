// Behind Harness: a worker of the engine whose cores one loop steps, and its surroundings.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/rng.h"
#include "testkit/connectors.h"
#include "wallaroo/testkit/harness.h"
#include "worker/worker.h"

namespace wallaroo::testkit {

/// No connector of the harness uses a network.
class NoNet final : public io::Net {
 public:
  Result<io::ListenerId> listen(const io::Address&) override;
  io::Address listen_address(io::ListenerId) const override { return {}; }
  void close_listener(io::ListenerId) override {}
  void end_listener(io::ListenerId) override {}
  Result<io::ConnectionId> connect(const io::Address&) override;
  Result<io::ConnectionId> listen_datagrams(const io::Address&, size_t) override;
  io::Address datagram_address(io::ConnectionId) const override { return {}; }
  io::Datagram read_datagram(io::ConnectionId, std::span<char>) override {
    return {.status = kBroken};
  }
  size_t poll(std::span<io::NetEvent>) override { return 0; }
  io::IoResult read(io::ConnectionId, std::span<char>) override { return {0, kBroken}; }
  io::IoResult writev(io::ConnectionId, std::span<const std::span<const char>>) override {
    return {0, kBroken};
  }
  void shutdown_write(io::ConnectionId) override {}
  void close(io::ConnectionId) override {}
  void abort(io::ConnectionId) override {}
  io::DetachedConnection detach(io::ConnectionId) override { return {}; }
  io::ConnectionId adopt(io::DetachedConnection) override { return {}; }

 private:
  static constexpr io::IoStatus kBroken = io::IoStatus::broken;
};

/// Nor a disk.
class NoDisk final : public io::Disk {
 public:
  Result<io::OpenedFile> open(const std::string& path, io::OpenMode) override;
  void submit(const io::DiskOperation&) override {}
  size_t poll(std::span<io::DiskCompletion>) override { return 0; }
  void close(io::FileId) override {}
};

class Harness::Engine final : private io::Wakeup, private io::Log {
 public:
  Engine(const Graph& graph, const HarnessOptions& options);

  uint32_t source(std::string_view name) const;
  uint32_t sink(std::string_view name) const;
  uint32_t stage_with_state(std::string_view name) const;
  std::vector<std::string> names(NodeKind kind) const;
  std::vector<std::string> stages_with_state() const;

  Feed& feed_of(std::string_view source, uint32_t core);
  Gathered& gathered(std::string_view sink) { return connectors_->gathered(this->sink(sink)); }
  const std::vector<std::string>& letters() const { return connectors_->letters().messages; }
  void count_fed(uint64_t messages) { fed_ += messages; }

  void run();
  void advance_to(int64_t wall_ns);
  void finish();
  void reload(uint32_t stage);
  using Visit = std::function<void(std::string_view key, std::string_view state)>;
  void visit_states(uint32_t stage, const Visit& visit);
  std::string key_type(uint32_t stage) const;

  const HarnessOptions& options() const { return options_; }
  worker::Worker& worker() { return *worker_; }
  const plan::Plan& plan() const { return worker_->plan(); }
  int64_t wall_ns() const { return now_ns_ - kBeginNs + options_.start.ns; }
  const std::vector<std::string>& lines() const { return lines_; }

 private:
  static constexpr int64_t kBeginNs = 1'000'000'000;  // of the monotonic clock

  void notify(base::CoreId core) override { runnable_[core.value] = true; }
  void write(io::LogLevel level, std::string_view line) override;

  bool step_one();
  void wake_all();
  void run_until_parked();
  int64_t next_deadline_ns() const;
  std::vector<std::string> slices_of(uint32_t stage, uint32_t core, uint32_t partition) const;

  const HarnessOptions options_;
  base::Rng rng_;
  NoNet net_;
  NoDisk disk_;
  Graph graph_;  // with its flags applied; the connectors look into it
  std::unique_ptr<Connectors> connectors_;
  std::vector<bool> runnable_;
  std::vector<std::string> lines_;
  std::unique_ptr<worker::Worker> worker_;
  int64_t now_ns_ = kBeginNs;
  uint32_t turn_ = 0;
  uint64_t fed_ = 0;
  uint64_t steps_ = 0;
};

}  // namespace wallaroo::testkit
