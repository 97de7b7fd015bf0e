// Application: named pipelines, built into a graph, run by main() or by an engine in process.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "wallaroo/detail/refusal.h"
#include "wallaroo/error.h"
#include "wallaroo/graph.h"
#include "wallaroo/key_by_impl.h"
#include "wallaroo/keyed_impl.h"
#include "wallaroo/stream.h"
#include "wallaroo/stream_impl.h"

namespace wallaroo {

/// A chain of computations from one source to its sinks.
class Pipeline : detail::UnnamedPipeline {
 public:
  using UnnamedPipeline::source;

  Pipeline(Graph& graph, std::string name) : graph_(&graph), name_(std::move(name)) {}

  /// Reads messages from `source`; the stream's type is what the decoder returns.
  template <class Decoder>
  auto source(std::string name, Source<Decoder> source);
  /// Makes messages; the stream's type is what the function returns inside its optional.
  template <class Make>
  auto source(std::string name, GeneratorSource<Make> source);

 private:
  template <class T, class MakeEntry>
  Stream<T> add(std::string name, SourceSpec spec, MakeEntry make);

  Graph* graph_;
  std::string name_;
};

/// Paths of PEM files for addresses that begin with tls://; empty ones are not given. Nobody but
/// its owner may be able to read the key.
struct TlsOptions {
  std::string certificate{};  ///< shown by sources, and by sinks whose receiver asks for one
  std::string key{};          ///< of the certificate
  std::string ca{};           ///< whom sinks trust; not given: the authorities of the system
  std::string client_ca{};    ///< sources then demand a certificate of one of these authorities
};

/// What runs a worker inside a program: Application::main does, and so may a test or a server.
struct RunOptions {
  std::string name = "worker";
  uint32_t cores = 1;
  std::string http{};          ///< address of /metrics, /status and /healthz; empty: none
  double drain_timeout_s = 0;  ///< a drain that takes longer is given up; 0: never
  bool busy_poll = false;      ///< never sleep: lower latency for a whole core of CPU
  bool quiet = false;          ///< no lines on stderr
  bool log_json = false;       ///< each line on stderr is a JSON object: time, level, message
  std::optional<OnError> on_error{};  ///< instead of what Application::on_error says
  std::string dead_letters{};         ///< file, instead of that of Application::dead_letters
  TlsOptions tls{};
  bool insecure = false;  ///< listen without TLS also where other machines can connect
  std::vector<std::pair<std::string, std::string>> flags{};  ///< values for app.flag
};

enum class Explanation : uint8_t {
  report,   ///< text for a terminal
  mermaid,  ///< a flowchart in the language of Mermaid
  dot,      ///< a graph in the language of Graphviz
};

class Application {
 public:
  explicit Application(std::string name) { graph_.application = std::move(name); }
  Application(const Application&) = delete;
  Application& operator=(const Application&) = delete;

  /// A new pipeline. Names are unique in the application.
  Pipeline pipeline(std::string name) {
    graph_.pipelines.push_back(name);
    return Pipeline(graph_, std::move(name));
  }

  /// A flag with a default, also of environment and file; usable where a Setting is taken.
  Setting flag(std::string name, std::string fallback);

  /// What becomes of messages on which a user function fails, where a stage says nothing else.
  void on_error(OnError policy) { graph_.on_error = policy; }

  /// The file to which stages append the messages that fail where their policy is
  /// OnError::dead_letter: a line of JSON for each. `wallaroo dead-letters` reads it.
  void dead_letters(Setting path) {
    graph_.dead_letters = FileSinkSpec{std::move(path), framing::lines, true};
  }

  /// Checks the graph: every mistake at once, in one error.
  Result<void> check() const;

  /// The checked graph for people: its stages, where they run, and the order and the guarantee of
  /// each path from a source to a sink; or a drawing of it.
  Result<std::string> explain(Explanation form = Explanation::report, uint32_t cores = 1) const;

  /// Takes flags (command line, environment, file), runs until the sources end or SIGTERM; returns
  /// 0 done, 1 failed, 2 wrong usage, 3 wrong application, 130 stopped by a second signal.
  int main(int argc, const char* const* argv);

  /// Runs in the calling thread (core 0) and in one further thread a core until all sources have
  /// ended and everything is processed. Installs no signal handler.
  Result<void> run(const RunOptions& options);

  const Graph& graph() const { return graph_; }

 private:
  Graph graph_;
};

template <class T, class MakeEntry>
Stream<T> Pipeline::add(std::string name, SourceSpec spec, MakeEntry make) {
  const uint32_t node = graph_->add({.kind = NodeKind::source,
                                     .name = std::move(name),
                                     .pipeline = name_,
                                     .factory = detail::makes_entry(std::move(make)),
                                     .source = std::move(spec)});
  return Stream<T>(*graph_, node, name_);
}

template <class Decoder>
auto Pipeline::source(std::string name, Source<Decoder> source) {
  if constexpr (detail::DecodesInto<Decoder>) {
    return add<typename Decoder::Message>(
        std::move(name), std::move(source.spec),
        [decoder = std::move(source.decoder)](const Wiring& wiring) {
          return std::make_unique<detail::SourceEntry<typename Decoder::Message, Decoder>>(wiring,
                                                                                           decoder);
        });
  } else if constexpr (!std::is_invocable_v<Decoder&, std::string_view>) {
    static_assert(detail::kNever<Decoder>,
                  "source(): the decoder must take a std::string_view, the bytes of one message");
    return detail::Broken{};
  } else {
    using Returned = std::remove_cvref_t<std::invoke_result_t<Decoder&, std::string_view>>;
    using T = typename detail::OptionalValue<Returned>::type;
    if constexpr (!detail::kValue<T>) {
      static_assert(detail::kNever<Decoder>,
                    "source(): the decoder must return the message, or a std::optional of it; the "
                    "message must be default constructible and assignable");
      return detail::Broken{};
    } else {
      return add<T>(std::move(name), std::move(source.spec),
                    [decoder = std::move(source.decoder)](const Wiring& wiring) {
                      return std::make_unique<detail::SourceEntry<T, Decoder>>(wiring, decoder);
                    });
    }
  }
}

template <class Make>
auto Pipeline::source(std::string name, GeneratorSource<Make> source) {
  if constexpr (!std::is_invocable_v<Make&, uint64_t>) {
    static_assert(
        detail::kNever<Make>,
        "source(): the generator's function must take a uint64_t, the number of the message");
    return detail::Broken{};
  } else {
    using Returned = std::remove_cvref_t<std::invoke_result_t<Make&, uint64_t>>;
    using T = typename detail::OptionalValue<Returned>::type;
    if constexpr (!detail::OptionalValue<Returned>::optional) {
      static_assert(
          detail::kNever<Make>,
          "source(): the generator's function must return a std::optional of the message");
      return detail::Broken{};
    } else {
      return add<T>(std::move(name), std::move(source.spec),
                    [make = std::move(source.make)](const Wiring& wiring) {
                      return std::make_unique<detail::GeneratorEntry<T, Make>>(wiring, make);
                    });
    }
  }
}

}  // namespace wallaroo
