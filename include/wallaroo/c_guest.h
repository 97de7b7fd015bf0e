/* The C ABI, first part: how a language that keeps its values and states for itself (a guest) runs
 * on the engine. wallaroo/c.h is the whole, with the rules that hold for all of it. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define WL_API __attribute__((visibility("default")))

/* Grows when a function, a field or the meaning of one changes. A guest passes the number it was
 * compiled with in wl_guest; the library refuses another one. */
#define WL_ABI_VERSION 2u

enum wl_code {
  WL_OK = 0,
  WL_BAD_OPTION = 1,      /* a flag, option or argument */
  WL_BAD_APPLICATION = 2, /* the graph */
  WL_FAILED = 3           /* anything that happens while it runs */
};

WL_API uint32_t wl_abi_version(void);
/* Of the library, such as "0.1.0"; only in the shared library. */
WL_API const char* wl_version(void);

/* ---- bytes that grow --------------------------------------------------------------------------
 */

typedef struct wl_buffer wl_buffer;
WL_API wl_buffer* wl_buffer_new(void);
WL_API void wl_buffer_free(wl_buffer* buffer);
/* Null only when the buffer is empty. Valid until the buffer is changed. */
WL_API const char* wl_buffer_data(const wl_buffer* buffer);
WL_API uint64_t wl_buffer_size(const wl_buffer* buffer);
WL_API void wl_buffer_append(wl_buffer* buffer, const char* bytes, uint64_t size);
WL_API void wl_buffer_clear(wl_buffer* buffer);

/* ---- what the guest is called with ------------------------------------------------------------
 */

/* One message. Of a source: payload is its bytes. Behind a key_by, merge or spread: payload is the
 * 8 bytes of the value's number, which wl_input.values repeats. Of a generator: hash is the number
 * of the message, from 0. */
typedef struct wl_record {
  uint64_t hash;
  int64_t event_time_ns;
  const char* key;
  const char* payload;
  uint32_t key_size;
  uint32_t payload_size;
} wl_record;

/* Set in the number of a state that the guest does not have yet: it makes one first. */
#define WL_NEW_STATE (UINT64_C(1) << 63)

typedef struct wl_input {
  const wl_record* records;
  const uint64_t* values; /* by record; null in the chain of a source */
  const uint64_t* states; /* by record; null in a stage without state */
  uint32_t from;          /* work on records[from] up to records[count - 1], in order */
  uint32_t count;
  uint32_t batch;       /* hand on when so many values have gathered, between two records */
  uint32_t outputs_max; /* more outputs of one record are a failure of it */
  int64_t watermark_ns; /* no older event time is expected any more */
} wl_input;

/* A chain of one stage on one core; also the engine's side of it, for calls during a batch. */
typedef struct wl_chain wl_chain;

/* Where values leave a chain: a key_by, merge, spread or sink. A key_by whose messages go to
 * several state computations is several ends, and each gets a value of its own. A merge that
 * several branches of one chain come to is several ends too; a value goes to any one of them. */
typedef struct wl_end {
  uint32_t node;
  uint32_t is_sink;
} wl_end;

/* Offsets of the payload of a message in the bytes it was found in; the next message begins at end.
 */
typedef struct wl_span {
  uint64_t begin;
  uint64_t end;
} wl_span;

