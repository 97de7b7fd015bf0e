// The functions of wallaroo/c_worker.h that run a worker.
#include "wallaroo/c_worker.h"
#include "api/start.h"
#include "guest/c_error.h"
#include "guest/graph_json.h"

struct wl_worker {
  std::unique_ptr<wallaroo::api::Runtime> runtime;
};

int32_t wl_worker_new(const wl_app* app, int argc, const char* const* argv, wl_worker** worker,
                      wl_buffer* error) {
  *worker = nullptr;
  if (const int32_t code = wl_app_check(app, error); code != WL_OK) return code;
  auto runtime = wallaroo::api::start(app->guest->graph, argc, argv);
  if (runtime) {
    *worker = new wl_worker{std::move(*runtime)};
    return WL_OK;
  }
  if (error != nullptr) {
    error->bytes.clear();
    error->bytes << std::string_view(runtime.error().message);
  }
  switch (runtime.error().exit_code) {
    case 0:
      return WL_OK;
    case 2:
      return WL_BAD_OPTION;
    case 3:
      return WL_BAD_APPLICATION;
    default:
      return WL_FAILED;
  }
}

uint32_t wl_worker_cores(const wl_worker* worker) { return worker->runtime->worker().cores(); }
void wl_worker_run_core(wl_worker* worker, uint32_t core) { worker->runtime->run_core(core); }
void wl_worker_drain(wl_worker* worker) { worker->runtime->drain(); }
void wl_worker_stop(wl_worker* worker) { worker->runtime->stop(); }
void wl_worker_log(wl_worker* worker, const char* line, uint64_t size, int32_t is_warning) {
  worker->runtime->log().write(
      is_warning != 0 ? wallaroo::io::LogLevel::warning : wallaroo::io::LogLevel::info,
      {line, size});
}
int32_t wl_worker_ended(const wl_worker* worker) {
  return worker->runtime->worker().ended() ? 1 : 0;
}
int32_t wl_worker_failure(const wl_worker* worker, wl_buffer* error) {
  const auto failure = worker->runtime->worker().failure();
  return failure ? wl_tell(*failure, error) : WL_OK;
}
void wl_worker_free(wl_worker* worker) {
  worker->runtime->conclude();
  delete worker;
}
