/* The C ABI, second part: applications and workers. wallaroo/c.h is the whole, with the rules that
 * hold for all of it. */
#pragma once

#include "wallaroo/c_guest.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- an application ---------------------------------------------------------------------------
 */

/* A graph and the functions behind it, which must stay callable as long as the application and what
 * was made of it live. `guest` is copied. */
typedef struct wl_app wl_app;
WL_API int32_t wl_app_new(const wl_guest* guest, const char* graph, uint64_t graph_size,
                          wl_app** app, wl_buffer* error);
/* After everything that was made of it. */
WL_API void wl_app_free(wl_app* app);
/* Looks for mistakes; the error lists all of them. */
WL_API int32_t wl_app_check(const wl_app* app, wl_buffer* error);
/* The graph for people, as "text", "mermaid" or "dot". */
WL_API int32_t wl_app_explain(const wl_app* app, const char* form, uint64_t form_size,
                              uint32_t cores, wl_buffer* out, wl_buffer* error);

/* ---- a worker in this process -----------------------------------------------------------------
 */

typedef struct wl_worker wl_worker;

/* Takes the command line (argv[0] is the program), the environment and a configuration file as a
 * program in C++ does; listens, begins to connect and serves status. When the command line asks for
 * a text (--help, --explain), that is printed, `*worker` is null and the code WL_OK. */
WL_API int32_t wl_worker_new(const wl_app* app, int argc, const char* const* argv,
                             wl_worker** worker, wl_buffer* error);
/* How many cores it has: each must be run by one thread, all of them at the same time. */
WL_API uint32_t wl_worker_cores(const wl_worker* worker);
/* Runs a core on the calling thread until the worker has ended or was stopped. */
WL_API void wl_worker_run_core(wl_worker* worker, uint32_t core);
/* From any thread: take nothing new in, finish what was accepted, end. */
WL_API void wl_worker_drain(wl_worker* worker);
/* From any thread: every core ends after the step under way; what is left is lost. */
WL_API void wl_worker_stop(wl_worker* worker);
/* From any thread: a line for people, where the worker's own lines go. */
WL_API void wl_worker_log(wl_worker* worker, const char* line, uint64_t size, int32_t is_warning);
/* Whether everything was finished, so that nothing that was taken in is lost. When all cores have
 * returned. */
WL_API int32_t wl_worker_ended(const wl_worker* worker);
/* Why the worker stopped, if a message failed where the policy is to stop. Same. */
WL_API int32_t wl_worker_failure(const wl_worker* worker, wl_buffer* error);
/* When all cores have returned. */
WL_API void wl_worker_free(wl_worker* worker);

#ifdef __cplusplus
}
#endif