/* The functions of a guest. `context` is the one of this struct. None may be null. */
typedef struct wl_guest {
  uint32_t abi_version; /* WL_ABI_VERSION */
  uint32_t size;        /* sizeof(wl_guest) */
  uint64_t context;

  /* Makes the guest's side of the chain that begins at node `entry`, for one core. The result is
   * what the other functions get as `chain`. */
  uint64_t (*open_chain)(uint64_t context, wl_chain* engine, uint32_t core, uint32_t entry,
                         const wl_end* ends, uint32_t end_count);
  void (*close_chain)(uint64_t context, uint64_t chain);
  /* Works on a batch; returns the first record it did not take, which is less than count only after
   * wl_emit() returned another result than WL_GO_ON, wl_failed() or wl_undecodable() returned 0, or
   * wl_finish_source() was called. What is left comes again, not always under the same indexes.
   * Values of the records taken belong to the guest again when it returns. */
  uint32_t (*process)(uint64_t context, uint64_t chain, const wl_input* input);
  /* The timer `name` of key->key is due at `at_ns`; `state` is as in wl_input. */
  void (*timer)(uint64_t context, uint64_t chain, const wl_input* key, const char* name,
                uint32_t name_size, int64_t at_ns);
  /* Nobody will ask for these values again. From the thread of any core. */
  void (*free_values)(uint64_t context, const uint64_t* values, uint32_t count);
  /* A value that came into the chain, as bytes, for people who look at one that failed. Called
   * within wl_failed(), wl_undecodable() and, of a sink, wl_emit() for the record that failed: the
   * guest keeps the values of a batch until process() returns. */
  int32_t (*encode_value)(uint64_t context, uint64_t chain, uint64_t value, wl_buffer* out);
  /* States of node `state` on `core`: writes them behind one another, sizes[i] bytes each. Another
   * result than 0: none can be relied on, and `out` holds the reason. */
  int32_t (*encode_states)(uint64_t context, uint32_t core, uint32_t state, const uint64_t* states,
                           uint32_t count, uint64_t* sizes, wl_buffer* out);
  /* The opposite, into states that the guest does not have yet. The bytes may come from anywhere.
   * Another result than 0: `why` holds the reason, and free_states() is called with all of them,
   * those that were not made as well. */
  int32_t (*decode_states)(uint64_t context, uint32_t core, uint32_t state, const uint64_t* states,
                           uint32_t count, const char* bytes, const uint64_t* sizes,
                           wl_buffer* why);
  void (*free_states)(uint64_t context, uint32_t core, uint32_t state, const uint64_t* states,
                      uint32_t count);
  /* Finds complete messages at the start of `bytes`, for a source whose framing is the guest's:
   * returns how many, at most `found_max`. *problem: what follows is longer than `size_max` (1) or
   * makes no sense (2), else 0. On the core that reads the source. */
  uint32_t (*find_messages)(uint64_t context, uint32_t node, const char* bytes, uint64_t size,
                            uint32_t size_max, wl_span* found, uint32_t found_max,
                            uint32_t* problem);
} wl_guest;

/* ---- what the guest calls during process() and timer(), on the same thread --------------------
 */

/* One output: of an end that is a sink, its encoded bytes; else the value's number and, behind a
 * key_by, the bytes of the key. */
typedef struct wl_output {
  int64_t event_time_ns;
  uint64_t value;
  uint32_t record; /* the index of the one it comes from */
  uint32_t size;   /* of its bytes; of a key less than 2^31 */
} wl_output;

/* What is to be done behind a wl_emit(). */
enum wl_emitted {
  WL_STOPPED = -1, /* a message did not fit the framing of its sink, and the policy is to stop: stop
                      at once, as when wl_failed() returns 0. The outputs behind it were dropped. */
  WL_NO_ROOM = 0,  /* everything was taken, but take no further record */
  WL_GO_ON = 1
};

/* Hands outputs to end number `end`; `bytes` are theirs, one after the other. Returns one of
 * wl_emitted. */
WL_API int32_t wl_emit(wl_chain* chain, uint32_t end, const wl_output* outputs, uint32_t count,
                       const char* bytes, uint64_t size);

/* The function of `node` failed on what comes from `record`, or its decoder refused it. `trace` is
 * for the log only. 0: the chain has to stop at once: no record and no output behind this one may
 * be worked on or handed on. */
WL_API int32_t wl_failed(wl_chain* chain, uint32_t node, uint32_t record, const char* error,
                         uint32_t error_size, const char* trace, uint32_t trace_size);
WL_API int32_t wl_undecodable(wl_chain* chain, uint32_t node, uint32_t record, const char* why,
                              uint32_t why_size);
/* Whether a failure at this stage would still be told to people; else a trace need not be made. */
WL_API int32_t wl_wants_trace(const wl_chain* chain);

/* Event times assigned in this batch; later ones may be `lateness_ns` older than the newest. */
WL_API void wl_event_time(wl_chain* chain, int64_t newest_ns, int64_t lateness_ns);

typedef struct wl_timer {
  int64_t at_ns;
  uint32_t record; /* whose key it belongs to */
  uint32_t name_size;
  uint32_t cancel; /* 1: there is to be none */
} wl_timer;
/* In a stage with state: sets or cancels timers; `names` are theirs, one after the other. */
WL_API void wl_set_timers(wl_chain* chain, const wl_timer* timers, uint32_t count,
                          const char* names);
/* There, too: forgets the state of these records' keys when the batch is done. */
WL_API void wl_clear_states(wl_chain* chain, const uint32_t* records, uint32_t count);
/* A generator has made its last value: the record for which it has none is not taken. */
WL_API void wl_finish_source(wl_chain* chain);

#ifdef __cplusplus
}
#endif
