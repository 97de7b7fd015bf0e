#include "worker/report.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace wallaroo::worker {
namespace {

template <class Counters>
struct Field {
  const char* name;    // in /status
  const char* metric;  // in /metrics
  const char* help;
  base::Counter Counters::*counter;
};

using flow::SinkCounters;
using flow::SourceCounters;
using flow::StageCounters;

constexpr Field<StageCounters> kStageFields[] = {
    {"records_in", "wallaroo_stage_records_in_total", "Records taken by the stage.",
     &StageCounters::records_in},
    {"records_out", "wallaroo_stage_records_out_total", "Records and messages passed on.",
     &StageCounters::records_out},
    {"user_errors", "wallaroo_stage_user_errors_total", "Records dropped because user code threw.",
     &StageCounters::user_errors},
    {"undecodable", "wallaroo_stage_undecodable_total", "Messages dropped by the decoder.",
     &StageCounters::undecodable},
    {"dead_letters", "wallaroo_stage_dead_letters_total",
     "Messages of both kinds that were written to the dead letters.", &StageCounters::dead_letters},
    {"keys_not_listed", "wallaroo_stage_keys_not_listed_total",
     "Records dropped because a closed key_by does not list their key.",
     &StageCounters::keys_not_listed},
    {"late_timers", "wallaroo_stage_late_timers_total", "Timers set for a time already passed.",
     &StageCounters::late_timers},
    {"timers_fired", "wallaroo_stage_timers_fired_total", "Timers fired.",
     &StageCounters::timers_fired},
    {"blocked", "wallaroo_stage_blocked_total", "Times the stage had to wait for room downstream.",
     &StageCounters::blocked},
    {"overflow_batches", "wallaroo_stage_overflow_batches_total",
     "Batches that waited in an overflow outbox.", &StageCounters::overflow_batches},
    {"barriers_aligned", "wallaroo_stage_barriers_aligned_total", "Barriers aligned.",
     &StageCounters::aligned},
    {"keys", "wallaroo_state_keys", "Keys held.", &StageCounters::keys},
    {"state_bytes", "wallaroo_state_bytes", "Memory of the keyed state.",
     &StageCounters::state_bytes},
};

constexpr Field<SourceCounters> kSourceFields[] = {
    {"messages", "wallaroo_source_messages_total", "Messages received.", &SourceCounters::messages},
    {"bytes", "wallaroo_source_bytes_total", "Bytes received.", &SourceCounters::bytes},
    {"connections", "wallaroo_source_connections", "Connections open.",
     &SourceCounters::connections_open},
    {"connections_total", "wallaroo_source_connections_total", "Connections taken.",
     &SourceCounters::connections_total},
    {"connections_refused", "wallaroo_source_connections_refused_total",
     "Connections over connections_max or out of descriptors.",
     &SourceCounters::connections_refused},
    {"connections_reset", "wallaroo_source_connections_reset_total", "Connections that broke.",
     &SourceCounters::connections_reset},
    {"tls_failures", "wallaroo_source_tls_failures_total",
     "Connections that TLS ended: refused, or cut off.", &SourceCounters::tls_failures},
    {"connections_idle", "wallaroo_source_connections_idle_total",
     "Connections closed because they were silent for idle_ns_max.",
     &SourceCounters::connections_idle},
    {"unfinished_over_limit", "wallaroo_source_unfinished_over_limit_total",
     "Connections closed because incomplete messages held unfinished_bytes_max.",
     &SourceCounters::unfinished_over_limit},
    {"frames_over_limit", "wallaroo_source_frames_over_limit_total",
     "Messages over frame_bytes_max; each closed its connection.",
     &SourceCounters::frames_over_limit},
    {"frames_senseless", "wallaroo_source_frames_senseless_total",
     "Headers that the framing's function refused; each closed its connection.",
     &SourceCounters::frames_senseless},
    {"frames_truncated", "wallaroo_source_frames_truncated_total",
     "Connections or files that ended inside a message.", &SourceCounters::frames_truncated},
    {"read_failures", "wallaroo_source_read_failures_total", "Reads of a file that failed.",
     &SourceCounters::read_failures},
    {"files_shrunk", "wallaroo_source_files_shrunk_total",
     "Times a file was shorter than what had been read of it.", &SourceCounters::files_shrunk},
    {"datagrams_over_limit", "wallaroo_source_datagrams_over_limit_total",
     "Datagrams over datagram_bytes_max, dropped.", &SourceCounters::datagrams_over_limit},
    {"datagrams_lost", "wallaroo_source_datagrams_lost_total",
     "Datagrams that found no room in the socket.", &SourceCounters::datagrams_lost},
};

constexpr Field<SinkCounters> kSinkFields[] = {
    {"messages", "wallaroo_sink_messages_total", "Messages encoded.", &SinkCounters::messages},
    {"bytes", "wallaroo_sink_bytes_total", "Bytes handed to the operating system.",
     &SinkCounters::bytes},
    {"buffered_bytes", "wallaroo_sink_buffered_bytes", "Bytes waiting for the receiver.",
     &SinkCounters::buffered_bytes},
    {"connects", "wallaroo_sink_connects_total", "Connections made.", &SinkCounters::connects},
    {"disconnects", "wallaroo_sink_disconnects_total", "Connections lost.",
     &SinkCounters::disconnects},
    {"connect_failures", "wallaroo_sink_connect_failures_total", "Attempts that failed.",
     &SinkCounters::connect_failures},
    {"tls_failures", "wallaroo_sink_tls_failures_total",
     "Connections that TLS ended: refused, or cut off.", &SinkCounters::tls_failures},
    {"partial_writes", "wallaroo_sink_partial_writes_total", "Writes the receiver took in part.",
     &SinkCounters::partial_writes},
    {"resent_bytes", "wallaroo_sink_resent_bytes_total",
     "Bytes sent again on a new connection after a break.", &SinkCounters::resent_bytes},
    {"write_failures", "wallaroo_sink_write_failures_total",
     "Appends to a file that failed and were tried again.", &SinkCounters::write_failures},
};

constexpr std::array<std::pair<const char*, double>, 4> kQuantiles = {
    {{"p50", 0.5}, {"p90", 0.9}, {"p99", 0.99}, {"p999", 0.999}}};

/// Sum over the worker's cores; `find` gives a core's counters.
template <class Counters, class Find>
uint64_t sum(const Worker& worker, const Field<Counters>& field, const Find& find) {
  uint64_t total = 0;
  for (uint32_t core = 0; core < worker.cores(); ++core) {
    total += (find(worker.counters(core)).*field.counter).get();
  }
  return total;
}

std::string escaped(std::string_view name) {
  std::string text;
  for (const char c : name) {
    if (c == '"' || c == '\\') text += '\\';
    text += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
  }
  return text;
}

/// One thing with counters: a stage, source or sink.
struct Subject {
  std::string name;
  std::string pipeline;
  std::string kind;
  uint32_t index;
};

/// Where dead letters go counts like a sink, but it is no node.
constexpr uint32_t kDeadLetters = UINT32_MAX;

const char* kind_of(const SinkSpec& sink) {
  if (std::holds_alternative<FileSinkSpec>(sink)) return "file";
  return std::holds_alternative<TcpSinkSpec>(sink) ? "tcp" : "memory";
}

const char* kind_of(const Node& node) {
  if (std::holds_alternative<TcpSourceSpec>(node.source)) return "tcp";
  if (std::holds_alternative<FileSourceSpec>(node.source)) return "file";
  if (std::holds_alternative<UdpSourceSpec>(node.source)) return "udp";
  if (std::holds_alternative<MemorySourceSpec>(node.source)) return "memory";
  if (std::holds_alternative<GeneratorSpec>(node.source)) return "generator";
  if (node.kind == NodeKind::sink) return kind_of(node.sink);
  if (node.kind == NodeKind::merge) return "merge";
  return node.kind == NodeKind::spread ? "spread" : "state";
}

struct Subjects {
  std::vector<Subject> stages, sources, sinks;
  std::vector<Subject> written;  // sinks and, where there are any, the dead letters

