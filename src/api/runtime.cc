#include "api/runtime.h"

#include <algorithm>

#include "api/address_conflicts.h"
#include "api/drain_watch.h"
#include "api/file_conflicts.h"
#include "api/silent_log.h"
#include "os/clock.h"
#include "os/log.h"
#include "os/memory.h"
#include "os/resolve.h"
#include "worker/report.h"

namespace wallaroo::api {
namespace {

constexpr uint32_t kCoresMax = 64;

/// A core as the thread driver sees it.
class CoreStepper : public io::Stepper {
 public:
  CoreStepper(worker::Worker& worker, base::CoreId core) : worker_(worker), core_(core) {}
  io::Progress step(io::Now now) override {
    now_ = now;
    return worker_.step(core_, now);
  }
  int64_t deadline_ns() const override { return worker_.deadline_ns(core_, now_); }

 protected:
  worker::Worker& worker_;
  io::Now now_;

 private:
  const base::CoreId core_;
};

void apply_policies(Graph& graph, const RunOptions& options) {
  if (options.on_error) graph.on_error = *options.on_error;
  if (options.dead_letters.empty()) return;
  graph.dead_letters =
      FileSinkSpec{Setting("dead-letters", options.dead_letters), Framing::lines, true};
}

Result<std::vector<io::Address>> resolve_all(const Graph& graph) {
  std::vector<io::Address> addresses(graph.nodes.size());
  for (size_t i = 0; i < graph.nodes.size(); ++i) {
    const Node& node = graph.nodes[i];
    const Setting* setting = plan::address_of(node);
    if (setting == nullptr) continue;
    auto address = os::resolve(setting->value);
    if (!address) {
      const std::string flag = setting->flag.empty() ? "" : " (flag --" + setting->flag + ")";
      return fail(address.error().code,
                  "'" + node.name + "'" + flag + ": " + address.error().message);
    }
    addresses[i] = *address;
  }
  return addresses;
}

}  // namespace

Result<std::unique_ptr<Runtime>> Runtime::create(const Graph& graph, const RunOptions& options) {
  if (options.cores == 0 || options.cores > kCoresMax) {
    return fail(ErrorCode::bad_option, "cores must be between 1 and " + std::to_string(kCoresMax) +
                                           ", not " + std::to_string(options.cores));
  }
  Graph settled = graph;
  TRY_VOID(plan::apply_flags(settled, options.flags));
  apply_policies(settled, options);
  TRY_VOID(plan::check_dead_letters(settled));
  TRY_VOID(check_files(settled));
  TRY(plan, plan::build(settled));
  TRY(addresses, resolve_all(settled));
  TRY_VOID(check_addresses(settled, addresses));

  auto runtime = std::unique_ptr<Runtime>(new Runtime);
  runtime->options_ = options;
  runtime->started_ns_ = os::read_clock().mono_ns;
  runtime->log_ = options.quiet ? std::make_unique<SilentLog>()
                                : os::make_stderr_log({.json = options.log_json});
  TRY_VOID(runtime->guard_sources(settled, addresses));
  TRY(tls, runtime->load_tls(addresses));
  std::vector<os::SystemNet*> nets;
  std::vector<io::Net*> ports;
  for (uint32_t core = 0; core < options.cores; ++core) {
    TRY(net, os::make_net(tls));
    runtime->nets_.push_back(std::move(net));
    nets.push_back(runtime->nets_.back().get());
    ports.push_back(nets.back());
  }
  runtime->parking_ = std::make_unique<os::Parking>(nets);
  runtime->disk_ = std::make_unique<os::DiskThread>(*runtime->parking_);
  std::vector<io::Disk*> disks;
  for (uint32_t core = 0; core < options.cores; ++core) {
    disks.push_back(&runtime->disk_->add_core(base::CoreId(core)));
  }
  runtime->threads_ =
      std::make_unique<os::CoreThreads>(nets, *runtime->parking_, options.busy_poll);
  worker::WorkerOptions worker_options;
  worker_options.flow.cores = options.cores;
  worker_options.flow.seed = static_cast<uint64_t>(os::read_clock().wall_ns);
  worker_options.flow.state_memory = &runtime->state_memory_;
  worker_options.addresses = std::move(addresses);
  runtime->worker_ = std::make_unique<worker::Worker>(
      std::move(plan), std::move(worker_options),
      worker::WorkerPorts{ports, disks, *runtime->parking_, *runtime->log_});
  // Before the worker listens: when this fails, nobody has been told a port that is given up.
  if (!options.http.empty()) TRY_VOID(runtime->serve(options.http));
  TRY_VOID(runtime->worker_->start());
  runtime->tell_status_address();
  if (!runtime->exposed_.empty()) {
    runtime->reminder_.set("--insecure: anybody who can reach this machine can use " +
                           runtime->exposed_ + ", without encryption or a password");
  }
  runtime->make_steppers();
  return runtime;
}

/// Core 0 also does what the worker as a whole has to do from time to time.
class Runtime::FirstStepper final : public CoreStepper {
 public:
  explicit FirstStepper(Runtime& runtime)
      : CoreStepper(*runtime.worker_, base::CoreId(0)),
        runtime_(runtime),
        drain_(runtime.options_.drain_timeout_s > 0
                   ? static_cast<int64_t>(runtime.options_.drain_timeout_s * 1e9)
                   : io::kNever) {}

