// The sources and sinks of this folder keep the contracts.
#include <optional>

#include "connect/file/file_sink.h"
#include "connect/file/file_source.h"
#include "connect/generator/generator_source.h"
#include "connect/memory/memory.h"
#include "connect/sink_contract.h"
#include "connect/source_contract.h"
#include "connect/tcp/fake_net.h"
#include "connect/tcp/tcp_sink.h"
#include "connect/tcp/tcp_source.h"
#include "connect/udp/udp_source.h"

namespace wallaroo::connect {
namespace {

/// What all benches have.
template <class Connector>
class SourceBenchOf : public SourceBench {
 public:
  explicit SourceBenchOf(ContractChain::Text text) : chain_(std::move(text)) {}

  flow::SourceConnector& source() override { return *source_; }
  ContractChain& chain() override { return chain_; }
  flow::SourceCounters& counters() override { return counters_; }

 protected:
  FakeServices core_;
  ContractChain chain_;
  flow::SourceCounters counters_;
  std::optional<Connector> source_;
};

std::string payload(const Record& record) { return std::string(record.payload_view()); }
std::string number(const Record& record) { return std::to_string(record.hash); }

class MemoryBench final : public SourceBenchOf<MemorySource> {
 public:
  MemoryBench() : SourceBenchOf(payload) {}
  void offer(uint64_t count) override {
    std::vector<std::string> messages;
    for (uint64_t i = 0; i < count; ++i) messages.push_back(message(i));
    const auto shared = std::make_shared<const std::vector<std::string>>(std::move(messages));
    source_.emplace(MemorySourceSpec{shared, 1}, core_, chain_, counters_);
  }
};

class GeneratorBench final : public SourceBenchOf<GeneratorSource> {
 public:
  explicit GeneratorBench(uint64_t per_second) : SourceBenchOf(number), per_second_(per_second) {
    paced = per_second != 0;
  }
  void offer(uint64_t count) override {
    chain_.finish_after = count;
    source_.emplace(GeneratorSpec{per_second_}, core_, chain_, counters_);
  }

 private:
  const uint64_t per_second_;
};

/// One connection on which everything waits, in reads of `chunk_bytes`.
class TcpSourceBench final : public SourceBenchOf<TcpSource> {
 public:
  explicit TcpSourceBench(size_t chunk_bytes) : SourceBenchOf(payload), chunk_bytes_(chunk_bytes) {
    ends_by_itself = false;
    drain_takes_all_offered = true;
    options_.receive_bytes = 64;
    source_.emplace(TcpSourceSetup{"in", 0, {"127.0.0.1", 0}, spec(), options_}, core_, chain_,
                    counters_);
    EXPECT_TRUE(source_->start().has_value());
  }
  void offer(uint64_t count) override {
    std::string bytes;
    for (uint64_t i = 0; i < count; ++i) bytes += message(i) + "\n";
    const uint64_t id = core_.fake.accepted();
    for (size_t at = 0; at < bytes.size(); at += chunk_bytes_) {
      core_.fake.peer(id).arrives.push_back(bytes.substr(at, chunk_bytes_));
    }
    source_->on_net({io::NetEventKind::accepted, io::ConnectionId(id), io::ListenerId(7)}, {});
  }
  void drain() override {
    source_->drain();
    source_->on_net({io::NetEventKind::listener_ended, {}, io::ListenerId(7)}, {});
  }

 private:
  static TcpSourceSpec spec() {
    TcpSourceSpec lines;
    lines.framing = Framing::lines;
    return lines;
  }
  const size_t chunk_bytes_;
  flow::Options options_;
};

/// A file that is read in pieces of `read_bytes`, by a disk that works whenever it is looked at.
class FileSourceBench final : public SourceBenchOf<FileSource> {
 public:
  explicit FileSourceBench(uint32_t read_bytes) : SourceBenchOf(payload) {
    options_.file_read_bytes = read_bytes;
  }
  void offer(uint64_t count) override {
    for (uint64_t i = 0; i < count; ++i) core_.fake_disk.content += message(i) + "\n";
    source_.emplace(FileSourceSetup{"in", 0, {.path = "in", .framing = Framing::lines}, options_},
                    core_, chain_, counters_);
    EXPECT_TRUE(source_->start().has_value());
  }
  flow::SourceConnector& source() override {
    (void)core_.work_disk();
    return *source_;
  }

 private:
  flow::Options options_;
};

/// Datagrams that all wait in the socket, read in steps of `read_bytes`.
class UdpSourceBench final : public SourceBenchOf<UdpSource> {
 public:
  explicit UdpSourceBench(uint32_t read_bytes) : SourceBenchOf(payload) {
    ends_by_itself = false;
    drain_takes_all_offered = true;
    options_.receive_bytes = read_bytes;
    source_.emplace(UdpSourceSetup{"in", {"127.0.0.1", 0}, {}, options_}, core_, chain_, counters_);
    EXPECT_TRUE(source_->start().has_value());
  }
  void offer(uint64_t count) override {
    for (uint64_t i = 0; i < count; ++i) core_.fake.peer(kSocket).arrives.push_back(message(i));
    core_.tell(io::NetEventKind::readable, kSocket);
  }

