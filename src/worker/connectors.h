// Makes the connectors a plan names. One place knows them all.
#pragma once

#include <vector>

#include "flow/connector.h"
#include "flow/options.h"
#include "plan/plan.h"

namespace wallaroo::worker {

class Connectors final : public flow::ConnectorFactory {
 public:
  /// `addresses` holds, at the index of each TCP node, where it listens or connects to.
  Connectors(const plan::Plan& plan, const flow::Options& options,
             std::vector<io::Address> addresses);

  std::unique_ptr<flow::SourceConnector> make_source(uint32_t node, uint32_t stage,
                                                     flow::CoreServices& core,
                                                     flow::SourceOutput& output,
                                                     flow::SourceCounters& counters) override;
  std::unique_ptr<flow::SinkConnector> make_sink(uint32_t node, flow::CoreServices& core,
                                                 flow::SinkCounters& counters) override;
  std::unique_ptr<flow::SinkConnector> make_dead_letters(flow::CoreServices& core,
                                                         flow::SinkCounters& counters) override;

 private:
  void prepare(const SinkSpec& spec) const;

  const plan::Plan& plan_;
  const flow::Options& options_;
  const std::vector<io::Address> addresses_;
};

}  // namespace wallaroo::worker