  io::Progress step(io::Now now) override {
    runtime_.reminder_.look(now, *runtime_.log_);
    if (worker_.draining() &&
        drain_.look(now, *runtime_.log_, [this] { return worker::unsent(worker_); })) {
      runtime_.stop();
    }
    return CoreStepper::step(now);
  }
  int64_t deadline_ns() const override {
    const int64_t deadline = std::min(CoreStepper::deadline_ns(), runtime_.reminder_.deadline_ns());
    return worker_.draining() ? std::min(deadline, drain_.deadline_ns()) : deadline;
  }

 private:
  Runtime& runtime_;
  DrainWatch drain_;
};

void Runtime::make_steppers() {
  steppers_.push_back(std::make_unique<FirstStepper>(*this));
  for (uint32_t core = 1; core < options_.cores; ++core) {
    steppers_.push_back(std::make_unique<CoreStepper>(*worker_, base::CoreId(core)));
  }
}

Runtime::~Runtime() {
  http_.reset();
  // Before the connectors whose memory it may be working on.
  if (disk_ != nullptr) disk_->finish();
}

/// Refuses a listener that others can reach and nothing protects, unless that is wanted.
Result<void> Runtime::guard_listener(const std::string& what, const io::Address& at, bool tls) {
  if (at.tls || io::is_loopback(at)) return {};
  exposed_ += (exposed_.empty() ? "" : " and ") + what + " on " + io::to_text(at);
  if (options_.insecure) return {};
  return fail(ErrorCode::bad_option,
              what + " would listen on " + io::to_text(at) +
                  " without TLS, where other machines can connect; listen on " +
                  (tls ? "tls:// or 127.0.0.1" : "127.0.0.1 (for this there is no TLS)") +
                  ", or accept that with --insecure");
}

Result<void> Runtime::guard_sources(const Graph& graph, const std::vector<io::Address>& addresses) {
  for (size_t i = 0; i < graph.nodes.size(); ++i) {
    const bool listens =
        graph.nodes[i].kind == NodeKind::source && plan::address_of(graph.nodes[i]) != nullptr;
    if (!listens) continue;
    const bool udp = std::holds_alternative<UdpSourceSpec>(graph.nodes[i].source);
    if (addresses[i].tls && udp) {
      return fail(ErrorCode::bad_option, "source '" + graph.nodes[i].name +
                                             "' receives datagrams, for which there is no TLS; "
                                             "write its address without tls://");
    }
    TRY_VOID(guard_listener("source '" + graph.nodes[i].name + "'", addresses[i], !udp));
  }
  return {};
}

/// Null when no address asks for TLS.
Result<std::shared_ptr<const os::TlsContext>> Runtime::load_tls(
    const std::vector<io::Address>& used) {
  const os::TlsFiles files{options_.tls.certificate, options_.tls.key, options_.tls.ca,
                           options_.tls.client_ca};
  const bool wanted = std::any_of(used.begin(), used.end(), [](const auto& at) { return at.tls; });
  if (!wanted && !files.given()) return nullptr;
  TRY(context, os::TlsContext::make(files));
  if (wanted) return context;
  log_->write(io::LogLevel::warning,
              "files for TLS are given but nothing uses TLS; write tls:// in front of the address "
              "of a source or sink");
  return nullptr;
}

Result<void> Runtime::serve(const std::string& http) {
  const auto refuse = [&](const Error& why) {
    return fail(why.code, "cannot serve status on " + http + " (flag --http): " + why.message);
  };
  const auto address = os::resolve(http);
  if (!address) return refuse(address.error());
  if (address->tls) {
    return refuse({ErrorCode::bad_option,
                   "it speaks HTTP without TLS; leave tls:// out and put a proxy in front"});
  }
  TRY_VOID(guard_listener("the status server", *address, false));
  auto handler = [this](std::string_view, std::string_view path) { return answer(path); };
  auto server = os::HttpServer::start(*address, handler);
  if (!server) return refuse(server.error());
  http_ = std::move(*server);
  return {};
}

void Runtime::tell_status_address() {
  if (http_ == nullptr) return;
  log_->write(io::LogLevel::info, "status at http://" + io::to_text(http_->address()) + "/status");
}

os::HttpResponse Runtime::answer(std::string_view path) const {
  worker::ReportContext context;
  context.worker_name = options_.name;
  context.uptime_seconds = static_cast<double>(os::read_clock().mono_ns - started_ns_) / 1e9;
  context.resident_bytes = os::resident_bytes();
  if (path == "/healthz") return {200, "text/plain; charset=utf-8", "ok\n"};
  if (path == "/status") return {200, "application/json", worker::status_json(*worker_, context)};
  if (path == "/metrics") {
    return {200, "text/plain; version=0.0.4; charset=utf-8",
            worker::metrics_text(*worker_, context)};
  }
  return {404, "text/plain; charset=utf-8", "here are /status, /metrics and /healthz\n"};
}

void Runtime::run() {
  std::vector<io::Stepper*> steppers;
  for (const auto& stepper : steppers_) steppers.push_back(stepper.get());
  threads_->run(steppers);
  conclude();
}

void Runtime::conclude() {
  for (const std::string& line : worker::dropped_lines(*worker_)) {
    log_->write(io::LogLevel::warning, line);
  }
}

}  // namespace wallaroo::api
