// The sources and sinks of the harness keep the contracts of those they stand for.
#include "testkit/connectors.h"

#include <optional>

#include "connect/sink_contract.h"
#include "connect/source_contract.h"

namespace wallaroo::connect {
namespace {

class FedSourceBench final : public SourceBench {
 public:
  FedSourceBench() { drain_takes_all_offered = true; }
  flow::SourceConnector& source() override { return source_; }
  ContractChain& chain() override { return chain_; }
  flow::SourceCounters& counters() override { return counters_; }
  void offer(uint64_t count) override {
    for (uint64_t i = 0; i < count; ++i)
      feed_.messages.push_back({message(i), static_cast<uint32_t>(i / 10 % 3)});
    feed_.closed = true;
  }

 private:
  ContractChain chain_{[](const Record& record) { return std::string(record.payload_view()); }};
  flow::SourceCounters counters_;
  testkit::Feed feed_;
  testkit::FedSource source_{feed_, wire::kBatchRecordsMax, chain_, counters_};
};

class FedGeneratorBench final : public SourceBench {
 public:
  FedGeneratorBench() { drain_takes_all_offered = true; }
  flow::SourceConnector& source() override { return source_; }
  ContractChain& chain() override { return chain_; }
  flow::SourceCounters& counters() override { return counters_; }
  void offer(uint64_t count) override {
    feed_.to_make = count;
    feed_.closed = true;
  }

 private:
  ContractChain chain_{[](const Record& record) { return std::to_string(record.hash); }};
  flow::SourceCounters counters_;
  testkit::Feed feed_;
  testkit::FedGenerator source_{feed_, wire::kBatchRecordsMax, true, chain_, counters_};
};

INSTANTIATE_TEST_SUITE_P(
    Fed, SourceContract,
    testing::Values(MakeSourceBench([] { return std::make_unique<FedSourceBench>(); }),
                    MakeSourceBench([] { return std::make_unique<FedGeneratorBench>(); })));

class GatheringSinkBench final : public SinkBench {
 public:
  explicit GatheringSinkBench(bool pushes_back) : sink_(gathered_, pushes_back, counters_) {}
  flow::SinkConnector& sink() override { return sink_; }
  flow::SinkCounters& counters() override { return counters_; }
  void take(size_t) override {}
  std::string arrived() const override { return gathered_.bytes; }

 private:
  testkit::Gathered gathered_{.framing = Framing::lines};
  flow::SinkCounters counters_;
  testkit::GatheringSink sink_;
};

INSTANTIATE_TEST_SUITE_P(
    Gathering, SinkContract,
    testing::Values(MakeSinkBench([] { return std::make_unique<GatheringSinkBench>(false); }),
                    MakeSinkBench([] { return std::make_unique<GatheringSinkBench>(true); })));

}  // namespace
}  // namespace wallaroo::connect