 private:
  static constexpr uint64_t kSocket = 1;
  flow::Options options_;
};

template <class Bench>
MakeSourceBench bench(uint64_t argument) {
  return [argument] { return std::make_unique<Bench>(argument); };
}

INSTANTIATE_TEST_SUITE_P(Memory, SourceContract, testing::Values(MakeSourceBench([] {
                           return std::make_unique<MemoryBench>();
                         })));
INSTANTIATE_TEST_SUITE_P(Generator, SourceContract,
                         testing::Values(bench<GeneratorBench>(0), bench<GeneratorBench>(1'000)));
INSTANTIATE_TEST_SUITE_P(Tcp, SourceContract,
                         testing::Values(bench<TcpSourceBench>(3), bench<TcpSourceBench>(5'000)));
INSTANTIATE_TEST_SUITE_P(File, SourceContract,
                         testing::Values(bench<FileSourceBench>(3), bench<FileSourceBench>(5'000)));
INSTANTIATE_TEST_SUITE_P(Udp, SourceContract,
                         testing::Values(bench<UdpSourceBench>(3), bench<UdpSourceBench>(5'000)));

class MemorySinkBench final : public SinkBench {
 public:
  flow::SinkConnector& sink() override { return sink_; }
  flow::SinkCounters& counters() override { return counters_; }
  void take(size_t) override {}
  std::string arrived() const override { return std::string(output_->by_core[0].view()); }

 private:
  static std::shared_ptr<MemoryOutput> on_one_core() {
    auto output = std::make_shared<MemoryOutput>();
    output->by_core.resize(1);
    output->discarded_bytes_by_core.resize(1);
    return output;
  }
  FakeServices core_;
  flow::SinkCounters counters_;
  const std::shared_ptr<MemoryOutput> output_ = on_one_core();
  MemorySink sink_{output_, core_, counters_};
};

class TcpSinkBench final : public SinkBench {
 public:
  TcpSinkBench() {
    options_.sink_buffer_bytes_max = buffer_bytes_max = 500;
    options_.sink_chunk_bytes = 64;
    sink_.emplace(TcpSinkSetup{"out", {"127.0.0.1", 9}, options_}, core_, counters_);
    EXPECT_TRUE(sink_->start().has_value());
  }
  flow::SinkConnector& sink() override { return *sink_; }
  flow::SinkCounters& counters() override { return counters_; }
  void take(size_t bytes) override {
    room_ = bytes;
    if (connection_ == 0) return;
    core_.fake.peer(connection_).room = bytes;
    if (bytes != 0) core_.tell(io::NetEventKind::writable, connection_);
  }
  std::string arrived() const override { return written_; }
  void outside_acts(io::Now now) override {
    if (connection_ == 0 && !core_.watched.empty()) {
      connection_ = core_.watched.begin()->first;
      core_.fake.peer(connection_).room = room_;
      core_.tell(io::NetEventKind::connected, connection_, now.mono_ns);
    }
    if (connection_ == 0) return;
    FakeNet::Peer& peer = core_.fake.peer(connection_);
    written_ = peer.written;
    if (!peer.finished) return;
    peer.then = io::IoStatus::eof;  // it closes its side too
    core_.tell(io::NetEventKind::readable, connection_, now.mono_ns);
  }

 private:
  flow::Options options_;
  FakeServices core_;
  flow::SinkCounters counters_;
  std::optional<TcpSink> sink_;
  uint64_t connection_ = 0;
  size_t room_ = SIZE_MAX;
  std::string written_;
};

class FileSinkBench final : public SinkBench {
 public:
  FileSinkBench() {
    options_.sink_buffer_bytes_max = buffer_bytes_max = 500;
    sink_.emplace(FileSinkSetup{"sink 'out'", {.path = "out", .framing = Framing::lines}, options_},
                  core_, counters_);
    EXPECT_TRUE(sink_->start().has_value());
  }
  flow::SinkConnector& sink() override { return *sink_; }
  flow::SinkCounters& counters() override { return counters_; }
  void take(size_t bytes) override { works_ = bytes != 0; }
  std::string arrived() const override { return core_.fake_disk.content; }
  void outside_acts(io::Now now) override {
    if (works_) (void)core_.work_disk(now.mono_ns);
  }

 private:
  flow::Options options_;
  FakeServices core_;
  flow::SinkCounters counters_;
  std::optional<FileSink> sink_;
  bool works_ = true;
};

INSTANTIATE_TEST_SUITE_P(Memory, SinkContract, testing::Values(MakeSinkBench([] {
                           return std::make_unique<MemorySinkBench>();
                         })));
INSTANTIATE_TEST_SUITE_P(Tcp, SinkContract, testing::Values(MakeSinkBench([] {
                           return std::make_unique<TcpSinkBench>();
                         })));
INSTANTIATE_TEST_SUITE_P(File, SinkContract, testing::Values(MakeSinkBench([] {
                           return std::make_unique<FileSinkBench>();
                         })));

}  // namespace
}  // namespace wallaroo::connect