  explicit Subjects(const plan::Plan& plan) {
    for (uint32_t i = 0; i < plan.stages.size(); ++i) {
      const Node& node = plan.graph.nodes[plan.stages[i].node];
      const bool source = node.kind == NodeKind::source;
      stages.push_back({plan.stages[i].name, node.pipeline, source ? "source" : kind_of(node), i});
      if (source) sources.push_back({node.name, node.pipeline, kind_of(node), i});
    }
    for (uint32_t i = 0; i < plan.graph.nodes.size(); ++i) {
      const Node& node = plan.graph.nodes[i];
      if (node.kind == NodeKind::sink)
        sinks.push_back({node.name, node.pipeline, kind_of(node), i});
    }
    written = sinks;
    if (std::holds_alternative<std::monostate>(plan.graph.dead_letters)) return;
    written.push_back({"dead-letters", "", kind_of(plan.graph.dead_letters), kDeadLetters});
  }
};

const StageCounters& stage_of(const flow::CoreCounters& core, const Subject& subject) {
  return *core.stages[subject.index];
}
const SourceCounters& source_of(const flow::CoreCounters& core, const Subject& subject) {
  return *core.sources[subject.index];
}
const SinkCounters& sink_of(const flow::CoreCounters& core, const Subject& subject) {
  return subject.index == kDeadLetters ? core.dead_letters : *core.sinks[subject.index];
}

base::HistogramView latency_of(const Worker& worker, const Subject& sink) {
  base::HistogramView view;
  for (uint32_t core = 0; core < worker.cores(); ++core) {
    view.add(sink_of(worker.counters(core), sink).latency_ns);
  }
  return view;
}

std::string latency_json(const base::HistogramView& latency) {
  std::string text = "{";
  for (const auto& [name, quantile] : kQuantiles) {
    text +=
        fmt::format("\"{}\":{:.9f},", name, static_cast<double>(latency.quantile(quantile)) / 1e9);
  }
  return text + fmt::format("\"max\":{:.9f}}}", static_cast<double>(latency.max()) / 1e9);
}

template <class Fields, class Find>
std::string list_json(const Worker& worker, const std::vector<Subject>& subjects,
                      const Fields& fields, const Find& find) {
  std::string text = "[";
  for (const Subject& subject : subjects) {
    if (text.size() > 1) text += ",";
    text += fmt::format(R"({{"name":"{}","pipeline":"{}","kind":"{}")", subject.name,
                        subject.pipeline, subject.kind);
    for (const auto& field : fields) {
      const auto counters = [&](const flow::CoreCounters& core) -> const auto& {
        return find(core, subject);
      };
      text += fmt::format(",\"{}\":{}", field.name, sum(worker, field, counters));
    }
    text += "}";
  }
  return text + "]";
}

std::string pipelines_json(const Worker& worker, const Subjects& subjects) {
  std::string text = "[";
  for (const Subject& sink : subjects.sinks) {
    if (text.size() > 1) text += ",";
    const auto latency = latency_of(worker, sink);
    uint64_t messages = 0;
    for (uint32_t core = 0; core < worker.cores(); ++core) {
      messages += sink_of(worker.counters(core), sink).messages.get();
    }
    text += fmt::format(R"({{"name":"{}","sink":"{}","messages_out":{},"latency_seconds":{}}})",
                        sink.pipeline, sink.name, messages, latency_json(latency));
  }
  return text + "]";
}

template <class Fields, class Find>
void metrics_of(std::string& text, const Worker& worker, const std::vector<Subject>& subjects,
                const char* label, const Fields& fields, const Find& find) {
  if (subjects.empty()) return;
  for (const auto& field : fields) {
    const std::string_view name = field.metric;
    const char* type = name.ends_with("_total") ? "counter" : "gauge";
    text += fmt::format("# HELP {0} {1}\n# TYPE {0} {2}\n", name, field.help, type);
    for (const Subject& subject : subjects) {
      const auto counters = [&](const flow::CoreCounters& core) -> const auto& {
        return find(core, subject);
      };
      text += fmt::format("{}{{pipeline=\"{}\",{}=\"{}\"}} {}\n", name, subject.pipeline, label,
                          subject.name, sum(worker, field, counters));
    }
  }
}

void latency_metrics(std::string& text, const Worker& worker, const std::vector<Subject>& sinks) {
  if (sinks.empty()) return;
  const char* name = "wallaroo_pipeline_latency_seconds";
  text += fmt::format(
      "# HELP {0} From the arrival of a message, or the firing of a timer, to the encoding of its "
      "result.\n# TYPE {0} summary\n",
      name);
  for (const Subject& sink : sinks) {
    const auto latency = latency_of(worker, sink);
    for (const auto& [label, quantile] : kQuantiles) {
      text += fmt::format("{}{{pipeline=\"{}\",sink=\"{}\",quantile=\"{}\"}} {:.9f}\n", name,
                          sink.pipeline, sink.name, quantile,
                          static_cast<double>(latency.quantile(quantile)) / 1e9);
    }
    text += fmt::format(
        "{0}_sum{{pipeline=\"{1}\",sink=\"{2}\"}} {3:.9f}\n{0}_count{{pipeline=\"{1}"
        "\",sink=\"{2}\"}} {4}\n",
        name, sink.pipeline, sink.name, static_cast<double>(latency.sum()) / 1e9, latency.count());
  }
}

constexpr std::string_view kAnd = ", ";

/// The counters among `names` that are not 0, each behind kAnd.
template <class Fields, class Find>
std::string told(const Worker& worker, const Subject& subject, const Fields& fields,
                 std::span<const std::string_view> names, const Find& find) {
  std::string text;
  for (const auto& field : fields) {
    if (std::find(names.begin(), names.end(), field.name) == names.end()) continue;
    const auto counters = [&](const flow::CoreCounters& core) -> const auto& {
      return find(core, subject);
    };
    const uint64_t count = sum(worker, field, counters);
    if (count != 0) text += fmt::format("{}{} {}", kAnd, field.name, count);
  }
  return text;
}

}  // namespace

