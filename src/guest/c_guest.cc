// The functions of wallaroo/c_guest.h, and of an application in wallaroo/c_worker.h.
#include <string>
#include <utility>

#include "base/assert.h"
#include "guest/c_error.h"
#include "guest/chain.h"
#include "guest/graph_json.h"
#include "plan/explain.h"
#include "plan/plan.h"
#include "wallaroo/c_worker.h"

using wallaroo::Error;
using wallaroo::ErrorCode;

uint32_t wl_abi_version(void) { return WL_ABI_VERSION; }

wl_buffer* wl_buffer_new(void) { return new wl_buffer; }
void wl_buffer_free(wl_buffer* buffer) { delete buffer; }
const char* wl_buffer_data(const wl_buffer* buffer) { return buffer->bytes.data(); }
uint64_t wl_buffer_size(const wl_buffer* buffer) { return buffer->bytes.size(); }
void wl_buffer_append(wl_buffer* buffer, const char* bytes, uint64_t size) {
  buffer->bytes.append(bytes, size);
}
void wl_buffer_clear(wl_buffer* buffer) { buffer->bytes.clear(); }

// ---- during a batch ----------------------------------------------------------------------------

int32_t wl_emit(wl_chain* chain, uint32_t end, const wl_output* outputs, uint32_t count,
                const char* bytes, uint64_t size) {
  return chain->emit(end, outputs, count, {bytes, size});
}

int32_t wl_failed(wl_chain* chain, uint32_t node, uint32_t record, const char* error,
                  uint32_t error_size, const char* trace, uint32_t trace_size) {
  (void)chain->record(record);
  return chain->chain().failed(chain->site(node), record, {error, error_size}, {trace, trace_size})
             ? 1
             : 0;
}

int32_t wl_undecodable(wl_chain* chain, uint32_t node, uint32_t record, const char* why,
                       uint32_t why_size) {
  (void)chain->record(record);
  return chain->chain().undecodable(chain->site(node), record, {why, why_size}) ? 1 : 0;
}

int32_t wl_wants_trace(const wl_chain* chain) { return chain->chain().reports_failures() ? 1 : 0; }

void wl_event_time(wl_chain* chain, int64_t newest_ns, int64_t lateness_ns) {
  chain->chain().event_time(newest_ns, lateness_ns);
}

void wl_set_timers(wl_chain* chain, const wl_timer* timers, uint32_t count, const char* names) {
  ASSERT(count == 0 || chain->has_state(), "a guest set timers in a stage without state");
  for (uint32_t i = 0; i < count; ++i) {
    const std::string_view name(names, timers[i].name_size);
    names += timers[i].name_size;
    const wallaroo::Record& record = chain->record(timers[i].record);
    if (timers[i].cancel != 0) {
      chain->chain().cancel_timer(record, name);
    } else {
      chain->chain().set_timer(record, name, timers[i].at_ns);
    }
  }
}

void wl_clear_states(wl_chain* chain, const uint32_t* records, uint32_t count) {
  ASSERT(count == 0 || chain->has_state(), "a guest cleared states in a stage without state");
  for (uint32_t i = 0; i < count; ++i) chain->chain().erase_state(chain->record(records[i]));
}

void wl_finish_source(wl_chain* chain) { chain->chain().source_finished = true; }

// ---- an application ----------------------------------------------------------------------------

namespace {

/// Null when the guest has all of them.
const char* missing_function(const wl_guest& guest) {
  const std::pair<const char*, bool> functions[] = {
      {"open_chain", guest.open_chain != nullptr},
      {"close_chain", guest.close_chain != nullptr},
      {"process", guest.process != nullptr},
      {"timer", guest.timer != nullptr},
      {"free_values", guest.free_values != nullptr},
      {"encode_value", guest.encode_value != nullptr},
      {"encode_states", guest.encode_states != nullptr},
      {"decode_states", guest.decode_states != nullptr},
      {"free_states", guest.free_states != nullptr},
      {"find_messages", guest.find_messages != nullptr}};
  for (const auto& [name, is_set] : functions)
    if (!is_set) return name;
  return nullptr;
}

}  // namespace

int32_t wl_app_new(const wl_guest* guest, const char* graph, uint64_t graph_size, wl_app** app,
                   wl_buffer* error) {
  *app = nullptr;
  if (guest->abi_version != WL_ABI_VERSION) {
    return wl_tell(
        {ErrorCode::bad_application,
         "the program was built for version " + std::to_string(guest->abi_version) +
             " of the C ABI, this library has version " + std::to_string(WL_ABI_VERSION) +
             "; build the program again with the headers of this library"},
        error);
  }
  if (guest->size != sizeof(wl_guest)) {
    return wl_tell(
        {ErrorCode::bad_application,
         "the program passed a wl_guest of " + std::to_string(guest->size) + " bytes, which has " +
             std::to_string(sizeof(wl_guest)) + " in version " + std::to_string(WL_ABI_VERSION) +
             " of the C ABI; set its size, and all of its functions"},
        error);
  }
  if (const char* missing = missing_function(*guest); missing != nullptr) {
    return wl_tell({ErrorCode::bad_application, std::string("the function '") + missing +
                                                    "' of the program's wl_guest is null; set all "
                                                    "of its functions, whether its graph needs "
                                                    "them or not"},
                   error);
  }
  auto read = wallaroo::guest::read_graph(*guest, {graph, graph_size});
  if (!read) return wl_tell(read.error(), error);
  *app = new wl_app{std::move(*read)};
  return WL_OK;
}

void wl_app_free(wl_app* app) { delete app; }

int32_t wl_app_check(const wl_app* app, wl_buffer* error) {
  const auto plan = wallaroo::plan::build(app->guest->graph);
  return plan ? WL_OK : wl_tell(plan.error(), error);
}

int32_t wl_app_explain(const wl_app* app, const char* form, uint64_t form_size, uint32_t cores,
                       wl_buffer* out, wl_buffer* error) {
  const auto plan = wallaroo::plan::build(app->guest->graph);
  if (!plan) return wl_tell(plan.error(), error);
  const std::string_view name(form, form_size);
  if (name == "text") {
    out->bytes << wallaroo::plan::explain_text(*plan, {.cores = cores});
  } else if (name == "mermaid") {
    out->bytes << wallaroo::plan::explain_mermaid(*plan);
  } else if (name == "dot") {
    out->bytes << wallaroo::plan::explain_dot(*plan);
  } else {
    return wl_tell(
        {ErrorCode::bad_option,
         "a graph is explained as text, mermaid or dot, not as '" + std::string(name) + "'"},
        error);
  }
  return WL_OK;
}
