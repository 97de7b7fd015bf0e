#include "testkit/connectors.h"

#include <algorithm>

#include "base/assert.h"
#include "connect/frames.h"

namespace wallaroo::testkit {
namespace {

Framing framing_of(const SinkSpec& spec) {
  return std::visit(
      [](const auto& known) {
        if constexpr (requires { known.framing; }) {
          return Framing(known.framing);
        } else {
          return Framing::raw;
        }
      },
      spec);
}

void split_lines(std::string_view bytes, std::vector<std::string>& messages) {
  while (!bytes.empty()) {
    const size_t end = std::min(bytes.find('\n'), bytes.size());
    messages.emplace_back(bytes.substr(0, end));
    bytes.remove_prefix(std::min(end + 1, bytes.size()));
  }
}

void split_frames(const Framing& framing, std::string_view bytes,
                  std::vector<std::string>& messages) {
  while (!bytes.empty()) {
    Record record;
    const connect::Frames frames =
        connect::find_frames(framing, UINT32_MAX, bytes.data(), bytes.size(), &record, 1);
    ASSERT(frames.count == 1, "a sink's step wrote something that is no message");
    messages.emplace_back(record.payload_view());
    bytes.remove_prefix(frames.consumed);
  }
}

}  // namespace

void FedSource::gather(io::Now now) {
  at_ = 0;
  count_ = 0;
  uint64_t bytes = 0;
  for (const Feed::Message& message : feed_.messages) {
    if (count_ == batch_max_ || message.connection != feed_.messages.front().connection) break;
    Record& record = records_[count_++];
    record.payload = message.bytes.data();
    record.payload_bytes = static_cast<uint32_t>(message.bytes.size());
    record.event_time_ns = now.wall_ns;
    bytes += message.bytes.size();
  }
  counters_.messages.add(count_);
  counters_.bytes.add(bytes);
}

io::Progress FedSource::step(io::Now now, uint32_t batches) {
  io::Progress progress = io::Progress::none;
  for (uint32_t i = 0; i < batches && !output_.blocked(); ++i) {
    if (at_ == count_) gather(now);
    if (count_ == 0) break;
    progress = io::Progress::some;
    const uint32_t connection = feed_.messages.front().connection;
    uint64_t& taken = feed_.taken[connection];
    at_ = output_.run(records_.data(), at_, count_, now, {connection, taken + 1});
    if (at_ < count_) break;
    taken += count_;
    feed_.messages.erase(feed_.messages.begin(),
                         feed_.messages.begin() + static_cast<ptrdiff_t>(count_));
    at_ = count_ = 0;
  }
  return progress;
}

io::Progress FedGenerator::step(io::Now now, uint32_t batches) {
  io::Progress progress = io::Progress::none;
  for (uint32_t i = 0; i < batches; ++i) {
    if (ended() || output_.blocked() || feed_.to_make == 0) break;
    const size_t count = std::min<uint64_t>(batch_max_, feed_.to_make);
    for (size_t k = 0; k < count; ++k) {
      records_[k].hash = made_ + k;
      records_[k].event_time_ns = now.wall_ns;
    }
    const size_t taken = output_.run(records_.data(), 0, count, now, {0, made_ + 1});
    made_ += taken;
    feed_.to_make -= taken;
    counters_.messages.add(taken);
    progress = io::Progress::some;
  }
  return progress;
}

void GatheringSink::commit(size_t messages) {
  const std::string_view bytes = buffer_.view();
  gathered_.bytes += bytes;
  counters_.bytes.add(bytes.size());
  if (gathered_.framing.kind == Framing::Kind::lines) {
    split_lines(bytes, gathered_.messages);
  } else if (gathered_.framing.kind == Framing::Kind::length) {
    split_frames(gathered_.framing, bytes, gathered_.messages);
  }
  buffer_.clear();
  full_ = full_ || (pushes_back_ && messages != 0);
}

io::Progress GatheringSink::step(io::Now) {
  if (!full_) return io::Progress::none;
  full_ = false;
  return io::Progress::some;
}

Connectors::Connectors(const Graph& graph, uint32_t cores, uint32_t batch_messages_max,
                       bool pushes_back)
    : graph_(graph),
      cores_(cores),
      batch_max_(batch_messages_max),
      pushes_back_(pushes_back),
      feeds_(graph.nodes.size() * cores) {
  for (const Node& node : graph.nodes) gathered_.push_back({.framing = framing_of(node.sink)});
}

std::unique_ptr<flow::SourceConnector> Connectors::make_source(uint32_t node, uint32_t,
                                                               flow::CoreServices& core,
                                                               flow::SourceOutput& output,
                                                               flow::SourceCounters& counters) {
  Feed& fed = feed(node, core.core());
  if (std::holds_alternative<GeneratorSpec>(graph_.nodes[node].source)) {
    return std::make_unique<FedGenerator>(fed, batch_max_, core.core() == 0, output, counters);
  }
  return std::make_unique<FedSource>(fed, batch_max_, output, counters);
}

std::unique_ptr<flow::SinkConnector> Connectors::make_sink(uint32_t node, flow::CoreServices&,
                                                           flow::SinkCounters& counters) {
  return std::make_unique<GatheringSink>(gathered_[node], pushes_back_, counters);
}

std::unique_ptr<flow::SinkConnector> Connectors::make_dead_letters(flow::CoreServices&,
                                                                   flow::SinkCounters& counters) {
  return std::make_unique<GatheringSink>(letters_, pushes_back_, counters);
}

}  // namespace wallaroo::testkit