std::vector<std::pair<std::string, uint64_t>> counters_of(const Worker& worker,
                                                          std::string_view name) {
  std::vector<std::pair<std::string, uint64_t>> found;
  const auto gather = [&](const auto& subjects, const auto& fields, const auto& find) {
    for (const Subject& subject : subjects) {
      if (subject.name != name) continue;
      for (const auto& field : fields) {
        const auto counters = [&](const flow::CoreCounters& core) -> const auto& {
          return find(core, subject);
        };
        found.emplace_back(field.name, sum(worker, field, counters));
      }
    }
  };
  const Subjects subjects(worker.plan());
  gather(subjects.sources, kSourceFields, source_of);
  gather(subjects.stages, kStageFields, stage_of);
  gather(subjects.written, kSinkFields, sink_of);
  return found;
}

std::vector<std::string> dropped_lines(const Worker& worker) {
  constexpr std::string_view kDropped[] = {"user_errors", "undecodable", "keys_not_listed",
                                           "dead_letters"};
  constexpr std::string_view kRefused[] = {
      "connections_refused",  "tls_failures",     "unfinished_over_limit", "frames_over_limit",
      "frames_senseless",     "frames_truncated", "read_failures",         "files_shrunk",
      "datagrams_over_limit", "datagrams_lost"};
  const Subjects subjects(worker.plan());
  std::vector<std::string> lines;
  for (const Subject& stage : subjects.stages) {
    std::string text = told(worker, stage, kStageFields, kDropped, stage_of);
    for (const Subject& source : subjects.sources) {
      if (source.index == stage.index)
        text += told(worker, source, kSourceFields, kRefused, source_of);
    }
    if (text.empty()) continue;
    lines.push_back(
        fmt::format("in all, at {} '{}': {}", stage.kind, stage.name, text.substr(kAnd.size())));
  }
  return lines;
}

