#include "worker/connectors.h"

#include "base/assert.h"
#include "connect/file/file_sink.h"
#include "connect/file/file_source.h"
#include "connect/generator/generator_source.h"
#include "connect/memory/memory.h"
#include "connect/tcp/tcp_sink.h"
#include "connect/tcp/tcp_source.h"
#include "connect/udp/udp_source.h"

namespace wallaroo::worker {

Connectors::Connectors(const plan::Plan& plan, const flow::Options& options,
                       std::vector<io::Address> addresses)
    : plan_(plan), options_(options), addresses_(std::move(addresses)) {
  for (const Node& node : plan.graph.nodes) prepare(node.sink);
  prepare(plan.graph.dead_letters);
}

/// Memory that all cores write to has a place for each before any of them runs.
void Connectors::prepare(const SinkSpec& spec) const {
  const auto* memory = std::get_if<MemorySinkSpec>(&spec);
  if (memory == nullptr) return;
  memory->output->by_core.resize(options_.cores);
  memory->output->discarded_bytes_by_core.resize(options_.cores);
}

std::unique_ptr<flow::SourceConnector> Connectors::make_source(uint32_t node, uint32_t stage,
                                                               flow::CoreServices& core,
                                                               flow::SourceOutput& output,
                                                               flow::SourceCounters& counters) {
  const Node& spec = plan_.graph.nodes[node];
  if (const auto* tcp = std::get_if<TcpSourceSpec>(&spec.source)) {
    return std::make_unique<connect::TcpSource>(
        connect::TcpSourceSetup{spec.name, stage, addresses_[node], *tcp, options_}, core, output,
        counters);
  }
  if (const auto* file = std::get_if<FileSourceSpec>(&spec.source)) {
    return std::make_unique<connect::FileSource>(
        connect::FileSourceSetup{spec.name, stage, *file, options_}, core, output, counters);
  }
  if (const auto* udp = std::get_if<UdpSourceSpec>(&spec.source)) {
    return std::make_unique<connect::UdpSource>(
        connect::UdpSourceSetup{spec.name, addresses_[node], *udp, options_}, core, output,
        counters);
  }
  if (const auto* memory = std::get_if<MemorySourceSpec>(&spec.source)) {
    return std::make_unique<connect::MemorySource>(*memory, core, output, counters);
  }
  const auto* generator = std::get_if<GeneratorSpec>(&spec.source);
  ASSERT(generator != nullptr, "every source node has a connector");
  return std::make_unique<connect::GeneratorSource>(*generator, core, output, counters);
}

std::unique_ptr<flow::SinkConnector> Connectors::make_sink(uint32_t node, flow::CoreServices& core,
                                                           flow::SinkCounters& counters) {
  const Node& spec = plan_.graph.nodes[node];
  if (std::holds_alternative<TcpSinkSpec>(spec.sink)) {
    return std::make_unique<connect::TcpSink>(
        connect::TcpSinkSetup{spec.name, addresses_[node], options_}, core, counters);
  }
  if (const auto* file = std::get_if<FileSinkSpec>(&spec.sink)) {
    return std::make_unique<connect::FileSink>(
        connect::FileSinkSetup{"sink '" + spec.name + "'", *file, options_}, core, counters);
  }
  const auto* memory = std::get_if<MemorySinkSpec>(&spec.sink);
  ASSERT(memory != nullptr, "every sink node has a connector");
  return std::make_unique<connect::MemorySink>(memory->output, core, counters);
}

std::unique_ptr<flow::SinkConnector> Connectors::make_dead_letters(flow::CoreServices& core,
                                                                   flow::SinkCounters& counters) {
  const SinkSpec& spec = plan_.graph.dead_letters;
  if (const auto* file = std::get_if<FileSinkSpec>(&spec)) {
    return std::make_unique<connect::FileSink>(
        connect::FileSinkSetup{"the file of dead letters", *file, options_}, core, counters);
  }
  const auto* memory = std::get_if<MemorySinkSpec>(&spec);
  if (memory == nullptr) return nullptr;
  return std::make_unique<connect::MemorySink>(memory->output, core, counters);
}

}  // namespace wallaroo::worker
