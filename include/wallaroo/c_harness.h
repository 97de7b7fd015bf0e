/* The C ABI, third part: an application on the real engine in the calling thread, for tests. It is
 * wallaroo::testkit::Harness, where each function is described (wallaroo/testkit/harness.h). A
 * harness belongs to one thread. wallaroo/c.h is the whole, with the rules that hold for all of it.
 */
#pragma once

#include "wallaroo/c_worker.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct wl_harness wl_harness;

typedef struct wl_harness_options {
  uint32_t size; /* sizeof(wl_harness_options) */
  uint32_t cores;
  uint64_t seed;
  uint32_t batch_messages_max;
  uint32_t credits_per_channel;
  uint32_t ring_slots;
  uint32_t partitions;
  int32_t sinks_push_back;
  int64_t start_ns;
} wl_harness_options;

/* `flags`: --name and value, --name and value, ...; flag_count counts both. */
WL_API int32_t wl_harness_new(const wl_app* app, const wl_harness_options* options,
                              const char* const* flags, uint32_t flag_count, wl_harness** harness,
                              wl_buffer* error);
WL_API void wl_harness_free(wl_harness* harness);

/* Messages, one after the other in `bytes`. */
WL_API int32_t wl_harness_feed(wl_harness* harness, const char* source, uint64_t source_size,
                               const char* bytes, const uint64_t* sizes, uint32_t count,
                               uint32_t connection, wl_buffer* error);
WL_API int32_t wl_harness_generate(wl_harness* harness, const char* source, uint64_t source_size,
                                   uint64_t count, wl_buffer* error);
WL_API int32_t wl_harness_drain(wl_harness* harness, wl_buffer* error);
WL_API int32_t wl_harness_advance_to(wl_harness* harness, int64_t time_ns, wl_buffer* error);
WL_API int64_t wl_harness_now(const wl_harness* harness);
WL_API int32_t wl_harness_close(wl_harness* harness, const char* source, uint64_t source_size,
                                wl_buffer* error);
WL_API int32_t wl_harness_finish(wl_harness* harness, wl_buffer* error);

/* Lists of texts are written as a length of 8 bytes (little-endian) and the bytes, one after the
 * other. take_output: what the sink was given since the last call. */
WL_API int32_t wl_harness_take_output(wl_harness* harness, const char* sink, uint64_t sink_size,
                                      wl_buffer* out, wl_buffer* error);
WL_API int32_t wl_harness_output_bytes(const wl_harness* harness, const char* sink,
                                       uint64_t sink_size, wl_buffer* out, wl_buffer* error);
/* For each: stage, function, error, source, message number in decimal, key, timer, payload. */
WL_API int32_t wl_harness_dead_letters(const wl_harness* harness, wl_buffer* out, wl_buffer* error);
/* Key and encoded state of each key of the stage, sorted by key. */
WL_API int32_t wl_harness_states(const wl_harness* harness, const char* stage, uint64_t stage_size,
                                 wl_buffer* out, wl_buffer* error);
WL_API int32_t wl_harness_reload_states(wl_harness* harness, wl_buffer* error);
WL_API int32_t wl_harness_counter(const wl_harness* harness, const char* name, uint64_t name_size,
                                  const char* counter, uint64_t counter_size, uint64_t* value,
                                  wl_buffer* error);
/* WL_OK while it runs; else why it has stopped. */
WL_API int32_t wl_harness_failure(const wl_harness* harness, wl_buffer* error);
WL_API void wl_harness_log(const wl_harness* harness, wl_buffer* out);
/* Names of its "sources", "sinks" or "states". */
WL_API int32_t wl_harness_names(const wl_harness* harness, const char* of, uint64_t of_size,
                                wl_buffer* out, wl_buffer* error);

#ifdef __cplusplus
}
#endif