std::string unsent(const Worker& worker) {
  std::string text;
  for (const Subject& sink : Subjects(worker.plan()).written) {
    uint64_t bytes = 0;
    for (uint32_t core = 0; core < worker.cores(); ++core) {
      bytes += sink_of(worker.counters(core), sink).buffered_bytes.get();
    }
    if (bytes == 0) continue;
    text += fmt::format("{}sink '{}' holds {} bytes that nobody takes", kAnd, sink.name, bytes);
  }
  return text.empty() ? text : text.substr(kAnd.size());
}

std::string status_json(const Worker& worker, const ReportContext& context) {
  const Subjects subjects(worker.plan());
  const char* state = worker.halted()     ? "failed"
                      : worker.ended()    ? "ended"
                      : worker.draining() ? "draining"
                                          : "running";
  return fmt::format(
      R"({{"application":"{}","worker":"{}","state":"{}","cores":{},"uptime_seconds":{:.3f},)"
      R"("resident_bytes":{},"pipelines":{},"stages":{},"sources":{},"sinks":{}}})"
      "\n",
      escaped(worker.plan().graph.application), escaped(context.worker_name), state, worker.cores(),
      context.uptime_seconds, context.resident_bytes, pipelines_json(worker, subjects),
      list_json(worker, subjects.stages, kStageFields, stage_of),
      list_json(worker, subjects.sources, kSourceFields, source_of),
      list_json(worker, subjects.written, kSinkFields, sink_of));
}

std::string metrics_text(const Worker& worker, const ReportContext& context) {
  const Subjects subjects(worker.plan());
  std::string text = fmt::format(
      "# HELP wallaroo_info The application and worker.\n# TYPE wallaroo_info gauge\n"
      "wallaroo_info{{application=\"{}\",worker=\"{}\"}} 1\n"
      "# HELP wallaroo_uptime_seconds Time since the worker started.\n"
      "# TYPE wallaroo_uptime_seconds gauge\nwallaroo_uptime_seconds {:.3f}\n"
      "# HELP wallaroo_resident_bytes Resident memory of the process.\n"
      "# TYPE wallaroo_resident_bytes gauge\nwallaroo_resident_bytes {}\n",
      escaped(worker.plan().graph.application), escaped(context.worker_name),
      context.uptime_seconds, context.resident_bytes);
  metrics_of(text, worker, subjects.stages, "stage", kStageFields, stage_of);
  metrics_of(text, worker, subjects.sources, "source", kSourceFields, source_of);
  metrics_of(text, worker, subjects.written, "sink", kSinkFields, sink_of);
  latency_metrics(text, worker, subjects.sinks);
  return text;
}

}  // namespace wallaroo::worker
